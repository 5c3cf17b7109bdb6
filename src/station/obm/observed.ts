/**
 * What OBM daemons have seen of machines, as the station has it at hand: whoever wants to know is answered from here, and
 * waits for nobody. In memory only; a station that begins asks its daemons for all of it.
 */

import { ObmdError } from './errors.ts';
import { isObject } from './obmd.ts';
import { readingIn } from './readings.ts';
import type { Identity } from './readings.ts';
import { isMoment, lineOf } from './told-text.ts';

/** The last try to look at something. */
export interface Tried {
  /** Ms since the epoch. */
  readonly at: number;
  /** null: it worked. */
  readonly trouble: Trouble | null;
}

/** Why something could not be looked at. */
export interface Trouble {
  /** As daemons call it, such as `no-answer`. */
  readonly reason: string;
  /** It may say where the OBM is. */
  readonly message: string;
}

/** What one daemon has seen of one machine. Times in ms since the epoch, by the clock of the station. */
export interface ObservedObm {
  readonly label: string;
  /** `since`, `at`: null where only an earlier run of the daemon knew. */
  readonly power: {
    readonly state: string;
    readonly since: number | null;
    readonly at: number | null;
  } | null;
  readonly look: Tried | null;
  readonly identity: (Identity & { readonly at: number }) | null;
  readonly validated: Tried | null;
  /** When credentials that were refused are tried again. */
  readonly nextTry: number | null;
  /** Orders that wait or are under way. */
  readonly orders: number;
  readonly console: {
    readonly link: string;
    readonly viewers: number;
    readonly logged: boolean;
  } | null;
}

/** What a daemon does again and again, and how late. */
export interface DaemonWork {
  readonly work: string;
  /** 0: it does not. */
  readonly period_ms: number;
  readonly machines: number;
  readonly due: number;
  readonly lag_ms: number;
}

/** What a daemon tells of what has changed. */
export interface ObservedAnswer {
  readonly run: string;
  readonly at: number;
  readonly more: boolean;
  readonly works: readonly DaemonWork[];
  readonly rows: readonly ObservedObm[];
}

interface Known {
  readonly rows: Map<string, ObservedObm>;
  since: { readonly run: string; readonly at: number } | null;
  works: readonly DaemonWork[];
  /** When it was heard last, ms since the epoch. */
  heard: number | null;
  trouble: string | null;
}

const worksMax = 16;
const textMax = 512;

export class Observed {
  /** By the base URL of the daemon. */
  readonly #daemons = new Map<string, Known>();

  of(obmd: string, label: string): ObservedObm | undefined {
    return this.#daemons.get(obmd)?.rows.get(label);
  }

  /** Where the next answer goes on; null: at the beginning. */
  since(obmd: string): Known['since'] {
    return this.#daemons.get(obmd)?.since ?? null;
  }

  /** When a daemon was heard last, ms since the epoch; null: never. */
  heard(obmd: string): number | null {
    return this.#daemons.get(obmd)?.heard ?? null;
  }

  /** Why a daemon is not heard; null: it is, as far as is known. */
  trouble(obmd: string): string | null {
    return this.#daemons.get(obmd)?.trouble ?? null;
  }

  /** Daemons, and when each was heard last. */
  *daemons(): IterableIterator<readonly [string, Readonly<Known>]> {
    yield* this.#daemons;
  }

  take(obmd: string, { run, at, rows, works }: ObservedAnswer, now: number): void {
    const known = this.#known(obmd);
    // A daemon that was started anew tells all of it again.
    if (known.since?.run !== run) known.rows.clear();
    known.since = { run, at };
    known.works = works;
    known.heard = now;
    known.trouble = null;
    for (const row of rows) known.rows.set(row.label, row);
  }

  put(obmd: string, row: ObservedObm): void {
    this.#known(obmd).rows.set(row.label, row);
  }

  failed(obmd: string, why: string): void {
    this.#known(obmd).trouble = why;
  }

  /** Nothing of ours is there any more. */
  forget(obmd: string): void {
    this.#daemons.delete(obmd);
  }

  #known(obmd: string): Known {
    let known = this.#daemons.get(obmd);
    if (!known) {
      known = { rows: new Map(), since: null, works: [], heard: null, trouble: null };
      this.#daemons.set(obmd, known);
    }
    return known;
  }
}

/**
 * What a daemon tells, as far as it makes sense.
 *
 * @param now of the station, ms since the epoch: its clock and that of the daemon may differ by hours
 * @throws {ObmdError} `failed`: it makes none
 */
export const observedIn = (body: unknown, now: number): ObservedAnswer => {
  const { run, at, now: theirs, more, works, observed } = isObject(body) ? body : {};
  if (
    typeof run !== 'string' ||
    !Number.isSafeInteger(at) ||
    !isMoment(theirs) ||
    !Array.isArray(observed)
  )
    throw new ObmdError('failed', 'what it tells of its machines makes no sense');
  const rows = observed.map((row) => rowIn(row, now - theirs)).filter((row) => row !== null);
  return {
    run: run.slice(0, 64),
    at: at as number,
    more: more === true,
    works: worksIn(works),
    rows,
  };
};

/** @param shift ms by which the clock of the station is ahead of the daemon's */
export const rowIn = (row: unknown, shift: number): ObservedObm | null => {
  if (!isObject(row)) return null;
  const label = lineOf(row['label'], 80);
  if (label === null) return null;
  const moment = (value: unknown): number | null => (isMoment(value) ? value + shift : null);
  return {
    label,
    power: powerIn(row['power'], moment),
    look: triedIn(row['look'], moment),
    identity: identityIn(row['identity'], moment),
    validated: triedIn(row['validated'], moment),
    nextTry: moment(row['next_try']),
    orders: countIn(row['orders']),
    console: consoleIn(row['console']),
  };
};

type MomentIn = (value: unknown) => number | null;

const powerIn = (power: unknown, moment: MomentIn): ObservedObm['power'] => {
  const state = isObject(power) ? lineOf(power['state'], 32) : null;
  if (!isObject(power) || state === null) return null;
  return { state, since: moment(power['since']), at: moment(power['at']) };
};

const triedIn = (tried: unknown, moment: MomentIn): Tried | null => {
  const at = isObject(tried) ? moment(tried['at']) : null;
  if (!isObject(tried) || at === null) return null;
  const { trouble } = tried;
  if (!isObject(trouble)) return { at, trouble: null };
  const reason = lineOf(trouble['reason'], 64) ?? 'unknown';
  return { at, trouble: { reason, message: lineOf(trouble['message'], textMax) ?? reason } };
};

const identityIn = (identity: unknown, moment: MomentIn): ObservedObm['identity'] => {
  const at = isObject(identity) ? moment(identity['at']) : null;
  const read = readingIn('identity', identity);
  return at === null || read === null ? null : { ...read, at };
};

const consoleIn = (console: unknown): ObservedObm['console'] => {
  const link = isObject(console) ? lineOf(console['link'], 32) : null;
  if (!isObject(console) || link === null) return null;
  return { link, viewers: countIn(console['viewers']), logged: console['logged'] === true };
};

const countIn = (value: unknown): number =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0;

const worksIn = (works: unknown): DaemonWork[] =>
  (Array.isArray(works) ? works.slice(0, worksMax) : []).flatMap((work: unknown) => {
    const name = isObject(work) ? lineOf(work['work'], 64) : null;
    if (!isObject(work) || name === null) return [];
    const { period_ms, machines, due, lag_ms } = work;
    return [
      {
        ...{ work: name, period_ms: countIn(period_ms), machines: countIn(machines) },
        ...{ due: countIn(due), lag_ms: countIn(lag_ms) },
      },
    ];
  });
