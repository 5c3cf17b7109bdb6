/** Who comes in by the page, and with what session. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SignIn } from '../../contract/page-session.ts';
import type { CredentialRow } from '../../core/graph/rows/credentials.ts';
import type { Station } from '../../station/station.ts';
import type { Admission } from '../admission.ts';
import { ApiError } from '../errors.ts';
import type { AskApi } from '../own-requests.ts';
import { orRefused } from '../routes/users.ts';
import { beginSession, checkToken } from '../sign-in.ts';

export interface PageSessionParts {
  readonly station: Station;
  readonly admission: Admission;
}

/** @returns the token of the session that was begun or opened; no other is ever given to a browser */
export type Enter = (
  request: FastifyRequest,
  reply: FastifyReply,
  shown: SignIn,
) => Promise<string>;

export const enterBy = (ask: AskApi, { station, admission }: PageSessionParts): Enter => {
  const openBy = (request: FastifyRequest, by: CredentialRow): Promise<string> => {
    admission.mustOpenSlowly(by);
    const sender = { actor: `token:${by.id}`, correlation: request.id };
    return orRefused(station.users.open(by, sender));
  };

  const byLink = async (request: FastifyRequest, ticket: string): Promise<string> => {
    const by = station.users.takeLink(ticket.trim());
    if (by && station.access.accepts(by)) return openBy(request, by);
    const why = 'the link is good no more: it was used, is older than ten minutes, or is none';
    const refused = new ApiError('login-refused', why);
    return new Promise((_resolve, reject) =>
      admission.refuseStranger(request, (error) => reject(error!), refused),
    );
  };

  return async (request, reply, shown) => {
    const [way, { token = '', link = '' }] = [wayOf(shown), shown];
    if (way === 'link') return byLink(request, link);
    if (way === 'password') {
      const { user = '', password = '', code } = shown;
      const body = { user, password, ...(code === undefined ? {} : { code }) };
      return beginSession(ask, request, reply, body);
    }
    await checkToken(ask, request, reply, token.trim());
    const by = station.access.authenticate(token.trim());
    if (by) return openBy(request, by);
    throw new ApiError('unauthenticated', 'the token was revoked just now');
  };
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
