/** Binds the station's handlers to the endpoints of the contract. */

import type {
  FastifyContextConfig,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  preValidationHookHandler,
  RouteOptions,
} from 'fastify';
import { Type } from 'typebox';
import { endpoints } from '../contract/catalogue.ts';
import type { Endpoints } from '../contract/catalogue.ts';
import type {
  BodyOf,
  Endpoint,
  EndpointsOf,
  ParamsOf,
  PlanOf,
  QueryOf,
  ReplyOf,
} from '../contract/endpoint.ts';
import { strict } from '../contract/values.ts';
import type { Station } from '../station/station.ts';
import { Arrivals } from './arrivals.ts';
import { isMember, mustBeAllowed } from './auth.ts';
import type { LightPath } from './light-path.ts';

type Request<E extends Endpoint> = FastifyRequest<{
  Params: ParamsOf<E>;
  Querystring: QueryOf<E>;
  Body: BodyOf<E>;
}>;
/** A `FastifyReply` where it is sent otherwise than as one piece of JSON. */
type Answer<E extends Endpoint> = ReplyOf<E> | PlanOf<E> | FastifyReply;

export type Handler<E extends Endpoint> = (
  request: Request<E>,
  reply: FastifyReply,
) => Answer<E> | Promise<Answer<E>>;

/** A handler for each endpoint in a file of the contract, or in all, by its name. */
export type Handlers<M> = {
  readonly [N in keyof EndpointsOf<M>]: Handler<EndpointsOf<M>[N]>;
};

export type AnyHandler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** What comes by the thousand: reports of hosts and processes, and configurations of ephemeral clients. */
const hot: readonly string[] = ['reportFacts', 'reportState', 'leaseProcess', 'getConfiguration'];

/** Serves the whole contract, and some of it on a short way, too. */
export const bind = (
  app: FastifyInstance,
  station: Station,
  light: LightPath,
  handlers: Handlers<Endpoints>,
): void => {
  const arrivals = new Arrivals(station);
  for (const [name, endpoint] of Object.entries<Endpoint>(endpoints)) {
    const made = handlers[name as keyof Endpoints] as AnyHandler;
    const handler = awaiting(endpoint, arrivals, guarded(endpoint, station, made));
    app.route(routeOf(endpoint, handler));
    if (hot.includes(name)) light.add(endpoint, configOf(endpoint), handler);
  }
};

const configOf = ({ access, lent, repeat, answeredBy }: Endpoint): FastifyContextConfig => ({
  access,
  answeredBy,
  ...(lent ? { lent } : {}),
  ...(repeat === 'as-it-is' ? { idempotent: true } : {}),
});

const routeOf = (endpoint: Endpoint, handler: AnyHandler): RouteOptions => {
  const { method, path, bodyBytesMax, bodyOptional } = endpoint;
  return {
    method,
    url: path,
    config: configOf(endpoint),
    ...(bodyBytesMax === undefined ? {} : { bodyLimit: bodyBytesMax }),
    ...(bodyOptional ? { preValidation: withBody } : {}),
    ...(endpoint.stream ? { exposeHeadRoute: false } : {}),
    schema: { ...schemasOf(endpoint) },
    handler,
  };
};

/** Of what a request says; the same ones for every server of this process, which share what is compiled of them. */
const schemasOf = (endpoint: Endpoint): FastifySchema => {
  const { params, query, headers, body } = endpoint;
  const isEmpty = (properties: object): boolean => Object.keys(properties).length === 0;
  // Who asks of a moment, and is answered of another one, does not notice it.
  const isStrict = endpoint.kind === 'ask' && !endpoint.bare;
  const schemas = known.get(endpoint) ?? {
    ...(isEmpty(params) ? {} : { params: Type.Object(params) }),
    ...(isEmpty(query) && !isStrict ? {} : { querystring: Type.Object(query, strict) }),
    ...(isEmpty(headers) ? {} : { headers: Type.Object(headers) }),
    ...(body ? { body } : {}),
  };
  known.set(endpoint, schemas);
  return schemas;
};

const known = new WeakMap<Endpoint, FastifySchema>();

/** A body that was left out is empty. */
const withBody: preValidationHookHandler = (request, _reply, done) => {
  request.body ??= {};
  done();
};

/** Waits for what the answer is to show, before anything is looked at. */
const awaiting = ({ query }: Endpoint, arrivals: Arrivals, handler: AnyHandler): AnyHandler => {
  if (!('at_least' in query)) return handler;
  return (request, reply) => {
    const arrival = arrivals.of(request, reply);
    return arrival ? arrival.then(() => handler(request, reply)) : handler(request, reply);
  };
};

/**
 * What the token of a process or a member may do depends on what the request names, which is known to be right by then.
 * Reads see to it themselves: they know of which moment.
 */
const guarded = ({ kind, lent }: Endpoint, station: Station, handler: AnyHandler): AnyHandler => {
  return (request, reply) => {
    const isSeenTo =
      lent === 'each' || (isMember(request) && (lent === 'shown' || kind === 'read'));
    if (!isSeenTo) mustBeAllowed(station.graph, request);
    return handler(request, reply);
  };
};
