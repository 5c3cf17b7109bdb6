/** Signing in and out. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { signInPage } from '../../web/text/sign-in.ts';
import type { SignIn } from '../../web/text/sign-in.ts';
import { ApiError } from '../errors.ts';
import { RefusedError } from './api.ts';
import type { AskApi } from './api.ts';
import { ownPage } from './back.ts';
import { dropToken, keepToken, tokenOf, tokenPattern } from './cookie.ts';
import { sendPage } from './headers.ts';
import { mustBeOfOurs } from './origin.ts';

const open = { config: { access: 'public' } } as const;

/** Whose tokens are no people's. */
const machines: readonly string[] = ['agent', 'process', 'retired'];

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
      keepToken(
        request,
        reply,
        token ? await checked(ask, request, reply, token) : await begun(ask, request, reply, form),
      );
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
    if (token !== undefined) await ended(ask, request, reply, token);
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

/** A token that was given, if it is one of people. */
const checked = async (
  ask: AskApi,
  request: FastifyRequest,
  reply: FastifyReply,
  token: string,
): Promise<string> => {
  // What is no token at all is refused as others are, at their pace.
  const shown = tokenPattern.test(token) ? token : 'none';
  const path = '/whoami';
  const { role } = await ask<{ role: string }>(request, reply, {
    method: 'GET',
    path,
    token: shown,
  });
  if (machines.includes(role)) {
    const { details } = new ApiError(
      'forbidden',
      `the token has the role ${role}, which is no person's`,
    );
    throw new RefusedError(details, undefined);
  }
  return token;
};

/** A session by what people know and have. */
const begun = async (
  ask: AskApi,
  request: FastifyRequest,
  reply: FastifyReply,
  form: URLSearchParams,
): Promise<string> => {
  const code = form.get('code')?.trim();
  const body = {
    user: form.get('user')?.trim() ?? '',
    password: form.get('password') ?? '',
    ...(code ? { code } : {}),
  };
  const asking = { method: 'POST', path: '/sessions', body } as const;
  return (await ask<{ token: string }>(request, reply, asking)).token;
};

/** A session ends; a token that lasts is only forgotten here, and so is what has ended already. */
const ended = async (
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
