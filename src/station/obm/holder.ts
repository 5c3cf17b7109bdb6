/** An OBM as whoever has its token sees it. */

import type { ObmOrder } from '../../core/values/obm.ts';
import { ObmdError } from './errors.ts';
import { isObject, nodePath, obmPath, problemIn } from './obmd.ts';
import { rowIn } from './observed.ts';
import type { ObservedObm, Trouble } from './observed.ts';
import { notTold, readingBytesMax, readingIn, readingMs } from './readings.ts';
import type { Reading, ReadingOf } from './readings.ts';
import { askObmd } from './request.ts';
import type { ObmdAnswer, ObmdRequest, Reach } from './request.ts';
import { isMoment, lineOf } from './told-text.ts';

/** How an order ended, as far as a daemon tells. */
export interface OrderEnd {
  readonly outcome: 'done' | 'failed' | 'unknown';
  /** How, for people. */
  readonly detail: string;
}

/** An order, and what it is called: by that it is known again when the daemon tells of it. */
export interface Given {
  readonly id: string;
  readonly order: ObmOrder;
}

export interface HolderParts {
  readonly reach: Reach;
  /** Of `obmdUrl`. */
  readonly base: string;
  readonly label: string;
  readonly token: string;
  /**
   * Sees to it that the daemon knows which station leads.
   *
   * @throws {ObmdError} nothing is to be sent there
   */
  readonly announce: () => Promise<void>;
}

/** Asks a daemon by the token of an OBM. @throws {ObmdError} or the reason of the signal */
export const askAsHolder = async (
  { reach, base, token, announce }: HolderParts,
  request: Omit<ObmdRequest, 'authorization'>,
): Promise<ObmdAnswer> => {
  await announce();
  request.signal?.throwIfAborted();
  return askObmd(reach, base, { ...request, authorization: `Bearer ${token}` });
};

/** A daemon waits itself for what hangs, and for what comes before; ms. */
const orderMs = 180_000;
const lookMs = 60_000;

/** With these the daemon says that nothing was carried out. */
const certain: ReadonlySet<string> = new Set([
  ...['credentials-refused', 'no-session-left', 'unsupported-suite', 'privilege', 'busy'],
  ...['refused', 'network', 'unsupported', 'settings', 'wrong-machine', 'limit'],
  ...['invalid-request', 'unauthorized', 'not-found', 'too-many-requests'],
]);

export class Holder {
  readonly #parts: HolderParts;

  constructor(parts: HolderParts) {
    this.#parts = parts;
  }

  /**
   * Gives an order, once. What it is not told is unknown.
   *
   * @throws the reason of the signal: nobody knows what becomes of it
   */
  async give({ id, order }: Given, signal: AbortSignal): Promise<OrderEnd> {
    let answer: ObmdAnswer;
    let isSent = false;
    try {
      await this.#parts.announce();
      isSent = true;
      answer = await this.#ask({ ...this.#requestOf(id, order), within: orderMs, signal });
    } catch (error) {
      if (!(error instanceof ObmdError)) throw error;
      const isCertain = !isSent || error.reason === 'away' || error.reason === 'deposed';
      return { outcome: isCertain ? 'failed' : 'unknown', detail: error.message };
    }
    const { status, body } = answer;
    if (status === 200 && order.kind === 'power') return powerEnd(body);
    if (status === 204 || status === 200) return { outcome: 'done', detail: noteIn(body) };
    const problem = problemIn(answer);
    const isCertain = problem !== null && certain.has(problem.code);
    const detail = problem ? `${problem.detail} (${problem.code})` : `it answered ${status}`;
    return { outcome: isCertain ? 'failed' : 'unknown', detail };
  }

  /** Has the machine looked at now. @throws {ObmdError} that cannot be said */
  async lookAtPower(signal: AbortSignal): Promise<string> {
    const path = `${nodePath(this.#parts.label)}/power_status`;
    const answer = await this.#ask({ method: 'GET', path, within: lookMs, signal });
    const { status, body } = answer;
    const state = isObject(body) ? body['power_status'] : undefined;
    if (status === 200 && typeof state === 'string') return state;
    throw this.#failed(answer);
  }

  /**
   * Has the daemon look at the OBM, unless it did so short ago.
   *
   * @returns what it has seen of the machine then, and why it could not look, each by what it was to look at
   * @throws {ObmdError} or the reason of the signal
   */
  async refresh(
    what: 'power' | 'identity',
    freshMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly row: ObservedObm | null; readonly trouble: Trouble | null }> {
    const { reach, label } = this.#parts;
    const answer = await this.#ask({
      ...{ method: 'POST', path: `${obmPath(label)}/refresh`, signal, within: lookMs },
      body: { what: [what], fresh_ms: freshMs },
    });
    const { body } = answer;
    if (answer.status !== 200 || !isObject(body)) throw this.#failed(answer);
    const { now, observed, failed } = body;
    const shift = isMoment(now) ? reach.time.now() - now : 0;
    const [problem] = Array.isArray(failed) ? (failed as unknown[]) : [];
    return { row: rowIn(observed, shift), trouble: troubleIn(problem) };
  }

  /** Asks the OBM of a host. @throws {ObmdError} or the reason of the signal */
  async read<R extends Reading>(host: string, what: R, signal: AbortSignal): Promise<ReadingOf<R>> {
    const path = `${obmPath(this.#parts.label)}/${what}`;
    const limits = { within: readingMs, bytesMax: readingBytesMax };
    let answer: ObmdAnswer;
    try {
      answer = await this.#ask({ method: 'GET', path, signal, ...limits });
    } catch (error) {
      if (!(error instanceof ObmdError) || error.reason !== 'silent') throw error;
      const within = `within ${readingMs / 1000} s`;
      throw notTold(host, 'no-answer', `the OBM of ${host} has not answered ${within}`);
    }
    const problem = problemIn(answer);
    if (answer.status === 500 && problem) throw notTold(host, problem.code, problem.detail);
    const reading = answer.status === 200 ? readingIn(what, answer.body) : null;
    if (reading === null) throw this.#failed(answer);
    return reading;
  }

  #requestOf(reference: string, order: ObmOrder): Omit<ObmdRequest, 'authorization'> {
    const path = obmPath(this.#parts.label);
    switch (order.kind) {
      case 'power':
        return { method: 'POST', path: `${path}/power`, body: { action: order.action, reference } };
      case 'boot-device': {
        const { device, persistent } = order;
        return { method: 'PUT', path: `${path}/boot-device`, body: { device, persistent } };
      }
      case 'light':
        return { method: 'PUT', path: `${path}/light`, body: { light: order.light } };
      case 'refresh':
        throw new RangeError('a look is no order');
    }
  }

  #ask(request: Omit<ObmdRequest, 'authorization'>): Promise<ObmdAnswer> {
    return askAsHolder(this.#parts, request);
  }

  #failed(answer: ObmdAnswer): ObmdError {
    const problem = problemIn(answer);
    const { base } = this.#parts;
    if (answer.status === 401 && problem)
      return new ObmdError('lost', `${base} does not take the token of the OBM: enable it again`);
    const said = problem ? `: ${problem.detail} (${problem.code})` : '';
    return new ObmdError('failed', `${base} answered ${answer.status}${said}`);
  }
}

/** What a daemon says of an order about power. */
const powerEnd = (body: unknown): OrderEnd => {
  if (!isObject(body)) return { outcome: 'unknown', detail: 'the daemon did not say how it ended' };
  const { outcome, instead, why } = body as unknown as {
    outcome: string;
    instead: string | null;
    why: { detail: string } | null;
  };
  const reason = why?.detail ?? '';
  if (outcome === 'done')
    return { outcome, detail: instead === null ? '' : `it was ${instead} that was sent` };
  return { outcome: outcome === 'not-done' ? 'failed' : 'unknown', detail: reason };
};

const noteIn = (body: unknown): string =>
  isObject(body) && typeof body['note'] === 'string' ? body['note'] : '';

const troubleIn = (problem: unknown): Trouble | null => {
  if (!isObject(problem)) return null;
  const reason = lineOf(problem['reason'], 64) ?? 'unknown';
  return { reason, message: lineOf(problem['detail'], 512) ?? reason };
};
