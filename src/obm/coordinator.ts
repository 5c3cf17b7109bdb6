/**
 * Who is spoken to next about one OBM: one thing at a time, orders in the order in which they came, each before any
 * read. A read that is under way gives way to an order and is done again after it; equal reads are one.
 */

import { ObmError } from './errors.ts';
import { LoginGuard } from './login-guard.ts';
import type { Network } from './network.ts';
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
  readonly work: Work<unknown>;
  readonly limitMs: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Read extends Task {
  readonly kind: string;
  readonly result: Promise<unknown>;
}

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
   * @param work is never called twice; its signal is aborted when its time is over or all ends
   * @throws {ObmError} `busy`: too many wait; `credentials-refused`: they are not tried yet; `closed`; or
   *   what `work` throws
   */
  order<T>(work: Work<T>): Promise<T> {
    if (this.#closing.signal.aborted) return Promise.reject(this.#closed);
    if (this.#orders.length >= this.#settings.ordersMax)
      return Promise.reject(
        new ObmError('busy', `${this.#orders.length} orders are waiting for this OBM already`),
      );
    return new Promise<T>((resolve, reject) => {
      const limitMs = this.#settings.orderMs;
      this.#orders.push({ work, limitMs, resolve: resolve as Task['resolve'], reject });
      const running = this.#running;
      if (running?.read) running.stop.abort(overtaken);
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
    const read: Read = { kind, work, limitMs, result: promise, resolve, reject };
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
        const leave = await this.#network.enter();
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
    try {
      this.#guard.mustMayTry();
      const value = await task.work(stop.signal);
      this.#guard.tried(null);
      this.#over(read);
      task.resolve(value);
    } catch (error) {
      const isOver = this.#closing.signal.aborted;
      if (read && stop.signal.reason === overtaken && !isOver)
        return void this.#reads.unshift(read);
      this.#guard.tried(error);
      this.#over(read);
      task.reject(stop.signal.aborted ? (stop.signal.reason as Error) : (error as Error));
    } finally {
      cancel();
      this.#running = null;
    }
  }

  #over(read: Read | null): void {
    if (read) this.#byKind.delete(read.kind);
  }
}
