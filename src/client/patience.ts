/** When a station that has too much to do is asked again, and when it is not. */

import { ApiError } from './errors.ts';

export interface PatienceOptions {
  /**
   * Ms that one request may wait in all: for a station that has too much to do, default 20,000, and while no station
   * leads, default 60,000.
   * 0: what it refuses for that is thrown at once.
   */
  readonly busyMs?: number | undefined;
  /** Ms of these that it may wait while no station leads; otherwise as `busyMs` says. 0: that is thrown at once. */
  readonly leaderlessMs?: number | undefined;
  /** Told of each wait: why, and how many ms. */
  readonly onBusy?: ((why: string, waitMs: number) => void) | undefined;
  /** From 0 to 1: spreads the clients that were refused together; default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

const defaultBusyMs = 20_000;
/** However soon the station wants to be asked; doubled for each refusal that follows, ms. */
const firstMs = 1_000;
const retriesMax = 5;

/**
 * Nobody leads: ms in all, and at most from one time to the next. Another one leads some 20 s after the death of who did,
 * and later where the servers of the log change, too.
 */
const leaderlessMs = 60_000;
const leaderlessPauseMs = 2_000;

/** No station leads, as far as the one that was asked knows; it has done nothing. */
export const nothingDone: ReadonlySet<string> = new Set([
  ...['no-leader', 'not-leading', 'log-away'],
]);
/** Whoever leads next tells, or does it. */
const leaderless: ReadonlySet<string> = new Set([...nothingDone, 'outcome-unknown']);

/** They do not pass before somebody has done something. */
const needSomebody: ReadonlySet<string> = new Set(['not-in-place']);

/** The patience with one request. */
export class Patience {
  readonly #options: PatienceOptions;
  #leftMs: number;
  #leaderlessLeftMs: number;
  #retries = 0;

  constructor(options: PatienceOptions) {
    this.#options = options;
    this.#leftMs = options.busyMs ?? defaultBusyMs;
    this.#leaderlessLeftMs = options.leaderlessMs ?? options.busyMs ?? leaderlessMs;
  }

  /**
   * How long to wait before the request is sent again, never less than the station asks for.
   *
   * @returns ms; undefined where it will not help, or not within the time that is left
   */
  after(error: unknown): number | undefined {
    if (!(error instanceof ApiError)) return undefined;
    if (leaderless.has(error.code)) return this.#untilSomebodyLeads(error);
    if (this.#retries >= retriesMax) return undefined;
    const { status, code, retryAfterMs, message } = error;
    const isBusy = status === 429 || status === 503;
    if (!isBusy || retryAfterMs === undefined || needSomebody.has(code)) return undefined;
    const { random = Math.random, onBusy } = this.#options;
    const leastMs = Math.max(retryAfterMs, firstMs * 2 ** this.#retries);
    const waitMs = Math.round(leastMs * (1 + random() / 4));
    if (waitMs > this.#leftMs) return undefined;
    this.#leftMs -= waitMs;
    this.#retries += 1;
    onBusy?.(message, waitMs);
    return waitMs;
  }

  #untilSomebodyLeads({ message, retryAfterMs = 0 }: ApiError): number | undefined {
    const { random = Math.random, onBusy } = this.#options;
    const leastMs = Math.max(retryAfterMs, leaderlessPauseMs / 2);
    const waitMs = Math.round(Math.min(leastMs, leaderlessPauseMs) * (1 + random() / 4));
    if (waitMs > this.#leaderlessLeftMs) return undefined;
    this.#leaderlessLeftMs -= waitMs;
    onBusy?.(message, waitMs);
    return waitMs;
  }
}

const longestMs = 24 * 60 * 60 * 1000;

/**
 * What a `Retry-After` says (RFC 9110 §10.2.3: seconds, or a date).
 *
 * @param now ms since the epoch
 * @returns ms from now, at most a day; undefined where there is none, or nothing that is one
 */
export const retryAfterIn = (value: string | null, now: number): number | undefined => {
  const text = value?.trim() ?? '';
  const ms = /^\d+$/.test(text)
    ? Number(text) * 1000
    : / GMT$/.test(text)
      ? Date.parse(text) - now
      : NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), longestMs);
};

/** Waits; ends early, by an error, when the signal is given. */
export const pause = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const giveUp = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', giveUp);
      resolve();
    }, ms);
    if (signal?.aborted === true) giveUp();
    else signal?.addEventListener('abort', giveUp, { once: true });
  });
