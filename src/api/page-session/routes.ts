/** Signing in and out by the page, at the address that `contract/page-session.ts` says. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { pageSession, SignIn } from '../../contract/page-session.ts';
import type { Station } from '../../station/station.ts';
import { noteUse } from '../auth.ts';
import { dropToken, keepToken, tokenIn, tokensIn } from '../cookies.ts';
import { ApiError } from '../errors.ts';
import { isOfOurs } from '../origin.ts';
import type { UnknownTokens } from '../following/unknown-tokens.ts';
import { apiOf, RefusedError } from '../own-requests.ts';
import { endSession } from '../sign-in.ts';
import { tokenView } from '../views/tokens.ts';
import { cookieName, isOfPage } from './cookie.ts';
import { enterBy } from './entrance.ts';

/** Bytes of what is shown to sign in. */
export const signInBytesMax = 16_384;

/** Of as many cookies the sessions are ended at once. */
const cookiesMax = 4;

export const pageSessionRoutes = async (
  app: FastifyInstance,
  station: Station,
  unknownTokens: UnknownTokens,
): Promise<void> => {
  const ask = apiOf(app);
  const enter = enterBy(ask);
  const { path } = pageSession;
  const name = cookieName(station.access.mark);
  const open = { config: { access: 'public' }, onRequest: mustBeOfPage } as const;

  /** The station that leads has begun the session; this one may not have heard of it yet. */
  const heardOf = async (request: FastifyRequest, reply: FastifyReply, token: string) => {
    const { access } = station;
    const credential = access.authenticate(token);
    if (credential || !unknownTokens.mayBeKnown(token)) return credential;
    try {
      await unknownTokens.findOut(token, request);
    } catch (error) {
      // It has begun all the same, and nobody else has it: it is there for the next request.
      keepToken(request, reply, name, token);
      throw error;
    }
    return access.authenticate(token);
  };

  await app.register(async (scope) => {
    scope.addHook('onRequest', async (_request, reply) => {
      reply.header('cache-control', 'no-store');
    });

    scope.post<{ Body: SignIn }>(
      path,
      { ...open, bodyLimit: signInBytesMax, schema: { body: SignIn } },
      async (request, reply) => {
        try {
          const token = await enter(request, reply, request.body);
          const credential = await heardOf(request, reply, token);
          if (!credential) throw new ApiError('unauthenticated', 'the session was ended just now');
          noteUse(station, credential, request.raw);
          const before = tokenIn(request, name);
          keepToken(request, reply, name, token);
          // The browser has one session: that which it had before would go on, and nobody could end it.
          if (before !== undefined && station.access.authenticate(before)?.id !== credential.opener)
            await endSession(ask, request, reply, before);
          return tokenView(station.graph, credential);
        } catch (error) {
          return sendRefused(error, reply);
        }
      },
    );

    scope.get(path, { config: { access: 'any' } }, (request) =>
      tokenView(station.graph, request.credential!),
    );

    scope.delete(path, open, async (request, reply) => {
      dropToken(request, reply, name);
      try {
        // There are several where the same station is reached by several addresses of one host.
        for (const token of tokensIn(request, name).slice(0, cookiesMax))
          await endSession(ask, request, reply, token);
      } catch (error) {
        return sendRefused(error, reply);
      }
      return reply.code(204).send();
    });
  });
};

/** Whoever makes a browser come and go has to be the page itself. */
const mustBeOfPage = async (request: FastifyRequest): Promise<void> => {
  if (!isOfPage(request))
    throw new ApiError('forbidden', 'this is for the page: send the header Halcyon-Page: 1');
  if (!isOfOurs(request))
    throw new ApiError('forbidden', 'the request was sent from a page of another origin');
};

/** What the API refused is refused here, in its words. */
const sendRefused = (error: unknown, reply: FastifyReply): FastifyReply => {
  if (!(error instanceof RefusedError)) throw error;
  const { problem, retryAfter } = error;
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  return reply
    .code(problem.status)
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem));
};
