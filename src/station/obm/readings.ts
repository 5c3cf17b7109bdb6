/** What OBMs tell of their machines when they are asked; what they do not tell is null. */

import { newsLimits, severities } from '../../core/values/obm-news.ts';
import type { SystemEntry } from '../../core/values/obm-news.ts';
import { isObject } from './obmd.ts';
import { isMoment, lineOf, oneOf } from './told-text.ts';

/** How long an OBM that is asked something is waited for, behind all requests, ms. */
export const readingMs = 20_000;
/** A full event log of 65,535 entries is beyond it; usual ones have a few thousand. */
export const readingBytesMax = 4 * 1024 * 1024;

const textMax = 256;
/** Rows of one answer. */
const rowsMax = 16_384;

export interface Sensor {
  readonly name: string;
  /** null: it cannot be read now. */
  readonly value: number | null;
  readonly unit: string;
  readonly status: (typeof severities)[number];
  readonly note: string | null;
}

export interface Sensors {
  readonly sensors: readonly Sensor[];
  /** What could not be read, and why. */
  readonly missing: readonly string[];
}

export interface Identity {
  readonly guid: string | null;
  readonly serial: string | null;
  readonly manufacturer: string | null;
  readonly product: string | null;
  readonly firmware: string | null;
}

/** What can be asked, as daemons call it, and what is made of the answer; null: it makes no sense. */
const readers = {
  sensors: (body: Fields): Sensors | null => {
    const [sensors, missing] = [rowsOf(body['sensors'], sensorOf), body['missing']];
    return sensors && { sensors, missing: rowsOf(missing, (text) => lineOf(text, textMax)) ?? [] };
  },
  'system-events': (body: Fields): { events: readonly SystemEntry[] } | null => {
    const events = rowsOf(body['events'], entryOf);
    return events && { events };
  },
  inventory: (body: Fields): { parts: readonly { name: string; value: string }[] } | null => {
    const all = isObject(body['parts']) ? Object.entries(body['parts']) : undefined;
    const parts = rowsOf(all, (pair) => {
      const [name, value] = (pair as unknown[]).map((text) => lineOf(text, textMax));
      return name && value ? { name, value } : null;
    });
    return parts && { parts };
  },
  identity: (body: Fields): Identity => {
    const of = (name: string): string | null => lineOf(body[name], textMax);
    return {
      guid: of('guid'),
      serial: of('serial'),
      manufacturer: of('manufacturer'),
      product: of('product'),
      firmware: of('firmware'),
    };
  },
};

export type Reading = keyof typeof readers;
export type ReadingOf<R extends Reading> = NonNullable<ReturnType<(typeof readers)[R]>>;

type Fields = Readonly<Record<string, unknown>>;

/** @returns null: it makes no sense */
export const readingIn = <R extends Reading>(what: R, body: unknown): ReadingOf<R> | null =>
  isObject(body) ? (readers[what](body) as ReadingOf<R> | null) : null;

/** An OBM did not tell what it was asked. The message says nothing of where it is; `detail` may. */
export class ReadingError extends Error {
  override readonly name = 'ReadingError';
  /** As daemons call it. */
  readonly code: string;
  readonly detail: string;

  constructor(code: string, message: string, detail = message) {
    super(message);
    this.code = code;
    this.detail = detail;
  }
}

const whys: Readonly<Record<string, string>> = {
  'no-answer': 'it does not answer',
  'credentials-refused': 'it refuses the credentials',
  'no-session-left': 'it has no session left',
  privilege: 'the user there may not',
  busy: 'it is busy',
  unsupported: 'it cannot tell this',
  'wrong-machine': 'another machine answers',
  away: 'its OBM daemon is away',
  broken: 'its OBM daemon broke off',
  silent: 'its OBM daemon does not answer',
};

/** Why an OBM could not be asked, for whoever is not to learn where it is. @param code as daemons call it */
export const whyNot = (code: string): string =>
  Object.hasOwn(whys, code) ? whys[code]! : 'it could not be asked';

/** @param code as the daemon calls it */
export const notTold = (host: string, code: string, detail: string): ReadingError => {
  const known = /^[a-z-]{1,64}$/.test(code) ? code : 'unknown';
  const said = `the OBM of ${host} did not tell it: ${whyNot(known)} (${known})`;
  return new ReadingError(known, said, detail);
};

const rowsOf = <T>(rows: unknown, read: (row: unknown) => T | null): T[] | null =>
  Array.isArray(rows)
    ? rows
        .slice(-rowsMax)
        .map(read)
        .filter((row) => row !== null)
    : null;

const sensorOf = (row: unknown): Sensor | null => {
  if (!isObject(row)) return null;
  const { name, value, unit, status, note } = row;
  const called = lineOf(name, textMax);
  return called === null
    ? null
    : {
        name: called,
        value: typeof value === 'number' && Number.isFinite(value) ? value : null,
        unit: lineOf(unit, 32) ?? '',
        status: oneOf(severities, status) ?? 'unknown',
        note: lineOf(note, textMax),
      };
};

export const entryOf = (row: unknown): SystemEntry | null => {
  if (!isObject(row)) return null;
  const [id, text] = [lineOf(row['id'], newsLimits.id), lineOf(row['text'], newsLimits.text)];
  if (id === null || text === null) return null;
  const { at } = row;
  const severity = oneOf(severities, row['severity']) ?? 'unknown';
  return { id, at: isMoment(at) ? at : null, severity, text };
};
