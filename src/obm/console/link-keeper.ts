/** Keeps one link to a console for as long as it is wanted: it is lost, taken, and had again. */

import type { ConsoleLink, ConsoleSink } from '../drivers/driver.ts';
import { ObmError } from '../errors.ts';
import { pause } from '../time.ts';
import type { Cancel, Random, Time } from '../time.ts';
import type { LinkSettings } from './settings.ts';

export type LinkState =
  /** Nobody wants it. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly since: number }
  | { readonly kind: 'connected'; readonly since: number }
  /** Lost or never had: why, since when, and when it is tried again; all ms since the epoch. */
  | {
      readonly kind: 'waiting';
      readonly reason: ObmError;
      readonly since: number;
      readonly next: number;
    }
  | { readonly kind: 'closed' };

/** What is worth a line of the log: a console is had, or it is not, for another reason than before. */
export type LinkChange =
  { readonly kind: 'connected' } | { readonly kind: 'lost'; readonly reason: ObmError };

export type OpenLink = (sink: ConsoleSink, signal: AbortSignal) => Promise<ConsoleLink>;

export interface LinkOptions {
  readonly open: OpenLink;
  /** Takes the console from whoever has it. */
  readonly release: (signal: AbortSignal) => Promise<void>;
  readonly time: Time;
  readonly random: Random;
  readonly settings: LinkSettings;
  readonly sink: ConsoleSink;
  /** A link has ended, whether or not that is announced. */
  readonly ended: () => void;
  /** Never twice the same. */
  readonly changed: (change: LinkChange) => void;
  /** Whether who has the console at the start may be ourselves, before a crash. */
  readonly mayBeOurs: boolean;
}

/** Reasons that last until somebody changes something; to ask again may lock an account. */
const hopeless: ReadonlySet<string> = new Set([
  'credentials-refused',
  'privilege',
  'unsupported-suite',
  'unsupported',
  'settings',
  'wrong-machine',
]);

/** Ends that the other side may not know of. */
const silent: ReadonlySet<string> = new Set(['no-answer', 'network']);

const asObmError = (error: unknown): ObmError => {
  if (error instanceof ObmError) return error;
  const isError = error instanceof Error;
  return new ObmError('no-answer', isError ? error.message : String(error), { cause: error });
};

export class LinkKeeper {
  readonly #options: LinkOptions;
  #state: LinkState = { kind: 'idle' };
  #link: ConsoleLink | null = null;
  /** Ends the present run; null where none is. */
  #stop: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();
  #wake = new AbortController();
  #failures = 0;
  /** Links one after the other that did not hold for long. */
  #shortLived = 0;
  /** How often the console was somebody's since then. */
  #foundTaken = 0;
  #asked = -Infinity;
  /** Whether who has the console may be an end of ours that the OBM has not noticed: once each. */
  #mayRelease: boolean;
  #mustRelease = false;
  #lastChange: LinkChange | null = null;
  /** When the console was lost; null while we have it. */
  #lostAt: number | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#mayRelease = options.mayBeOurs;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** The link that there is now. */
  get link(): ConsoleLink | null {
    return this.#link;
  }

  /** From now on the console is wanted, or not. */
  want(is: boolean): void {
    if (this.#state.kind === 'closed' || is === (this.#stop !== null)) return;
    if (!is) return this.#end();
    const stop = new AbortController();
    this.#stop = stop;
    // The run before gives its link back first.
    this.#running = this.#running.then(() => this.#run(stop.signal));
  }

  /**
   * Tries now rather than after the pause. Nothing where the console is there.
   *
   * @param take from whoever has it
   * @throws ObmError `limit` where it was asked for just before
   */
  reconnectNow({ take = false } = {}): void {
    const { time, settings } = this.#options;
    if (this.#state.kind !== 'waiting') return;
    const now = time.monotonic();
    if (now - this.#asked < settings.askedMs)
      throw new ObmError('limit', `it was tried less than ${settings.askedMs / 1000} s ago`);
    this.#asked = now;
    this.#mustRelease ||= take;
    this.#wake.abort();
  }

  /** Gives the console back, for good. Never rejects. */
  async close(): Promise<void> {
    this.#end();
    await this.#running;
    this.#state = { kind: 'closed' };
  }

  #end(): void {
    this.#stop?.abort();
    this.#stop = null;
  }

  async #run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const { reason, wasOpen } = await this.#once(stop);
      if (stop.aborted) break;
      this.#tell({ kind: 'lost', reason });
      await this.#wait(this.#pauseAfter(reason, wasOpen), reason, stop);
    }
    this.#lostAt = null;
    this.#lastChange = null;
    this.#failures = this.#shortLived = 0;
    this.#state = { kind: 'idle' };
  }

  /** One link, from its beginning to its end; resolves with why it has ended, or was never opened. */
  async #once(stop: AbortSignal): Promise<{ reason: ObmError; wasOpen: boolean }> {
    const { time, settings, sink } = this.#options;
    this.#state = { kind: 'connecting', since: time.now() };
    let isOurs = true;
    // What comes over a link that is not announced yet is not what comes next.
    let isMarked = this.#shortLived === 0;
    const own: ConsoleSink = {
      data: (bytes) => {
        if (!isOurs) return;
        if (!isMarked) sink.gap();
        isMarked = true;
        sink.data(bytes);
      },
      gap: () => void (isOurs && sink.gap()),
    };
    let link: ConsoleLink;
    try {
      if (this.#mustRelease) await this.#release(stop);
      link = await this.#within(stop, (signal) => this.#open(own, signal));
    } catch (error) {
      isOurs = false;
      this.#failures += 1;
      return { reason: asObmError(error), wasOpen: false };
    }
    this.#mayRelease = false;
    this.#link = link;
    this.#lostAt = null;
    this.#state = { kind: 'connected', since: time.now() };
    const began = time.monotonic();
    const settled = this.#announce();
    const ended = await unlessAborted(link.ended, stop);
    settled();
    isOurs = false;
    this.#link = null;
    this.#options.ended();
    const isSteady = time.monotonic() - began >= settings.steadyMs;
    this.#failures = isSteady ? 1 : this.#failures + 1;
    this.#shortLived = isSteady ? 0 : this.#shortLived + 1;
    // An OBM that we could not reach may take us for connected still; one that told us does not.
    const reason = asObmError(ended ?? new ObmError('closed', 'the console was closed'));
    this.#mayRelease = isSteady && silent.has(reason.reason);
    this.#foundTaken = 0;
    if (ended === null) await link.close();
    return { reason, wasOpen: true };
  }

  /** A link that is had again and again for a moment is announced when it holds. */
  #announce(): Cancel {
    const tell = (): void => this.#tell({ kind: 'connected' });
    const { time, settings } = this.#options;
    if (this.#shortLived > 0) return time.after(settings.settledMs, tell);
    tell();
    return () => undefined;
  }

  async #release(stop: AbortSignal): Promise<void> {
    this.#mustRelease = false;
    await this.#within(stop, (signal) => this.#options.release(signal));
  }

  /** Who hands a link out too late gets it back. */
  async #open(sink: ConsoleSink, signal: AbortSignal): Promise<ConsoleLink> {
    const link = await this.#options.open(sink, signal);
    if (!signal.aborted) return link;
    await link.close();
    throw new ObmError('no-answer', 'the OBM handed the console out too late');
  }

  async #within<T>(stop: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { time, settings } = this.#options;
    const attempt = new AbortController();
    const abort = (): void => attempt.abort();
    const cancel = time.after(settings.openMs, abort);
    stop.addEventListener('abort', abort);
    try {
      const done = await unlessAborted(
        call(attempt.signal).then((value) => ({ value })),
        attempt.signal,
      );
      if (done !== null) return done.value;
      if (stop.aborted) throw new ObmError('closed', 'the console is not wanted any more');
      throw new ObmError('no-answer', `the OBM did not answer within ${settings.openMs / 1000} s`);
    } finally {
      cancel();
      stop.removeEventListener('abort', abort);
    }
  }

  async #wait(ms: number, reason: ObmError, stop: AbortSignal): Promise<void> {
    const { time } = this.#options;
    const now = time.now();
    this.#lostAt ??= now;
    this.#state = { kind: 'waiting', reason, since: this.#lostAt, next: now + ms };
    const wake = new AbortController();
    this.#wake = wake;
    const abort = (): void => wake.abort();
    stop.addEventListener('abort', abort);
    await pause(time, ms, wake.signal);
    stop.removeEventListener('abort', abort);
  }

  #pauseAfter({ reason }: ObmError, wasOpen: boolean): number {
    const { settings, random } = this.#options;
    // Between three quarters and all of it: what was lost together does not come back together.
    const jittered = (ms: number): number => ms * (1 - random(1).readUInt8(0) / 1024);
    if (hopeless.has(reason)) return jittered(settings.hopelessPauseMs);
    // Who has lost it to somebody asks soon whether that is over: it may have been for a moment.
    if (reason === 'console-taken' && !wasOpen) return this.#pauseAfterTaken(jittered);
    const doubled = settings.firstPauseMs * 2 ** Math.min(30, this.#failures - 1);
    return jittered(Math.min(settings.maxPauseMs, doubled));
  }

  #pauseAfterTaken(jittered: (ms: number) => number): number {
    const { settings } = this.#options;
    if (!this.#mayRelease) return jittered(settings.takenPauseMs);
    this.#foundTaken += 1;
    if (this.#foundTaken === 1) return settings.staleMs;
    // It was given time to end by itself; now it is taken back, once.
    this.#mayRelease = false;
    this.#mustRelease = true;
    return 0;
  }

  #tell(change: LinkChange): void {
    const last = this.#lastChange;
    const isSame =
      last?.kind === change.kind &&
      (change.kind === 'connected' ||
        (last.kind === 'lost' && last.reason.reason === change.reason.reason));
    if (isSame) return;
    this.#lastChange = change;
    this.#options.changed(change);
  }
}

/** What is promised; null as soon as the signal is aborted. Leaves nothing with the signal. */
const unlessAborted = async <T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> => {
  promise.catch(() => undefined);
  let abort: () => void = () => undefined;
  const over = new Promise<null>((resolve) => (abort = () => resolve(null)));
  if (signal.aborted) return null;
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([promise, over]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
};
