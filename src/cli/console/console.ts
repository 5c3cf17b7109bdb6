/** A terminal at the console of a machine: what is typed goes there, what it writes is shown, until one leaves. */

import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { ReadStream } from 'node:tty';
import type { ConsoleNews } from '../../client/console-protocol.ts';
import { endingOf, Failure, Interrupted } from '../exit-codes.ts';
import type { Ending } from '../exit-codes.ts';
import { printable } from '../output/text.ts';
import { Keys, keysHelp } from './keys.ts';
import type { KeyCommand } from './keys.ts';
import { ConsoleLink, linkEndings, nameOf } from './link.ts';
import type { ConsoleAddress, LinkEnd } from './link.ts';

export interface ConsoleTerminal {
  /** Its keys go to the machine one by one, Ctrl-C too, where it is a terminal. */
  readonly input: Pick<ReadStream, 'isTTY' | 'setRawMode'> & NodeJS.ReadableStream;
  /** Takes what the machine writes, as it is. */
  readonly output: NodeJS.WritableStream;
  /** Takes what is for people. */
  readonly notes: NodeJS.WritableStream;
}

export interface ConsoleRequest {
  /** For messages. */
  readonly name: string;
  readonly terminal: ConsoleTerminal;
  /** A new address for each connection: it may be good only once. Rejects where there is none. */
  readonly address: () => Promise<ConsoleAddress>;
  readonly readOnly: boolean;
  /** Whether to type instead of whoever does. */
  readonly take: boolean;
  /** Ends it as if interrupted. */
  readonly signal: AbortSignal;
}

/** Pauses before a lost connection is tried again, ms. */
const pauses = [500, 1_000, 2_000, 5_000, 10_000] as const;
/** What is typed and waits to be sent, at which no more is read of the terminal, bytes. */
const waitingMax = 64 * 1024;

/** What of the marks is of interest to who sits there; the rest is in the log. */
const shownMarks = new Set([
  ...['connected', 'lost', 'gap', 'skipped', 'not-kept', 'owner', 'power', 'node', 'note'],
]);

/** To whom was shown it: his own viewer of before may be there still, until the daemon notices. */
const passing = new Set([409, 429, 4409, 4429]);

/** Resolves when one has left. @throws {Failure} it cannot be shown, or not any more */
export const sitAtConsole = async (request: ConsoleRequest): Promise<void> => {
  const console = new ConsoleSeat(request);
  const { input } = request.terminal;
  if (input.isTTY) input.setRawMode(true);
  try {
    await console.sit();
  } finally {
    if (input.isTTY) input.setRawMode(false);
    input.pause();
    // What is left on the line of the machine is not the prompt's.
    console.newLine();
  }
};

class ConsoleSeat {
  readonly #request: ConsoleRequest;
  readonly #keys = new Keys();
  readonly #left = new AbortController();
  #link: ConsoleLink | null = null;
  /** Position of the byte that comes next; null before the first. */
  #position: number | null = null;
  #isWriter = false;
  #wantsToType: boolean;
  /** Whether it has been shown at all. */
  #hasBegun = false;
  #isLineStart = true;

  constructor(request: ConsoleRequest) {
    this.#request = request;
    this.#wantsToType = !request.readOnly;
  }

  async sit(): Promise<void> {
    const { name, signal, terminal } = this.#request;
    const interrupted = (): void => this.#left.abort();
    signal.addEventListener('abort', interrupted);
    const typed = (piece: Buffer): void => this.#typed(piece);
    terminal.input.on('data', typed);
    try {
      for (let failures = 0; ; failures++) {
        const before = this.#position;
        const end = await this.#connect();
        if (signal.aborted) throw new Interrupted();
        if (this.#left.signal.aborted) return;
        const ending = this.#endingOf(end);
        if (ending !== null) throw new Failure(ending, `the console of ${name}: ${end.message}`);
        if (this.#position !== before) failures = 0;
        this.#note(`${end.message}; trying again`);
        const ms = pauses[Math.min(failures, pauses.length - 1)]!;
        await pause(ms, null, { signal: this.#left.signal }).catch(() => undefined);
        if (signal.aborted) throw new Interrupted();
        if (this.#left.signal.aborted) return;
      }
    } finally {
      terminal.input.off('data', typed);
      signal.removeEventListener('abort', interrupted);
    }
  }

  /** null: it may be had again. */
  #endingOf({ code, hasExpired = false }: LinkEnd): Ending | null {
    if (this.#hasBegun && (hasExpired || passing.has(code))) return null;
    return linkEndings[code] ?? (this.#hasBegun ? null : 'unreachable');
  }

  newLine(): void {
    if (!this.#isLineStart) this.#request.terminal.notes.write('\r\n');
    this.#isLineStart = true;
  }

  async #connect(): Promise<LinkEnd> {
    const { address, readOnly } = this.#request;
    let found: ConsoleAddress;
    try {
      found = await address();
    } catch (error) {
      if (!this.#hasBegun || endingOf(error) !== 'unreachable') throw error;
      return { code: 0, message: (error as Error).message };
    }
    const { url, ca } = found;
    const wanted = new URL(url);
    if (readOnly) wanted.searchParams.set('mode', 'read-only');
    if (this.#position !== null) wanted.searchParams.set('from', String(this.#position));
    const link = new ConsoleLink(
      { url: wanted, ca },
      { data: (bytes) => this.#show(bytes), told: (news) => this.#told(news) },
    );
    this.#link = link;
    const leave = (): void => void link.leave();
    this.#left.signal.addEventListener('abort', leave);
    if (this.#left.signal.aborted) leave();
    const end = await link.ended;
    this.#left.signal.removeEventListener('abort', leave);
    this.#link = null;
    this.#isWriter = false;
    return end;
  }

  #show(bytes: Buffer): Promise<void> | undefined {
    const { output } = this.#request.terminal;
    this.#position = (this.#position ?? 0) + bytes.length;
    this.#isLineStart = bytes.at(-1) === 0x0a;
    if (output.write(bytes)) return undefined;
    return once(output, 'drain').then(() => undefined);
  }

  #told(news: ConsoleNews): void {
    switch (news.type) {
      case 'hello':
        return this.#hello(news);
      case 'at':
        this.#position = news.position;
        return;
      case 'mark':
        if (shownMarks.has(news.kind)) this.#note(`${news.kind}: ${news.text}`);
        return;
      case 'role':
        return this.#role(news);
      case 'refused':
        return this.#refused(news);
      case 'status':
        return this.#status(news);
      case 'ended':
        // What ends a connection is said where it has ended.
        return;
    }
  }

  #hello({ may_write: mayWrite }: Extract<ConsoleNews, { type: 'hello' }>): void {
    const { name, readOnly, take } = this.#request;
    if (!this.#hasBegun) this.#note(`the console of ${name}; ~? tells what else there is`);
    if (!mayWrite) {
      if (!readOnly && !this.#hasBegun) this.#note('you may only look');
      this.#wantsToType = false;
    }
    if (this.#wantsToType)
      this.#link?.ask({ type: take && !this.#hasBegun ? 'take-writer' : 'request-writer' });
    this.#hasBegun = true;
  }

  #role({ writer, why, by }: Extract<ConsoleNews, { type: 'role' }>): void {
    this.#isWriter = writer;
    if (writer) this.#wantsToType = true;
    else if (why === 'taken') {
      this.#wantsToType = false;
      this.#note(`${nameOf(by)} types now; ~t takes it back`);
    } else if (why === 'idle') {
      this.#wantsToType = false;
      this.#note('you have typed nothing for long, so others may; ~w asks for it again');
    }
  }

  #refused({ wish, message, holder }: Extract<ConsoleNews, { type: 'refused' }>): void {
    if (wish !== 'request-writer' || holder === null) return this.#note(message);
    this.#wantsToType = false;
    const idle = Math.round(holder.idle_ms / 1000);
    this.#note(`${nameOf(holder)} types, idle for ${idle} s; you look on. ~t takes it over`);
  }

  #status({ link, reason, logged, viewers }: Extract<ConsoleNews, { type: 'status' }>): void {
    this.#note(`${link}${reason === null ? '' : `: ${reason}`}${logged ? ', logged' : ''}`);
    for (const viewer of viewers) {
      const idle = Math.round((viewer.idle_ms ?? 0) / 1000);
      this.#note(`${nameOf(viewer)} ${viewer.writer ? `types, idle for ${idle} s` : 'looks'}`);
    }
  }

  #typed(piece: Buffer): void {
    for (const key of this.#keys.take(piece)) {
      if (key.kind === 'command') this.#command(key.command);
      else if (this.#isWriter) this.#link?.type(key.bytes);
      else if (this.#link?.isOpen) this.#note('you look on; ~w asks to type');
      else this.#note('not connected: nothing was typed; ~. leaves');
    }
    void this.#holdBack();
  }

  /** A paste goes no faster than it is taken. */
  async #holdBack(): Promise<void> {
    const { input } = this.#request.terminal;
    if ((this.#link?.waiting ?? 0) < waitingMax) return;
    input.pause();
    while ((this.#link?.waiting ?? 0) >= waitingMax / 2) await pause(20);
    if (!this.#left.signal.aborted) input.resume();
  }

  #command(command: KeyCommand): void {
    const link = this.#link;
    switch (command) {
      case 'leave':
        return this.#left.abort();
      case 'help':
        for (const line of keysHelp) this.#note(line);
        return;
      case 'ask':
        return link?.ask({ type: 'request-writer' });
      case 'take':
        return link?.ask({ type: 'take-writer' });
      case 'give-back':
        this.#wantsToType = false;
        return link?.ask({ type: 'give-back' });
      case 'break':
        return link?.ask({ type: 'break' });
      case 'status':
        return link?.ask({ type: 'status' });
      case 'reconnect':
        return link?.ask({ type: 'reconnect' });
    }
  }

  /** Beside what the machine writes, on a line of its own. */
  #note(text: string): void {
    this.newLine();
    this.#request.terminal.notes.write(`[${printable(text)}]\r\n`);
  }
}
