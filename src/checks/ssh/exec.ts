/** A command on a machine: what it says, how it ends; and that nothing of it is left when nobody waits any more. */

import type { ClientChannel } from 'ssh2';
import type { Connections } from './connections.ts';
import { SshFailure } from './failure.ts';
import type { Link } from './link.ts';
import { Preamble } from './preamble.ts';
import { endGroup, scriptLine, shellCommand, watched } from './remote-shell.ts';
import { saidBy } from './said.ts';
import type { Target } from './target.ts';
import type { Time } from './time.ts';
import { orAborted, orSooner } from './waiting.ts';

/** How a command ended. What the server does not say is `unknown`, never 0. */
export type Ending =
  | { readonly kind: 'exit'; readonly code: number }
  /** As `SIGKILL`. */
  | { readonly kind: 'signal'; readonly signal: string }
  /** `left`: something of it is still there, as it hangs in the kernel. */
  | { readonly kind: 'timeout'; readonly left: boolean }
  | { readonly kind: 'unknown'; readonly why: string };

export interface ExecResult {
  readonly ending: Ending;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** Whether there was more of either. */
  readonly isCut: boolean;
  readonly durationMs: number;
}

export interface ExecOptions {
  /** For the command to end, from when it is sent; connecting has a limit of its own. */
  readonly timeoutMs: number;
  /** Given to its standard input, which ends after it. */
  readonly input?: Uint8Array;
  /** Called just before it is sent, which it is not where this throws. */
  readonly before?: () => void;
  /** Of what is kept of each of the two, bytes; the rest is read and dropped. */
  readonly keptBytes?: number;
  /** Told of each piece as it comes. The server is not read further until it resolves. */
  readonly onOutput?: (from: 'stdout' | 'stderr', piece: Buffer) => Promise<void> | void;
}

/** Kept of what a command says, bytes, each of standard output and error. */
export const keptBytesUsual = 1024 * 1024;
/** The machine ends it by itself so much later, should nobody be there who does, s. */
const watchGraceSeconds = 10;
/** For what is left of it to be ended, ms. */
const endingMs = 5_000;

/**
 * Runs a command by /bin/sh.
 *
 * @throws {SshFailure} the machine cannot be reached, or runs no commands; the signal's reason, once it has been ended
 */
export const exec = (
  connections: Connections,
  target: Target,
  command: string,
  options: ExecOptions,
  signal: AbortSignal,
): Promise<ExecResult> =>
  connections.use(target, signal, (link) => {
    const { time, random } = connections;
    const mark = random(16).toString('hex');
    return link.session(shellCommand, signal, (channel) =>
      new Execution(link, channel, time, mark, options).run(command, signal),
    );
  });

class Execution {
  readonly #link: Link;
  readonly #channel: ClientChannel;
  readonly #time: Time;
  readonly #mark: string;
  readonly #options: ExecOptions;
  readonly #kept = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  readonly #bytes = { stdout: 0, stderr: 0 };
  #isCut = false;
  /** Number of the group that runs; known once the machine has said it. */
  #group: number | undefined;
  readonly #begun: Promise<void>;
  #begin: () => void = () => {};

  constructor(link: Link, channel: ClientChannel, time: Time, mark: string, options: ExecOptions) {
    this.#link = link;
    this.#channel = channel;
    this.#time = time;
    this.#mark = mark;
    this.#options = options;
    this.#begun = new Promise((resolve) => (this.#begin = resolve));
  }

  async run(command: string, signal: AbortSignal): Promise<ExecResult> {
    const { timeoutMs, input, before } = this.#options;
    before?.();
    const began = this.#time.monotonic();
    const seconds = Math.ceil(timeoutMs / 1000) + watchGraceSeconds;
    const channel = this.#channel;
    const read = Promise.all([this.#read('stdout'), this.#read('stderr')]);
    channel.write(scriptLine(watched(command, this.#mark, seconds)));
    channel.end(input);
    const ended = endingOf(channel, this.#link);
    let ending = await orSooner(ended, this.#time, timeoutMs, signal);
    if (ending === undefined) {
      const left = await this.#end();
      signal.throwIfAborted();
      ending = { kind: 'timeout', left };
      channel.close();
    } else await read;
    if (this.#group === undefined && ending.kind !== 'timeout') throw this.#silent(ending);
    return {
      ending,
      stdout: Buffer.concat(this.#kept.stdout),
      stderr: Buffer.concat(this.#kept.stderr),
      isCut: this.#isCut,
      durationMs: this.#time.monotonic() - began,
    };
  }

  async #read(from: 'stdout' | 'stderr'): Promise<void> {
    const stream = from === 'stdout' ? this.#channel : this.#channel.stderr;
    const preamble = new Preamble(this.#mark);
    try {
      for await (const piece of stream as AsyncIterable<Buffer>) {
        const rest = preamble.take(piece);
        if (preamble.group !== undefined) {
          this.#group ??= preamble.group;
          this.#begin();
        }
        if (rest.length === 0) continue;
        this.#keep(from, rest);
        await this.#options.onOutput?.(from, rest);
      }
    } catch {
      // What it says ends with the channel; how it ended is told elsewhere.
    }
  }

  #keep(from: 'stdout' | 'stderr', piece: Buffer): void {
    const room = (this.#options.keptBytes ?? keptBytesUsual) - this.#bytes[from];
    this.#isCut ||= piece.length > room;
    const kept = piece.subarray(0, Math.max(room, 0));
    this.#bytes[from] += kept.length;
    if (kept.length > 0) this.#kept[from].push(kept);
  }

  /** Ends what runs, by a session beside it. Answers whether something is left; who cannot be asked is left to itself. */
  async #end(): Promise<boolean> {
    const limit = new AbortController();
    const late = new Error('it takes too long');
    const cancel = this.#time.after(endingMs, () => limit.abort(late));
    try {
      // It may have begun without having been heard of.
      await orAborted(this.#begun, limit.signal);
      const said = await this.#link.session(
        shellCommand,
        limit.signal,
        (channel) => {
          channel.end(scriptLine(endGroup(this.#group ?? 0)));
          return saidBy(channel, limit.signal);
        },
        true,
      );
      return !/^gone$/m.test(said);
    } catch {
      // Without its connection it ends by itself: see `watched`.
      this.#link.end();
      return false;
    } finally {
      cancel();
    }
  }

  /** The login shell has run nothing. */
  #silent(ending: Ending): SshFailure {
    if (this.#link.lost.aborted) return this.#link.lost.reason as SshFailure;
    const how = ending.kind === 'exit' ? `: it ends with ${ending.code}` : '';
    return new SshFailure(
      'unreadable',
      `${this.#link.name}: the login shell of the account runs no commands${how}`,
    );
  }
}

/** How the server says that it ended; it may say nothing. */
const endingOf = (channel: ClientChannel, link: Link): Promise<Ending> =>
  new Promise((resolve) => {
    let ending: Ending | undefined;
    channel.once('exit', (code: number | null, name?: string) => {
      if (typeof code === 'number') ending = { kind: 'exit', code };
      else if (name !== undefined) ending = { kind: 'signal', signal: name };
    });
    channel.once('close', () => {
      const why = link.lost.aborted
        ? 'the connection was lost while it ran'
        : 'the server does not say how it ended';
      resolve(ending ?? { kind: 'unknown', why });
    });
  });
