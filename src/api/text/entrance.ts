/** Signing in and out. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { SessionBody } from '../../contract/users.ts';
import { signInPage } from '../../web/text/sign-in.ts';
import type { SignIn } from '../../web/text/sign-in.ts';
import { mustBeOfOurs } from '../origin.ts';
import { RefusedError } from '../own-requests.ts';
import type { AskApi } from '../own-requests.ts';
import { beginSession, checkToken, endSession } from '../sign-in.ts';
import { ownPage } from './back.ts';
import { dropToken, keepToken, tokenOf } from './cookie.ts';
import { sendPage } from './headers.ts';

const open = { config: { access: 'public' } } as const;

export const entrance = (scope: FastifyInstance, ask: AskApi): void => {
  scope.get('/sign-in', open, (request, reply) => {
    const { searchParams } = new URL(request.url, 'http://page.invalid');
    const back = searchParams.get('back');
    return sendPage(reply, 200, signInPage({ back: ownPage(back), isSent: back !== null }));
  });

  scope.post('/sign-in', open, async (request, reply) => {
    mustBeOfOurs(request);
    const form = formOf(request);
    const back = ownPage(form.get('back'));
    try {
      const token = form.get('token')?.trim();
      if (token) await checkToken(ask, request, reply, token);
      const kept = token || (await beginSession(ask, request, reply, shownOn(form)));
      keepToken(request, reply, kept);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      return again(reply, error, { back, user: form.get('user') ?? '', isSent: false });
    }
    return reply.code(303).header('location', back).send();
  });

  scope.post('/sign-out', open, async (request, reply) => {
    mustBeOfOurs(request);
    const token = tokenOf(request);
    dropToken(request, reply);
    if (token !== undefined) await endSession(ask, request, reply, token);
    return reply.code(303).header('location', 'sign-in').send();
  });
};

const formOf = ({ body }: FastifyRequest): URLSearchParams =>
  body instanceof URLSearchParams ? body : new URLSearchParams();

/** The form again, with why. What was given as secret is not given back. */
const again = (reply: FastifyReply, refused: RefusedError, page: SignIn): FastifyReply => {
  if (refused.retryAfter !== undefined) reply.header('retry-after', refused.retryAfter);
  return sendPage(reply, refused.problem.status, signInPage({ ...page, refused }));
};

/** What people know and have, as the form says it. */
const shownOn = (form: URLSearchParams): SessionBody => {
  const code = form.get('code')?.trim();
  return {
    user: form.get('user')?.trim() ?? '',
    password: form.get('password') ?? '',
    ...(code ? { code } : {}),
  };
};
