/** The HTTP server of an OBM daemon. The caller listens; closing it does not close the daemon. */

import { randomUUID } from 'node:crypto';
import websocket from '@fastify/websocket';
import fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { consoleMessageBytesMax } from '../../contract/console-protocol.ts';
import { Paces } from '../paces.ts';
import { systemRandom } from '../time.ts';
import type { Time } from '../time.ts';
import { bodyBytesMax, takeBodies } from './bodies.ts';
import { Callers } from './callers.ts';
import type { ApiParts } from './callers.ts';
import { consolePath, registerConsole } from './console.ts';
import { registerConsoleLog } from './console-log.ts';
import { registerEvents } from './event-feed.ts';
import { knocksPace } from './knocks.ts';
import { registerObserved } from './observed.ts';
import { Origins } from './origins.ts';
import { nothingHere, refusalOf, sendRefusal } from './refusals.ts';
import { registerV1 } from './v1.ts';
import { registerV2 } from './v2.ts';

export interface ServerOptions extends Omit<ApiParts, 'knocks'> {
  readonly logger: FastifyBaseLogger;
  readonly time: Time;
  /** Of pages that may open consoles beside the daemon's own. */
  readonly origins?: readonly string[];
  /** PEM certificate chain and key; absent: plain HTTP. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
}

/** At a time; a further one is closed. */
const connectionsMax = 10_000;

export const createObmServer = async (options: ServerOptions): Promise<FastifyInstance> => {
  const app = fastify({
    loggerInstance: options.logger,
    ...(options.tls ? { https: options.tls } : {}),
    bodyLimit: bodyBytesMax,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    // URLs of obmd carry tokens: none is logged.
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: (logger) => logger,
    forceCloseConnections: 'idle',
    requestTimeout: 120_000,
    connectionTimeout: 0,
    routerOptions: { maxParamLength: 512 },
    // Bodies are checked by who takes them; what the framework has of its own for this is not even loaded.
    schemaController: {
      compilersFactory: {
        buildValidator: () => (() => () => true) as never,
        buildSerializer: () => () => JSON.stringify,
      },
    },
  }) as FastifyInstance;
  app.server.maxConnections = connectionsMax;
  takeBodies(app);
  app.addHook('onSend', (_request, reply, _payload, done) => {
    reply.headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    done();
  });
  app.setErrorHandler((error, request, reply) => {
    const refusal = refusalOf(error);
    if (refusal.code === 'internal')
      request.log.error({ err: error, request: request.id }, 'a request failed');
    return sendRefusal(reply, refusal);
  });
  app.setNotFoundHandler((_request, reply) => sendRefusal(reply, nothingHere()));
  const { obmd } = options;
  const callers = new Callers({ ...options, knocks: new Paces(options.time, knocksPace) });
  // Before the hook of the WebSockets, which says nothing to whom it closes.
  app.addHook('preClose', (done) => {
    obmd.consoles.endViewers();
    done();
  });
  await app.register(websocket, {
    options: { maxPayload: consoleMessageBytesMax },
    // What a viewer does wrong is his business.
    errorHandler: (_error, socket) => socket.terminate(),
  });
  app.addHook('onRequest', async (request) => {
    if (request.ws && request.routeOptions.url !== consolePath) throw nothingHere();
  });
  registerV1(app, obmd, callers);
  registerV2(app, obmd, callers);
  const { time } = options;
  registerObserved(app, { obmd, callers, random: systemRandom });
  registerEvents(app, { journal: obmd.journal, callers, time });
  registerConsoleLog(app, { obmd, callers, time });
  registerConsole(app, { obmd, callers, time, origins: new Origins(options.origins ?? []) });
  app.get('/healthz', async (_request, reply) => reply.send());
  return app;
};
