/** The station's HTTP server: routes, validation, errors, OpenAPI. */

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RequestListener, Server } from 'node:http';
import websocket from '@fastify/websocket';
import fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { agentMessageBytesMax } from '../contract/agent-protocol.ts';
import { SteadyWork } from '../station/fair-use/steady-work.ts';
import type { Station } from '../station/station.ts';
import { Admission } from './admission.ts';
import type { AdmissionPaces } from './admission.ts';
import { factsPace } from './agent-facts.ts';
import { agentSocket } from './agent-socket.ts';
import { authorise, credentialOf, noteUse } from './auth.ts';
import { bind } from './bind.ts';
import type { AnyHandler } from './bind.ts';
import { Connections, usualPatience } from './connections.ts';
import type { ConnectionsParts, Patience } from './connections.ts';
import { ApiError } from './errors.ts';
import { EventStreams } from './event-streams.ts';
import { FleetAnswers } from './fleet/fleet-answers.ts';
import { Freshness } from './fleet/freshness.ts';
import { FleetStreams } from './fleet/streams.ts';
import { takeExactJson } from './json-body.ts';
import { PassingOn } from './following/pass-on.ts';
import { methodsOf } from './methods.ts';
import { metricsOf } from './metrics/index.ts';
import { canonicalUri } from './seed-uris.ts';
import { LightPath } from './light-path.ts';
import { refuseDeep } from './nesting.ts';
import { Actions } from './actions.ts';
import { Campaigns } from './many/campaigns.ts';
import { OperationStreams } from './operation-streams.ts';
import { OutputStreams } from './output-streams.ts';
import { pageSessionRoutes } from './page-session/routes.ts';
import { AnsweredProblems } from './problems.ts';
import { ReportsOfHosts } from './reports-of-hosts.ts';
import { agentHandlers } from './routes/agents.ts';
import { checkHandlers } from './routes/checks.ts';
import { auditHandlers } from './routes/audit.ts';
import { clusterHandlers } from './routes/cluster.ts';
import { consoleHandlers } from './routes/consoles.ts';
import { eventHandlers } from './routes/events.ts';
import { grantHandlers } from './routes/grants.ts';
import { fleetHandlers } from './routes/fleet.ts';
import { groupHandlers } from './routes/groups.ts';
import { healthHandlers } from './routes/health.ts';
import { hostHandlers } from './routes/hosts.ts';
import { loadHandlers } from './routes/load.ts';
import { machineActionHandlers } from './routes/machine-actions.ts';
import { machineHistoryHandlers } from './routes/machine-history.ts';
import { maintenanceHandlers } from './routes/maintenance.ts';
import { measurementHandlers } from './routes/measurements.ts';
import { momentHandlers } from './routes/moments.ts';
import { nodeHandlers } from './routes/nodes.ts';
import { obmReadingHandlers } from './routes/obm-readings.ts';
import { obmHandlers } from './routes/obms.ts';
import { campaignHandlers } from './routes/campaigns.ts';
import { procedureHandlers } from './routes/procedures.ts';
import { operationHandlers } from './routes/operations.ts';
import { outputHandlers } from './routes/output.ts';
import { ownedHandlers } from './routes/owned.ts';
import { policyHandlers } from './routes/policy.ts';
import { processHandlers } from './routes/processes.ts';
import { roleHandlers } from './routes/roles.ts';
import { projectHandlers } from './routes/projects.ts';
import { rebootHandlers } from './routes/reboots.ts';
import { stationHandlers } from './routes/station.ts';
import { stationsHandlers } from './routes/stations.ts';
import { statusHandlers } from './routes/status.ts';
import { suggestionHandlers } from './routes/suggestions.ts';
import { tokenHandlers } from './routes/tokens.ts';
import { userHandlers } from './routes/users.ts';
import { varHandlers } from './routes/vars.ts';
import { consolesOfPage } from './page/consoles.ts';
import { browserPages } from './page/pages.ts';
import { admitUploads } from './uploads.ts';
import { textPages } from './text/pages.ts';
import { validatorCompiler } from './validation.ts';

export interface ServerOptions {
  readonly logger: FastifyBaseLogger;
  /** PEM certificate chain and key; absent: plain HTTP. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  /** PEM certificates of authorities that other stations are believed by, besides the system's. */
  readonly stationsCa?: string | undefined;
  /** How long connections are waited for; what is absent is as usual. */
  readonly patience?: Partial<Patience>;
  /** How many connections there may be; what is absent is as usual. */
  readonly connections?: ConnectionsParts;
  /** How fast whom is served; what is absent is as usual. */
  readonly paces?: Partial<AdmissionPaces>;
}

/** Bytes of a request body; loading facts may be larger. */
export const bodyBytesMax = 1024 * 1024;

export const version = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  }
).version;

/** Builds the server; the caller listens. Closing it does not close the station. */
export const createServer = async (
  station: Station,
  options: ServerOptions,
): Promise<FastifyInstance> => {
  const connections = new Connections(options.connections);
  const admission = new Admission(options.paces);
  const light = new LightPath(validatorCompiler);
  const passingOn = new PassingOn({ station, ca: options.stationsCa });
  const guards = { connections, admission, unknownTokens: passingOn.unknownTokens };
  const problems = new AnsweredProblems();
  const sendProblem = sender(problems);
  const app = fastify({
    loggerInstance: options.logger,
    ...(options.tls ? { https: options.tls } : {}),
    serverFactory: (handler) => {
      const server = newServer(light.listener(handler), options);
      connections.watch(server);
      return server;
    },
    bodyLimit: bodyBytesMax,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    // A logger a request costs more than most requests; what is logged of one names its id.
    childLoggerFactory: (logger) => logger,
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply),
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 512 },
    rewriteUrl: ({ url = '/' }) => canonicalUri(url),
    // Given here, what the framework has of its own for this is not even loaded: a third of its start.
    schemaController: {
      compilersFactory: {
        buildValidator: () => validatorCompiler as never,
        buildSerializer: () => () => JSON.stringify,
      },
    },
  }) as FastifyInstance;
  app.removeContentTypeParser('text/plain');
  const parse = takeExactJson(app);
  app.decorateRequest('credential', null);
  app.decorateRequest('askedAt', 0);
  onErrors(app, sendProblem);

  await app.register(websocket, { options: { maxPayload: agentMessageBytesMax, autoPong: false } });
  // After the hook of the WebSockets, which closes the connection of an upgrade that is refused.
  app.addHook('onRequest', authorise(station, guards));
  app.addHook('onRequest', passingOn.hook);
  passingOn.sayRevision(app);
  app.addHook('onRequest', admitUploads());
  app.addHook('preValidation', refuseDeep);

  const facts = new SteadyWork(factsPace, station.time);
  const streams = new EventStreams(station);
  const operations = new OperationStreams(station.log, streams.share);
  const fleetStreams = new FleetStreams(station, streams.share);
  const outputs = new OutputStreams(station.log);
  app.addHook('preClose', (done) => {
    light.close();
    passingOn.close();
    streams.close();
    outputs.close();
    fleetStreams.close();
    operations.close();
    facts.close();
    station.operations.release();
    done();
  });
  const metrics = metricsOf(station, {
    ...{ version, connections, streams, problems },
    head: () => station.head,
    certificate: options.tls?.cert,
  });
  const actions = new Actions(station);
  const freshness = new Freshness(station);
  const obms = obmHandlers(station, actions);
  const reboots = rebootHandlers(station, actions);
  await app.register(async (scope) => {
    bind(scope, station, light, {
      ...agentHandlers(station),
      ...auditHandlers(station),
      ...clusterHandlers(station, actions),
      ...consoleHandlers(station),
      ...eventHandlers(station, streams),
      ...grantHandlers(station),
      ...checkHandlers(station),
      ...fleetHandlers(station, new FleetAnswers(station, freshness), fleetStreams, freshness),
      ...campaignHandlers(station, new Campaigns(station, actions)),
      ...groupHandlers(station),
      ...healthHandlers(station, metrics),
      ...hostHandlers(
        station,
        actions,
        facts,
        new ReportsOfHosts(station, options.paces?.reportedHosts),
      ),
      ...loadHandlers(station),
      ...machineActionHandlers(station, {
        reboot: reboots.rebootHost as AnyHandler,
        power: obms.powerObm as AnyHandler,
      }),
      ...machineHistoryHandlers(station),
      ...measurementHandlers(station),
      ...momentHandlers(station),
      ...maintenanceHandlers(station),
      ...nodeHandlers(station, actions),
      ...obms,
      ...procedureHandlers(station, actions),
      ...operationHandlers(station, actions, operations),
      ...obmReadingHandlers(station, actions),
      ...outputHandlers(station, outputs),
      ...ownedHandlers(station),
      ...policyHandlers(station),
      ...processHandlers(station, actions),
      ...roleHandlers(station),
      ...projectHandlers(station),
      ...reboots,
      ...stationHandlers(station, streams, version),
      ...stationsHandlers(station),
      ...statusHandlers(station),
      ...suggestionHandlers(station),
      ...tokenHandlers(station),
      ...userHandlers(station, admission),
      ...varHandlers(station),
    });
    agentSocket(scope, { station, version, facts });
  });
  await pageSessionRoutes(app, station, passingOn.unknownTokens);
  await textPages(app, { station, ...guards, problems });
  browserPages(app);
  await consolesOfPage(app, station);
  light.open({
    isOpen: () => !passingOn.isFollowing,
    authenticate: (request) => {
      const credential = credentialOf(station, request.headers.authorization);
      if (credential) noteUse(station, credential, request);
      return credential;
    },
    graph: () => station.graph,
    connections,
    admission,
    parse,
    problemOf: problems.answerTo,
    log: app.log,
  });
  return app;
};

/** A server that waits for nobody for ever. */
const newServer = (handler: RequestListener, { tls, patience }: ServerOptions): Server => {
  const { headersMs, requestMs, handshakeMs, idleMs, lookMs } = { ...usualPatience, ...patience };
  const limits = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: lookMs,
  };
  // Not imported: that would load all of `fetch` too, 40 ms of every start.
  if (!tls) return process.getBuiltinModule('node:http').createServer(limits, handler);
  const secure = { ...tls, ...limits, handshakeTimeout: handshakeMs };
  return process.getBuiltinModule('node:https').createServer(secure, handler);
};

type SendProblem = (error: Error, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

const sender =
  (problems: AnsweredProblems): SendProblem =>
  (error, request, reply) => {
    const problem = problems.answerTo(error, request);
    if (!problem) return reply.hijack();
    return reply.code(problem.status).headers(problem.headers).send(problem.body);
  };

const onErrors = (app: FastifyInstance, sendProblem: SendProblem): void => {
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]!;
    const methods = methodsOf(path);
    const why = `there is no ${request.method} ${path}`;
    if (methods.length === 0) return sendProblem(new ApiError('not-found', why), request, reply);
    reply.header('allow', methods.join(', '));
    const others = `${why}; there is ${methods.join(', ')}`;
    return sendProblem(new ApiError('method-not-allowed', others), request, reply);
  });
};
