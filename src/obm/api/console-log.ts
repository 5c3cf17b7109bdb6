/** The log of a console by HTTP: read, searched, followed, and exported. */

import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { LogRange } from '../console/reading/read-log.ts';
import { searchBytesMax, searchTextMax } from '../console/reading/search.ts';
import type { Pass } from '../gate.ts';
import type { Obmd } from '../obmd.ts';
import type { Time } from '../time.ts';
import type { Caller, Callers, ObmRequest, OfObm } from './callers.ts';
import { consolePath } from './console.ts';
import { cutOff } from './cut-off.ts';
import { logFormats, logText, logTypes } from './log-text.ts';
import type { LogFormat, LogWish } from './log-text.ts';
import { Refusal } from './refusals.ts';

export interface ConsoleLogParts {
  readonly obmd: Obmd;
  readonly callers: Callers;
  readonly time: Time;
}

/** Without a pass: the administrator. */
type Visitor = Caller & { readonly pass?: Pass; readonly principal?: string };

/** Lines of one answer, unless said, and at most. */
const linesUsual = 1_000;
const linesMax = 1_000_000;
/** Lines are sent together until they are so many characters. */
const pieceCharacters = 16 * 1024;
/** A reader that takes nothing for so long is let go, ms. */
const standstillMs = 30_000;

export const registerConsoleLog = (app: FastifyInstance, parts: ConsoleLogParts): void => {
  const { obmd, callers, time } = parts;
  const visitor = (request: ObmRequest): Visitor => {
    const { label, asker, right } = callers.viewer(request);
    // Whoever has several connections has one share.
    return { label, asker, pass: right.pass, principal: right.principal };
  };

  app.get<OfObm>(`${consolePath}/log`, async (request, reply) => {
    const wish = wishOf(request.query, request.params.label);
    const isAdmin = callers.isAdmin(request);
    const who: Visitor = isAdmin ? callers.admin(request) : visitor(request);
    const { label, asker, pass = null, principal = asker.actor } = who;
    if (wish.range.ofAllOwners === true && !isAdmin)
      throw new Refusal(403, 'forbidden', 'what is of earlier owners is for the administrator');
    obmd.machine(label);
    const gone = new AbortController();
    const reader = { principal, pass, signal: gone.signal };
    const log = await obmd.consoles.openLog(label, reader);
    if (log === null) throw new Refusal(409, 'unsupported', `no console of ${label} is logged`);
    const { range, back } = wish;
    const from = back === null ? range.from : await log.startOfLast(back);
    const items = log.read({ ...range, from });
    reply.hijack();
    const sending = new Sending(reply, time, gone, logTypes[wish.format]);
    log.revoked.addEventListener('abort', () => sending.cut());
    await sending.all(logText(items, wish, from ?? 0));
  });
};

/** One answer on its way, at the pace of who reads. */
class Sending {
  readonly #response: ServerResponse;
  readonly #time: Time;
  readonly #gone: AbortController;
  readonly #failed: (error: Error) => void;
  #waiting = '';
  #isDue = false;
  #isOver = false;

  constructor(reply: FastifyReply, time: Time, gone: AbortController, type: string) {
    this.#response = reply.raw;
    // The owner changed, or the disk fails: it ends where it is.
    this.#failed = (err) => reply.log.info({ err }, 'the reading of a console log ended');
    this.#time = time;
    this.#gone = gone;
    this.#response.on('close', () => this.#over());
    this.#response.writeHead(200, {
      'content-type': type,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    this.#response.flushHeaders();
  }

  /** Never rejects: what goes wrong ends it where it is. */
  async all(text: AsyncIterable<string>): Promise<void> {
    try {
      for await (const piece of text) {
        if (this.#isOver) break;
        this.#waiting += piece;
        if (this.#waiting.length > pieceCharacters) this.#flush();
        else this.#flushSoon();
        if (this.#response.writableNeedDrain) await this.#drained();
      }
      this.#flush();
      if (!this.#isOver) this.#response.end();
    } catch (error) {
      this.#failed(error as Error);
      this.cut();
    } finally {
      this.#over();
    }
  }

  /** Nothing more is sent, nor what waits to be. */
  cut(): void {
    if (this.#isOver) return;
    this.#over();
    if (this.#response.writableLength > 0) cutOff(this.#response.socket);
    else this.#response.end();
  }

  #over(): void {
    this.#isOver = true;
    this.#gone.abort();
  }

  /** Lines that come together are one write. */
  #flushSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    process.nextTick(() => this.#flush());
  }

  #flush(): void {
    this.#isDue = false;
    if (this.#waiting !== '' && !this.#isOver) this.#response.write(this.#waiting);
    this.#waiting = '';
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#response.off('drain', done).off('close', done);
        resolve();
      };
      const cancel = this.#time.after(standstillMs, () => this.#response.destroy());
      this.#response.on('drain', done).on('close', done);
    });
  }
}

interface WholeWish extends LogWish {
  readonly range: LogRange;
  /** Bytes before the end at which to begin; null: where the range says. */
  readonly back: number | null;
}

const known = new Set([
  ...['since', 'until', 'cursor', 'back', 'grep', 'ignore_case', 'limit', 'follow', 'format'],
  ...['owners', 'ticket'],
]);

/** @throws {Refusal} that names the parameter */
const wishOf = (query: OfObm['Querystring'], label: string): WholeWish => {
  const textOf = (name: string): string | undefined => {
    const value = query[name];
    if (value === undefined || typeof value === 'string') return value;
    throw refusal(name, 'is given twice');
  };
  for (const name of Object.keys(query)) if (!known.has(name)) throw refusal(name, 'is not known');
  const numberOf = (name: string, max: number): number | undefined => {
    const text = textOf(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
    if (value <= max) return value;
    throw refusal(name, `is no whole number up to ${max}`);
  };
  const isSet = (name: string): boolean => {
    const text = textOf(name) ?? 'false';
    if (['true', '1', 'false', '0'].includes(text)) return text === 'true' || text === '1';
    throw refusal(name, 'is neither true nor false');
  };
  const oneOf = <T extends string>(name: string, values: readonly T[]): T => {
    const text = textOf(name) ?? values[0]!;
    if (values.includes(text as T)) return text as T;
    throw refusal(name, `is not one of ${values.join(', ')}`);
  };
  const grep = textOf('grep') ?? null;
  if (grep !== null && (grep === '' || grep.length > searchTextMax))
    throw refusal('grep', `has not 1 to ${searchTextMax} characters`);
  const follow = isSet('follow');
  const cursor = numberOf('cursor', Number.MAX_SAFE_INTEGER);
  const since = momentOf('since', textOf('since'));
  const back = numberOf('back', Number.MAX_SAFE_INTEGER);
  // Who follows wants what comes.
  const isFromNow = follow && cursor === undefined && since === undefined;
  const format: LogFormat = oneOf('format', logFormats);
  return {
    ...{ format, label, grep, ignoreCase: isSet('ignore_case') },
    limit: numberOf('limit', linesMax) ?? (follow ? Infinity : linesUsual),
    bytesMax: follow ? Infinity : searchBytesMax,
    back: back ?? (isFromNow ? 0 : null),
    range: {
      ...{ from: cursor, since, until: momentOf('until', textOf('until')), follow },
      ofAllOwners: oneOf('owners', ['present', 'all']) === 'all',
    },
  };
};

/** ms since the epoch, of a moment as RFC 3339 writes it or as such a number. */
const momentOf = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const isMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const at = isMoment ? Date.parse(text) : NaN;
  if (!Number.isNaN(at)) return at;
  throw refusal(name, 'is no moment such as 2030-01-31T12:00:00Z');
};

const refusal = (name: string, what: string): Refusal =>
  new Refusal(400, 'invalid-request', `${name} ${what}`, name);
