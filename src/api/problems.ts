/** What is answered to an error (RFC 9457), whatever threw it. */

import type { FastifyRequest } from 'fastify';
import { NotLeadingError } from '../station/leadership/standing.ts';
import { ShareExceededError } from '../station/fair-use/shares.ts';
import { isRefusal } from '../station/refusals.ts';
import { Abandoned } from './asker.ts';
import { hangUpSoon } from './connections.ts';
import { leaderHeader } from './following/headers.ts';
import { ApiError } from './errors.ts';
import type { ErrorCode } from './errors.ts';
import { RefusalLog } from './refusal-log.ts';

export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const stepUp = 'Bearer error="insufficient_user_authentication"';
/** What is asked of whoever is not let in (RFC 6750, RFC 9470). */
const challenges: Readonly<Record<string, string>> = {
  'step-up-needed': stepUp,
  'code-needed': stepUp,
  'password-needed': stepUp,
};

const problemType = 'application/problem+json; charset=utf-8';

/** Errors that are answered, and how many were. */
export class AnsweredProblems {
  readonly #counts = new Map<ErrorCode, number>();
  readonly #refusals = new RefusalLog();

  /** Since the station started; a code that is not there was not answered. */
  get counts(): ReadonlyMap<ErrorCode, number> {
    return this.#counts;
  }

  /**
   * Says what to answer, and lets nobody wait for the rest of a body that nobody reads.
   *
   * @returns null: nobody waits for an answer
   */
  readonly answerTo = (error: Error, request: Asked): Problem | null => {
    if (error instanceof Abandoned) return null;
    const problem = asApiError(error);
    this.#counts.set(problem.code, (this.#counts.get(problem.code) ?? 0) + 1);
    this.#log(problem, error, request);
    return answerOf(problem, request);
  };

  /** What a route refuses says itself what there is to know; files that are away were told of once. */
  #log(problem: ApiError, error: Error, { id: request, log }: Asked): void {
    if (problem === error || problem.status < 500 || problem.code === 'not-in-place') return;
    // While the log is away, or another station takes over, each command is one.
    if (isRefusal(error)) {
      const details = { code: problem.code, why: error.message, request };
      const say = (details: object, message: string): void => log.warn(details, message);
      this.#refusals.say(say, problem.code, details, 'a command was refused');
    } else log.error({ err: error, request }, 'a request failed');
  }
}

type Asked = Pick<FastifyRequest, 'raw' | 'id' | 'log'>;

const answerOf = (problem: ApiError, { raw, id }: Asked): Problem => {
  hangUpSoon(raw);
  const { code, retryAfter, status, details } = problem;
  return {
    status,
    headers: {
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...(status === 401 ? { 'www-authenticate': challenges[code] ?? 'Bearer' } : {}),
      ...(details.leader ? { [leaderHeader]: details.leader.url } : {}),
      'content-type': problemType,
    },
    body: JSON.stringify({ ...details, instance: `urn:uuid:${id}` }),
  };
};

/** Whether the log was not reached: nothing was read, or nothing was kept. */
const isAway = (error: unknown): boolean =>
  (error as { readonly code?: unknown } | undefined)?.code === 'log-unavailable';

/** Who took the lead while the request was here does it, or tells what became of it. */
const deposed = ({ leader, message }: NotLeadingError): ApiError =>
  new ApiError(
    'not-leading',
    `${message}. Repeat it in a few seconds, here or at any other station, with the same Idempotency-Key: it is ` +
      'passed on to the one that leads then, and done once',
    { retryAfter: 1, ...(leader ? { leader } : {}) },
  );

/**
 * What the framework, the log or a bug threw, as an answer. Messages of bugs stay in the station's
 * log.
 */
export const asApiError = (error: Error & { code?: string; statusCode?: number }): ApiError => {
  if (error instanceof ApiError) return error;
  if (error instanceof ShareExceededError)
    return new ApiError(error.code, error.message, { retryAfter: error.retryAfter });
  if (error instanceof NotLeadingError) return deposed(error);
  // Another station may reach them.
  if (isAway(error) || (error.code === 'append-failed' && isAway(error.cause)))
    return new ApiError(
      'log-away',
      `${error.message}. Nothing was done; try again in a few seconds`,
    );
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ApiError('body-too-large', 'the body is larger than this request may be');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ApiError(
        'unsupported-media-type',
        'send JSON with Content-Type: application/json',
      );
    case 'log-busy':
    case 'append-failed':
    case 'outcome-unknown':
    case 'not-in-place':
    case 'log-corrupt':
      return new ApiError(error.code, error.message);
    case 'history-lost':
      return new ApiError('append-failed', error.message);
    default:
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return new ApiError('invalid-request', error.message);
  return new ApiError('internal', 'the station failed; its log has the details');
};
