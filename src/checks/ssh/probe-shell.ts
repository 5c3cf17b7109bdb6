/** A shell on a machine that stays from sweep to sweep, and runs its rounds one after the other. */

import type { ClientChannel } from 'ssh2';
import { SshFailure } from './failure.ts';
import type { Link } from './link.ts';
import type { ProbeSection, SectionResult } from './section.ts';
import { MarkReader, probeScript, probeShell, roundText } from './probe-script.ts';
import type { SectionSink } from './probe-script.ts';
import { Preamble } from './preamble.ts';
import { endTree } from './process-tree.ts';
import type { Remaining } from './process-tree.ts';
import { beginning, scriptLine, shellCommand } from './remote-shell.ts';
import type { Cancel, Time } from './time.ts';

/** For the shell to begin a round, or to go on after a section was ended, ms. */
const answerMs = 10_000;
/** Kept of one section, and of a round, bytes. */
export const sectionBytesMax = 256 * 1024;
export const roundBytesMax = 2 * 1024 * 1024;

type Remember = (id: string, remaining: readonly Remaining[]) => void;

export class ProbeShell {
  readonly #link: Link;
  readonly #time: Time;
  readonly #random: (bytes: number) => Buffer;
  readonly #ending = new AbortController();
  readonly #opened: Promise<{ channel: ClientChannel; pid: number }>;
  #kept: readonly ProbeSection[] | undefined;
  #reader: ((piece: Buffer) => void) | undefined;
  #closed: (() => void) | undefined;
  isOver = false;

  constructor(link: Link, time: Time, random: (bytes: number) => Buffer) {
    this.#link = link;
    this.#time = time;
    this.#random = random;
    this.#opened = this.#open();
    this.#opened.catch(() => {});
  }

  #open(): Promise<{ channel: ClientChannel; pid: number }> {
    return new Promise((resolve, reject) => {
      const cancel = this.#time.after(answerMs, () => this.#end());
      const mark = this.#random(16).toString('hex');
      const preamble = new Preamble(mark);
      const live = (channel: ClientChannel): Promise<void> =>
        new Promise((over) => {
          this.#ending.signal.addEventListener('abort', () => over(), { once: true });
          channel.once('close', () => over());
          channel.on('error', () => over());
          channel.stderr.resume();
          channel.on('data', (piece: Buffer) => {
            const ours = preamble.take(piece);
            if (preamble.group !== undefined) {
              cancel();
              resolve({ channel, pid: preamble.group });
            }
            if (ours.length > 0) this.#reader?.(ours);
          });
          channel.write(scriptLine(`${beginning(mark)}\n${probeShell}`));
        });
      const none = (): SshFailure => {
        const { lost, name } = this.#link;
        if (lost.aborted) return lost.reason as SshFailure;
        // That it has not begun in time does not say that it never would.
        if (this.#ending.signal.aborted) return this.#ending.signal.reason as SshFailure;
        return new SshFailure(
          'unreadable',
          `${name}: the login shell of the account runs no commands`,
        );
      };
      this.#link
        .session(shellCommand, AbortSignal.any([this.#ending.signal, this.#link.lost]), live)
        .catch((error: unknown) => reject(this.#ending.signal.aborted ? none() : (error as Error)))
        .finally(() => {
          cancel();
          this.isOver = true;
          reject(none());
          this.#closed?.();
        });
    });
  }

  /** Leaves the shell behind. Where it hangs it reads the end of its input when it hangs no more. */
  #end(): void {
    this.isOver = true;
    this.#ending.abort(new SshFailure('timeout', `${this.#link.name}: its shell does not answer`));
  }

  /**
   * Runs the sections that have no result yet.
   *
   * @param found results are put here
   * @returns whether it came to the end of them; otherwise this shell is of no more use
   * @throws {SshFailure} nothing was begun; the signal's reason, when what ran has been ended
   */
  async round(
    sections: readonly ProbeSection[],
    found: Map<string, SectionResult>,
    signal: AbortSignal,
    remember: Remember,
  ): Promise<boolean> {
    const { channel, pid } = await this.#opened;
    signal.throwIfAborted();
    const mark = this.#random(16).toString('hex');
    const passedOver = sections.flatMap(({ id }, index) => (found.has(id) ? [index] : []));
    const round = new Round(sections, found, this.#time);
    const endings: Promise<void>[] = [];
    const isWhole = new Promise<boolean>((resolve) => {
      const reader = new MarkReader(mark, round);
      this.#reader = (piece) => reader.take(piece);
      this.#closed = () => resolve(false);
      round.settled = resolve;
      round.late = (index, running) =>
        void endings.push(this.#endSection(round, index, running, remember));
    });
    const leave = (): void => {
      // Everything below the shell is ended before anybody is told, see `finally`.
      round.settled?.(false);
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      const script = this.#kept === sections ? undefined : probeScript(sections);
      this.#kept = sections;
      round.await(answerMs);
      channel.write(roundText(mark, passedOver, script));
      const whole = await isWhole;
      // The shell goes on before it is known whether all of a section could be ended.
      await Promise.all(endings);
      if (signal.aborted) {
        await endTree(this.#link, this.#time, pid);
        this.#end();
        signal.throwIfAborted();
      }
      if (!whole) {
        this.#end();
        if (!round.hasBegun) throw this.#lost();
      }
      return whole;
    } finally {
      signal.removeEventListener('abort', leave);
      round.stop();
      this.#reader = undefined;
      this.#closed = undefined;
    }
  }

  #lost(): SshFailure {
    if (this.#link.lost.aborted) return this.#link.lost.reason as SshFailure;
    // It takes what is sent and answers nothing: whatever is at the other end, the connection is of no use.
    this.#link.end();
    return new SshFailure('timeout', `${this.#link.name}: it is connected and does not answer`);
  }

  /** Ends what a section has started; the shell goes on with the next one by itself. */
  async #endSection(round: Round, index: number, pid: number, remember: Remember): Promise<void> {
    const left = await endTree(this.#link, this.#time, pid);
    round.endedBecauseLate(index, left === undefined || left.length > 0);
    const id = round.sections[index]?.id;
    if (id !== undefined && left !== undefined && left.length > 0) remember(id, left);
  }
}

/** The results of one round, as they come in. */
class Round implements SectionSink {
  readonly sections: readonly ProbeSection[];
  readonly #found: Map<string, SectionResult>;
  readonly #time: Time;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #all = 0;
  #isCut = false;
  #began = 0;
  #timer: Cancel | undefined;
  readonly #late = new Map<number, boolean>();
  hasBegun = false;
  settled: ((isWhole: boolean) => void) | undefined;
  late: ((index: number, pid: number) => void) | undefined;

  constructor(sections: readonly ProbeSection[], found: Map<string, SectionResult>, time: Time) {
    this.sections = sections;
    this.#found = found;
    this.#time = time;
  }

  /** The shell must go on within so many ms. */
  await(ms: number): void {
    this.#timer?.();
    this.#timer = this.#time.after(ms, () => this.settled?.(false));
  }

  begins(index: number, pid: number): void {
    this.hasBegun = true;
    [this.#pieces, this.#bytes, this.#isCut] = [[], 0, false];
    this.#began = this.#time.monotonic();
    const section = this.sections[index];
    if (section === undefined) return;
    this.#timer?.();
    this.#timer = this.#time.after(section.timeoutSeconds * 1000, () => {
      this.#found.set(section.id, this.#result('timeout', null));
      this.#late.set(index, false);
      this.await(answerMs);
      this.late?.(index, pid);
    });
  }

  says(piece: Buffer): void {
    const room = Math.min(sectionBytesMax - this.#bytes, roundBytesMax - this.#all);
    this.#isCut ||= piece.length > room;
    const kept = piece.subarray(0, Math.max(room, 0));
    this.#bytes += kept.length;
    this.#all += kept.length;
    if (kept.length > 0) this.#pieces.push(kept);
  }

  /** @param isLeft whether something of it is there still */
  endedBecauseLate(index: number, isLeft: boolean): void {
    const section = this.sections[index];
    const result = section && this.#found.get(section.id);
    if (section && result && isLeft) this.#found.set(section.id, { ...result, ending: 'stuck' });
  }

  ends(index: number, exitCode: number): void {
    this.await(answerMs);
    const section = this.sections[index];
    if (section === undefined || this.#late.has(index)) return;
    this.#found.set(section.id, this.#result('done', exitCode));
  }

  over(): void {
    this.settled?.(true);
  }

  stop(): void {
    this.#timer?.();
  }

  #result(ending: SectionResult['ending'], exitCode: number | null): SectionResult {
    const endedAt = this.#time.monotonic();
    return {
      ending,
      exitCode,
      output: Buffer.concat(this.#pieces).toString('utf8'),
      isCut: this.#isCut,
      durationMs: endedAt - this.#began,
      endedAt,
    };
  }
}
