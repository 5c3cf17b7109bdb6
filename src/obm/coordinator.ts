/**
 * Who is spoken to next about one OBM: one thing at a time, orders in the order in which they came, each before any
 * read. A read that is under way gives way to an order and is done again after it; equal reads are one.
 */

import { ObmError } from './errors.ts';
import { LoginGuard } from './login-guard.ts';
import type { Entry, Network } from './network.ts';
import { pause } from './time.ts';
import type { Time } from './time.ts';

export interface CoordinatorSettings {
  /** Orders that may wait. */
  readonly ordersMax: number;
  /** Reads of different things that may wait. */
  readonly readsMax: number;
  /** Between the end of one thing and the beginning of the next, ms. */
  readonly minIntervalMs: number;
  /** How long one read may take, ms. */
  readonly readMs: number;
  /** How long one order may take, ms: long enough to find out what became of it. */
  readonly orderMs: number;
}

export const usualSettings: CoordinatorSettings = {
  ordersMax: 16,
  readsMax: 16,
  minIntervalMs: 0,
  readMs: 20_000,
  orderMs: 90_000,
};

type Work<T> = (signal: AbortSignal) => Promise<T>;

interface Task {
  /** Ends it, wherever it is; what was sent cannot be taken back. */
  readonly right: AbortSignal | null;
  readonly work: Work<unknown>;
  readonly limitMs: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Read extends Task {
  readonly kind: string;
  readonly result: Promise<unknown>;
}

/** How long work may take to end when it is told to, ms. */
const graceMs = 5_000;

/** Why a read is taken off, to be done again. */
const overtaken = new ObmError('busy', 'an order came in between');

export class Coordinator {
  readonly #time: Time;
  readonly #network: Network;
  readonly #settings: CoordinatorSettings;
  readonly #guard: LoginGuard;
  readonly #orders: Task[] = [];
  readonly #reads: Read[] = [];
  readonly #byKind = new Map<string, Read>();
  /** Of what is under way. */
  #running: { readonly read: Read | null; readonly stop: AbortController } | null = null;
  #isRunning = false;
  /** Of what is next, while it waits for its network. */
  #entry: Entry | null = null;
  #ended = -Infinity;
  readonly #closing = new AbortController();

  constructor(time: Time, network: Network, settings: Partial<CoordinatorSettings> = {}) {
    this.#time = time;
    this.#network = network;
    this.#settings = { ...usualSettings, ...settings };
    this.#guard = new LoginGuard(time);
  }

  /** Orders that wait or are under way. */
  get orders(): number {
    return this.#orders.length + (this.#running?.read === null ? 1 : 0);
  }

  /** See `LoginGuard.nextTry`. */
  get nextTry(): number | null {
    return this.#guard.nextTry;
  }

  /**
   * Does what changes something, once, after all orders before it.
   *
   * @param work is never called twice; its signal is aborted when its time is over, its right ends or all ends.
   *   It must not send anything then that it has not sent yet
   * @param right without which it is not begun, and not gone on with
   * @throws {ObmError} `busy`: too many wait; `credentials-refused`: they are not tried yet; `closed`; or
   *   what `work` throws
   */
  order<T>(work: Work<T>, right: AbortSignal | null = null): Promise<T> {
    if (this.#closing.signal.aborted) return Promise.reject(this.#closed);
    if (this.#orders.length >= this.#settings.ordersMax)
      return Promise.reject(
        new ObmError('busy', `${this.#orders.length} orders are waiting for this OBM already`),
      );
    return new Promise<T>((resolve, reject) => {
      const limitMs = this.#settings.orderMs;
      this.#orders.push({ work, limitMs, right, resolve: resolve as Task['resolve'], reject });
      const running = this.#running;
      if (running?.read) running.stop.abort(overtaken);
      this.#entry?.hurry();
      this.#next();
    });
  }

  /**
   * Looks at something; who asks for the same while it waits or runs gets the same answer.
   *
   * @param work may be called again where an order came in between
   * @throws as `order`
   */
  read<T>(kind: string, work: Work<T>): Promise<T> {
    if (this.#closing.signal.aborted) return Promise.reject(this.#closed);
    const same = this.#byKind.get(kind);
    if (same) return same.result as Promise<T>;
    if (this.#reads.length >= this.#settings.readsMax)
      return Promise.reject(new ObmError('busy', 'too much is asked of this OBM at once'));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const limitMs = this.#settings.readMs;
    const read: Read = { kind, work, limitMs, right: null, result: promise, resolve, reject };
    this.#byKind.set(kind, read);
    this.#reads.push(read);
    this.#next();
    return promise as Promise<T>;
  }

  /** All that waits or is under way fails with `closed`. */
  close(): void {
    const error = this.#closed;
    this.#closing.abort(error);
    this.#running?.stop.abort(error);
    for (const task of [...this.#orders.splice(0), ...this.#reads.splice(0)]) task.reject(error);
    this.#byKind.clear();
  }

  get #closed(): ObmError {
    return new ObmError('closed', 'the OBM is not registered any more, or its daemon ends');
  }

  #next(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#orders.length + this.#reads.length > 0) {
        const rest = this.#ended + this.#settings.minIntervalMs - this.#time.monotonic();
        if (rest > 0) await pause(this.#time, rest, this.#closing.signal);
        this.#entry = this.#network.enter();
        const { entered, hurry, leave } = this.#entry;
        if (this.#orders.length > 0) hurry();
        await entered;
        this.#entry = null;
        await this.#one().finally(leave);
        this.#ended = this.#time.monotonic();
      }
    } finally {
      this.#isRunning = false;
    }
  }

  async #one(): Promise<void> {
    const order = this.#orders.shift();
    if (order) return this.#do(order, null);
    const read = this.#reads.shift();
    if (read) return this.#do(read, read);
  }

  async #do(task: Task, read: Read | null): Promise<void> {
    const stop = new AbortController();
    this.#running = { read, stop };
    const late = new ObmError('no-answer', `no answer within ${task.limitMs / 1000} s`);
    const cancel = this.#time.after(task.limitMs, () => stop.abort(late));
    const withdraw = (): void => stop.abort(task.right?.reason);
    task.right?.addEventListener('abort', withdraw);
    try {
      task.right?.throwIfAborted();
      const value = await this.#try(task, stop.signal);
      this.#over(read);
      task.resolve(value);
    } catch (error) {
      const isOver = this.#closing.signal.aborted;
      if (read && stop.signal.reason === overtaken && !isOver)
        return void this.#reads.unshift(read);
      this.#over(read);
      task.reject(stop.signal.aborted ? (stop.signal.reason as Error) : (error as Error));
    } finally {
      cancel();
      task.right?.removeEventListener('abort', withdraw);
      this.#running = null;
    }
  }

  /** What is not tried says nothing of the credentials. */
  async #try({ work }: Task, signal: AbortSignal): Promise<unknown> {
    this.#guard.mustMayTry();
    try {
      const value = await this.#withGrace(work(signal), signal);
      this.#guard.tried(null);
      return value;
    } catch (error) {
      this.#guard.tried(error);
      throw error;
    }
  }

  /** Work that does not end although it is told to holds nobody up for long. */
  async #withGrace<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    const { promise: given, reject } = Promise.withResolvers<never>();
    let cancel: () => void = () => undefined;
    const told = (): void => {
      cancel = this.#time.after(graceMs, () => reject(signal.reason as Error));
    };
    signal.addEventListener('abort', told);
    try {
      return await Promise.race([work, given]);
    } finally {
      cancel();
      signal.removeEventListener('abort', told);
    }
  }

  #over(read: Read | null): void {
    if (read) this.#byKind.delete(read.kind);
  }
}
