/** Reads the log of a console at an OBM daemon: page by page, and on where it broke off. */

import { setTimeout as pause } from 'node:timers/promises';
import { ApiError } from '../../client/errors.ts';
import { nodeFetch } from '../../client/node-fetch.ts';
import { endingOf, Failure } from '../exit-codes.ts';
import type { Ending } from '../exit-codes.ts';
import { printable } from '../output/text.ts';
import type { ConsoleAddress } from './link.ts';

/** A line that the machine wrote, or what happened beside it. Times in ms since the epoch. */
export type LogEntry =
  | { readonly at: number; readonly position: number; readonly line: string }
  | {
      readonly at: number;
      readonly position: number;
      readonly mark: string;
      readonly text: string;
    };

/** The last line of an answer. */
interface Rest {
  readonly next: number;
  readonly more: boolean;
}

export interface LogRequest {
  /** For messages. */
  readonly name: string;
  /** A new one for each answer. Rejects where there is none. */
  readonly address: () => Promise<ConsoleAddress>;
  /** What is wanted, as the daemon takes it. */
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly follow: boolean;
  readonly signal: AbortSignal;
  /** Told that it broke off, and is read on. */
  readonly broke: (why: string) => void;
}

/** Lines of one answer; the daemon gives no more. */
const linesAtOnce = 1_000_000;
/** How long a daemon may take to begin its answer, ms. */
const answerMs = 20_000;
/** Pauses before it is read on, ms. */
const pauses = [200, 1_000, 2_000, 5_000, 10_000] as const;
/** Tries that bring nothing, after which nobody waits for more. */
const triesMax = 4;
/** A line holds 8 KiB of a console at most, each byte of it in six characters perhaps. */
const lineCharactersMax = 256 * 1024;
const refusalCharactersMax = 10_000;

/** HTTP statuses with which a daemon refuses; others may pass. */
const refusals: Readonly<Record<number, Ending>> = {
  400: 'usage',
  403: 'notAllowed',
  409: 'rejected',
};

/**
 * @throws {Failure} the daemon refuses, or it cannot be read to its end; what a station refuses is an `ApiError`
 */
export async function* readConsoleLog(request: LogRequest): AsyncGenerator<LogEntry> {
  const { name, follow, signal, broke } = request;
  const place = new Place(request.query['cursor']);
  let hasBegun = false;
  for (let failures = 0; ;) {
    let why = 'the connection was lost';
    let isNew = false;
    try {
      let rest: Rest | null = null;
      const answer = await answerTo(request, place.cursor);
      hasBegun = true;
      for await (const entry of entriesOf(answer)) {
        if ('more' in entry) rest = entry;
        else if (place.isNew(entry)) {
          isNew = true;
          yield entry;
        }
      }
      if (rest?.more === false) return;
      if (rest) {
        place.goTo(rest.next);
        failures = 0;
        continue;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (endingOf(error) !== 'unreachable') throw error;
      if (!hasBegun) throw error;
      why = (error as Error).message;
    }
    failures = isNew ? 0 : failures + 1;
    if (failures >= triesMax && !follow)
      throw new Failure('unreachable', `the log of ${name} breaks off: ${printable(why)}`);
    broke(why);
    const ms = pauses[Math.min(failures, pauses.length - 1)]!;
    await pause(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** How far it has been read. */
class Place {
  #position: number | null;
  /** What has been seen at the position, which several things may have. */
  readonly #seen = new Set<string>();

  constructor(cursor: string | undefined) {
    this.#position = cursor === undefined ? null : Number(cursor);
  }

  get cursor(): string | undefined {
    return this.#position === null ? undefined : String(this.#position);
  }

  goTo(position: number): void {
    this.#position = position;
    this.#seen.clear();
  }

  isNew(entry: LogEntry): boolean {
    const { position } = entry;
    if (position !== this.#position) this.goTo(position);
    const what = JSON.stringify(entry);
    if (this.#seen.has(what)) return false;
    this.#seen.add(what);
    return true;
  }
}

/** @throws {Failure} it refuses, or does not answer */
const answerTo = async (
  { name, address, query, follow, signal }: LogRequest,
  cursor: string | undefined,
): Promise<ReadableStream<Uint8Array>> => {
  const limit = follow ? undefined : String(linesAtOnce);
  const wish = { limit, ...query, ...(cursor === undefined ? {} : { cursor }) };
  return openLog(name, await address(), wish, signal);
};

/**
 * Asks the daemon once.
 *
 * @throws {Failure} it refuses, or does not answer
 */
export const openLog = async (
  name: string,
  { url, ca = [] }: ConsoleAddress,
  query: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> => {
  const wanted = new URL(url);
  for (const [key, value] of Object.entries(query))
    if (value !== undefined) wanted.searchParams.set(key, value);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), answerMs);
  let answer: Response;
  try {
    const fetch = nodeFetch({ ca: [ca].flat().join('\n') });
    answer = await fetch(wanted.href, { signal: AbortSignal.any([signal, late.signal]) });
  } catch (error) {
    signal.throwIfAborted();
    const why = late.signal.aborted ? `no answer within ${answerMs / 1000} s` : messageOf(error);
    throw new Failure('unreachable', `the log of ${name}: ${why}`);
  } finally {
    clearTimeout(timer);
  }
  if (answer.ok && answer.body) return answer.body;
  const said = (await answer.text()).slice(0, refusalCharactersMax);
  const detail = detailIn(said) ?? `refused with ${answer.status}`;
  throw new Failure(refusals[answer.status] ?? 'unreachable', `the log of ${name}: ${detail}`);
};

async function* entriesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<LogEntry | Rest> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const piece of body) {
      rest += decoder.decode(piece, { stream: true });
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > lineCharactersMax) throw new Error('the answer makes no sense');
      for (const line of lines) if (line !== '') yield JSON.parse(line) as LogEntry | Rest;
    }
  } catch (error) {
    if (error instanceof ApiError || error instanceof Failure) throw error;
    throw new Failure('unreachable', messageOf(error));
  }
}

const messageOf = (error: unknown): string => printable((error as Error).message);

const detailIn = (text: string): string | undefined => {
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    return typeof detail === 'string' ? printable(detail) : undefined;
  } catch {
    return undefined;
  }
};
