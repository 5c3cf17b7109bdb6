/**
 * The web page without JavaScript, for any browser: `/text`. All links are relative, so that a proxy may put it anywhere.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ProblemDetails } from '../../contract/problem.ts';
import type { CredentialRow } from '../../core/graph/rows/credentials.ts';
import type { Station } from '../../station/station.ts';
import { refusalPage } from '../../web/text/refusal.ts';
import type { Refused } from '../../web/text/refusal.ts';
import { style } from '../../web/text/style.ts';
import type { Guards } from '../auth.ts';
import { ApiError } from '../errors.ts';
import { apiOf, RefusedError } from '../own-requests.ts';
import type { AnsweredProblems } from '../problems.ts';
import { pageOf, upFrom } from './back.ts';
import { tokenOf } from './cookie.ts';
import { entrance } from './entrance.ts';
import { pageHeaders, sendPage } from './headers.ts';
import { readerOf, showFleet, showMachine } from './shown.ts';

export interface TextParts extends Guards {
  readonly station: Station;
  readonly problems: AnsweredProblems;
}

/** Bytes of a form: a sign-in with everything at its longest, as forms encode it. */
export const formBytesMax = 16_384;

export const textPages = async (app: FastifyInstance, parts: TextParts): Promise<void> => {
  const ask = apiOf(app);
  await app.register(
    async (scope) => {
      scope.addHook('onRequest', (_request, reply, done) => {
        reply.headers(pageHeaders);
        done();
      });
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser<string>(
        'application/x-www-form-urlencoded',
        { parseAs: 'string', bodyLimit: formBytesMax },
        (_request, body, done) => done(null, new URLSearchParams(body)),
      );
      onRefusals(scope, parts);
      const open = { config: { access: 'public' } } as const;
      scope.get('/', open, (request, reply) =>
        reply
          .code(303)
          .header('location', `${upFrom(request.url)}fleet`)
          .send(),
      );
      scope.get('/style.css', open, (_request, reply) =>
        reply.header('cache-control', 'max-age=3600').type('text/css; charset=utf-8').send(style),
      );
      entrance(scope, ask);
      await scope.register(async (inside) => {
        inside.addHook('onRequest', letIn(parts));
        inside.get('/fleet', open, showFleet(ask));
        inside.get('/machines/:fqdn', open, showMachine(ask));
      });
    },
    { prefix: '/text' },
  );
};

/** Lets in whoever shows the cookie of one who has signed in; others are slow, few, and sent to sign in. */
const letIn =
  ({ station, connections, admission, unknownTokens }: TextParts) =>
  (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    const refuse = (error: Error): void => admission.refuseStranger(request, done, error);
    const judge = (): void => {
      const credential = readBy(request, station);
      if (!credential)
        return refuse(
          new ApiError('unauthenticated', 'nobody has signed in, or the session has ended'),
        );
      request.credential = credential;
      // Its pace is counted where the API is asked.
      if (connections.prove(request.raw.socket, credential)) return done();
      const why = `the token ${credential.id} has as many connections as it may have; close one first`;
      admission.refuseLater(request, done, why);
    };
    const token = tokenOf(request);
    const isUnknown = token !== undefined && !station.access.authenticate(token);
    if (!isUnknown || !unknownTokens.mayBeKnown(token)) return judge();
    unknownTokens.findOut(token, request).then(judge, refuse);
  };

/** Refusals are pages, too; who has not signed in is sent there, and back afterwards. */
const onRefusals = (scope: FastifyInstance, { station, problems }: TextParts): void => {
  scope.setErrorHandler((error: Error, request, reply) => {
    const refused = error instanceof RefusedError ? error : refusedBy(problems, error, request);
    if (!refused) return reply.hijack();
    return sendRefusal(refused, request, reply, station);
  });
  scope.setNotFoundHandler((request, reply) => {
    const why = new ApiError('not-found', `there is no page ${request.method} ${request.url}`);
    return sendRefusal(refusedBy(problems, why, request)!, request, reply, station);
  });
};

/** Null: nobody waits for an answer. */
const refusedBy = (
  problems: AnsweredProblems,
  error: Error,
  request: FastifyRequest,
): Refused | null => {
  const problem = problems.answerTo(error, request);
  return (
    problem && {
      problem: JSON.parse(problem.body) as ProblemDetails,
      retryAfter: problem.headers['retry-after'],
    }
  );
};

const sendRefusal = (
  refused: Refused,
  request: FastifyRequest,
  reply: FastifyReply,
  station: Station,
): FastifyReply => {
  const { problem, retryAfter } = refused;
  const up = upFrom(request.url);
  // Whatever refused may have come before the headers of the pages.
  reply.headers(pageHeaders);
  if (problem.code === 'unauthenticated') {
    const back = encodeURIComponent(pageOf(request.url));
    return reply.code(303).header('location', `${up}sign-in?back=${back}`).send();
  }
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  const credential = request.credential ?? readBy(request, station);
  const reader = credential && readerOf(credential);
  return sendPage(reply, problem.status, refusalPage(refused, up, reader ?? null));
};

const readBy = (request: FastifyRequest, station: Station): CredentialRow | undefined => {
  const token = tokenOf(request);
  return token === undefined ? undefined : station.access.authenticate(token);
};
