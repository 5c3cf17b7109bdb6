/** A BMC whose session is opened when it is needed, and kept for as long as that pays. */

import type { Ipmi } from './client.ts';
import type { SuiteName } from './crypto/suites.ts';
import { usualSuites } from './crypto/suites.ts';
import { IpmiError } from './errors.ts';
import type { Session } from './session/session.ts';
import type { SessionOptions } from './session/settings.ts';
import { systemTime } from './time.ts';
import type { Cancel, Time } from './time.ts';

export interface KeepOptions {
  /** How long a session is kept that nobody uses, ms: 60,000 unless said; Infinity for always. */
  readonly idleMs?: number;
  readonly time?: Time;
}

export interface Bmc {
  /**
   * Does something in the session, which is opened before if there is none. Rejects with why it
   * could not be opened, or with what the work rejects with; nothing is done a second time.
   */
  use<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Whether a session is open. */
  readonly isOpen: boolean;
  /** Closes the session when nobody uses it any more; whoever comes later is refused. */
  close(): Promise<void>;
}

class Kept implements Bmc {
  readonly #ipmi: Ipmi;
  readonly #options: SessionOptions;
  readonly #idleMs: number;
  readonly #time: Time;
  #session: Promise<Session> | null = null;
  #opened: Session | null = null;
  #users = 0;
  #cancel: Cancel = () => undefined;
  #isClosed = false;
  #unused: () => void = () => undefined;
  /** What the BMC took the last time, which is offered first. */
  #suite: SuiteName | null = null;

  constructor(ipmi: Ipmi, options: SessionOptions, { idleMs = 60_000, time }: KeepOptions) {
    this.#ipmi = ipmi;
    this.#options = options;
    this.#idleMs = idleMs;
    this.#time = time ?? systemTime;
  }

  get isOpen(): boolean {
    return this.#opened?.isOpen ?? false;
  }

  async use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new IpmiError('closed', 'the BMC is not used any more');
    this.#users++;
    this.#cancel();
    try {
      return await work(await this.#current());
    } finally {
      this.#users--;
      if (this.#users === 0) this.#rest();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#users > 0) await new Promise<void>((resolve) => (this.#unused = resolve));
    this.#cancel();
    await this.#opened?.close();
  }

  /** One is opened at a time, for all that want one. */
  #current(): Promise<Session> {
    if (this.#opened !== null && !this.#opened.isOpen) this.#forget();
    this.#session ??= this.#open();
    return this.#session;
  }

  async #open(): Promise<Session> {
    try {
      const session = await this.#ipmi.open({ ...this.#options, suites: this.#suites() });
      this.#suite = session.suite;
      this.#opened = session;
      void session.ended.then(() => this.#over(session));
      return session;
    } catch (error) {
      // Whatever the BMC took before, it may be another one now.
      this.#suite = null;
      this.#forget();
      throw error;
    }
  }

  #suites(): readonly SuiteName[] {
    const named = this.#options.suites ?? usualSuites;
    const last = this.#suite;
    return last === null ? named : [last, ...named.filter((name) => name !== last)];
  }

  /** Nothing is left to be given back. */
  #over(session: Session): void {
    if (this.#opened !== session) return;
    this.#forget();
    this.#cancel();
  }

  #forget(): void {
    this.#session = null;
    this.#opened = null;
  }

  #rest(): void {
    this.#unused();
    const session = this.#opened;
    if (session === null || this.#isClosed || this.#idleMs === Infinity) return;
    this.#cancel = this.#time.after(this.#idleMs, () => {
      this.#forget();
      void session.close();
    });
  }
}

/** Nothing is sent before it is used. */
export const keepBmc = (ipmi: Ipmi, options: SessionOptions, keep: KeepOptions = {}): Bmc =>
  new Kept(ipmi, options, keep);
