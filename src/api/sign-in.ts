/** How people come in and leave by pages: the API is asked, so that what it refuses is refused here, as late and as often. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SessionBody } from '../contract/users.ts';
import { isOfPeople } from '../core/values/credential-roles.ts';
import { tokenPattern } from './cookies.ts';
import { ApiError } from './errors.ts';
import { RefusedError } from './own-requests.ts';
import type { AskApi } from './own-requests.ts';

/**
 * Makes sure that a token is good, and one of people.
 *
 * @returns what it is, as `GET /whoami` says it
 * @throws {RefusedError} it is not
 */
export const checkToken = async <T extends { role: string }>(
  ask: AskApi,
  request: FastifyRequest,
  reply: FastifyReply,
  token: string,
): Promise<T> => {
  // What is no token at all is refused as others are, at their pace.
  const shown = tokenPattern.test(token) ? token : 'none';
  const who = await ask<T>(request, reply, { method: 'GET', path: '/whoami', token: shown });
  if (isOfPeople(who.role)) return who;
  const { details } = new ApiError(
    'forbidden',
    `the token has the role ${who.role}, which is no person's`,
  );
  throw new RefusedError(details, undefined);
};

/**
 * Begins a session by what people know and have.
 *
 * @returns its token
 * @throws {RefusedError} they are not let in
 */
export const beginSession = async (
  ask: AskApi,
  request: FastifyRequest,
  reply: FastifyReply,
  body: SessionBody,
): Promise<string> => {
  const asking = { method: 'POST', path: '/sessions', body } as const;
  return (await ask<{ token: string }>(request, reply, asking)).token;
};

/** Ends a session. A token that lasts stays good, and what has ended already is no trouble. */
export const endSession = async (
  ask: AskApi,
  request: FastifyRequest,
  reply: FastifyReply,
  token: string,
): Promise<void> => {
  try {
    await ask(request, reply, { method: 'DELETE', path: '/sessions/current', token });
  } catch (error) {
    if (!(error instanceof RefusedError && [401, 404].includes(error.problem.status))) throw error;
  }
};
