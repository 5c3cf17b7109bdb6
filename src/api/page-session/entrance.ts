/**
 * Who comes in by the page, and with what session. The API is asked, which knows the station that leads: links are
 * there, and sessions are begun there.
 */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SignIn } from '../../contract/page-session.ts';
import { ApiError } from '../errors.ts';
import type { AskApi } from '../own-requests.ts';
import { beginSession, checkToken } from '../sign-in.ts';

/** @returns the token of the session that was begun or opened; no other is ever given to a browser */
export type Enter = (
  request: FastifyRequest,
  reply: FastifyReply,
  shown: SignIn,
) => Promise<string>;

export const enterBy =
  (ask: AskApi): Enter =>
  async (request, reply, shown) => {
    const [way, { token = '', link = '' }] = [wayOf(shown), shown];
    if (way === 'link') return beginSession(ask, request, reply, { ticket: link.trim() });
    if (way === 'password') {
      const { user = '', password = '', code } = shown;
      const body = { user, password, ...(code === undefined ? {} : { code }) };
      return beginSession(ask, request, reply, body);
    }
    await checkToken(ask, request, reply, token.trim());
    const { ticket } = await ask<{ ticket: string }>(request, reply, {
      ...{ method: 'POST', path: '/sessions/links', token: token.trim() },
    });
    return beginSession(ask, request, reply, { ticket });
  };

/** By which of what there is to sign in by. */
const wayOf = ({ user, password, code, token, link }: SignIn): 'password' | 'token' | 'link' => {
  const isNamed = user !== undefined || password !== undefined || code !== undefined;
  const ways = [isNamed, token !== undefined, link !== undefined];
  const isWhole = !isNamed || (user !== undefined && password !== undefined);
  if (isWhole && ways.filter(Boolean).length === 1)
    return isNamed ? 'password' : token === undefined ? 'link' : 'token';
  const one = 'user and password, with a code if asked; or a token; or the ticket of a link';
  throw new ApiError('invalid-request', `give one of: ${one}`);
};
