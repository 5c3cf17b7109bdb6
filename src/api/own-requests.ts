/**
 * The API as the pages ask it: by requests like those of anybody else, with the token of whoever looks. So rights, sight,
 * limits and refusals are the very same, and nothing is read by another way.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ProblemDetails } from '../contract/problem.ts';
import { Abandoned, abandonment } from './asker.ts';

/** The API did not give what was asked. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly problem: ProblemDetails;
  readonly retryAfter: string | undefined;

  constructor(problem: ProblemDetails, retryAfter: string | undefined) {
    super(problem.detail);
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

export interface Asking {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/api/v1`, with its query. */
  readonly path: string;
  readonly body?: object;
  /** Absent: nobody's. */
  readonly token?: string | undefined;
}

/** @throws {RefusedError | Abandoned} */
export type AskApi = <T>(
  request: FastifyRequest,
  reply: FastifyReply,
  asking: Asking,
) => Promise<T>;

export const apiOf = (app: FastifyInstance): AskApi => {
  return async <T>(
    request: FastifyRequest,
    reply: FastifyReply,
    { method, path, body, token }: Asking,
  ): Promise<T> => {
    const signal = abandonment(reply);
    signal.throwIfAborted();
    const answer = await app
      .inject({
        ...{ method, url: `/api/v1${path}`, remoteAddress: request.ip, signal },
        headers: {
          accept: 'application/json',
          'user-agent': request.headers['user-agent'] ?? '',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      })
      .catch((error: unknown) => {
        throw signal.aborted ? new Abandoned() : error;
      });
    const said = JSON.parse(answer.body) as unknown;
    if (answer.statusCode < 400) return said as T;
    const retryAfter = answer.headers['retry-after'];
    throw new RefusedError(
      said as ProblemDetails,
      retryAfter === undefined ? undefined : String(retryAfter),
    );
  };
};
