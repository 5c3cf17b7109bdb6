/**
 * Consoles of machines for the page in the browser. A browser speaks to the station alone: the policy of the page, the
 * authorities that it knows and the networks that it reaches let it speak to no OBM daemon. So the station hands on what
 * the daemon says to whoever shows a ticket of it, and lets nobody in by itself (docs/consoles.md).
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { openObmd } from '../../station/obm/request.ts';
import type { ObmdStream } from '../../station/obm/request.ts';
import type { Station } from '../../station/station.ts';
import { consolePaths } from '../../web/page-paths.ts';
import { abandonment, principalOf } from '../asker.ts';
import { mustBeAllowed } from '../auth.ts';
import { ApiError } from '../errors.ts';
import { asked, mustHaveObm } from '../obm-answers.ts';
import { isOfOurs } from '../origin.ts';
import { ConsoleRelay } from './console-relay.ts';

interface OfConsole {
  Params: { fqdn: string };
  Querystring: Readonly<Record<string, unknown>>;
}
type Request = FastifyRequest<OfConsole>;

/** What of the query the daemon is told; it says itself what is wrong with it. */
const ofSocket = ['ticket', 'mode', 'from', 'back', 'slow'] as const;
const ofLog = [
  ...(['ticket', 'since', 'until', 'cursor', 'back', 'limit', 'format'] as const),
  ...(['grep', 'ignore_case'] as const),
] as const;

/** Consoles and logs that one principal looks at, and all do. */
const ofOneMax = 32;
const inAllMax = 1_024;
/** How long a daemon may take to begin with a log, ms. */
const logMs = 20_000;

export const consolesOfPage = async (app: FastifyInstance, station: Station): Promise<void> => {
  const places = new Places();
  const relays = new Set<ConsoleRelay>();
  const config = { access: 'viewer', lent: 'machine' } as const;
  app.addHook('preClose', (done) => {
    for (const relay of relays) relay.stop();
    done();
  });
  const mustBeLetIn = async (request: FastifyRequest): Promise<void> => {
    // Who has no cookie is let in by a header, which no page of others can have sent; the cookie was looked at before.
    if (!isOfOurs(request))
      throw new ApiError('forbidden', 'pages of other origins may not open consoles');
    mustBeAllowed(station.graph, request);
    mustHaveObm(station.graph, (request as Request).params.fqdn);
  };
  const placeOf = (
    request: Request,
    names: readonly string[],
  ): Promise<{ readonly url: URL; readonly ca: string | undefined }> =>
    asked(request, async () => {
      const { url, ca } = station.obms.consoles.placeOf(request.params.fqdn);
      const wanted = new URL(url);
      for (const name of names) {
        const value = request.query[name];
        if (typeof value === 'string') wanted.searchParams.set(name, value);
      }
      if (!wanted.searchParams.has('ticket'))
        throw new ApiError('invalid-request', 'ticket: one is let in by that of a console', {
          field: 'ticket',
        });
      return { url: wanted, ca };
    });

  // Beneath the WebSockets' own scope, so that what is refused is refused before there is one.
  await app.register(async (scope) => {
    scope.get<OfConsole>(
      consolePaths.socket,
      { websocket: true, config: { ...config, pageSocket: true }, preHandler: mustBeLetIn },
      (page, request) => {
        // Nothing that he says is for anybody before the daemon is there.
        const relay = new ConsoleRelay(page, {
          time: station.time,
          full: places.take(principalOf(request)) ? undefined : tooMany,
          place: placeOf(request, ofSocket),
        });
        relays.add(relay);
        void relay.ended.then((hadPlace) => {
          relays.delete(relay);
          if (hadPlace) places.leave(principalOf(request));
        });
      },
    );

    scope.get<OfConsole>(
      consolePaths.log,
      { config, preHandler: mustBeLetIn, exposeHeadRoute: false },
      async (request, reply) => {
        const principal = principalOf(request);
        if (!places.take(principal)) throw new ApiError('too-many-requests', tooMany);
        try {
          const { url, ca } = await placeOf(request, ofLog);
          url.pathname += '/log';
          const stream = await asked(request, () =>
            openObmd({ time: station.time, ca }, url.origin, {
              ...{ method: 'GET', path: url.pathname + url.search, within: logMs },
              ...{ signal: abandonment(reply), accept: '*/*' },
            }),
          );
          return await handOn(stream, reply);
        } finally {
          places.leave(principal);
        }
      },
    );
  });
};

const tooMany = `at most ${ofOneMax} consoles and logs are looked at by one, and ${inAllMax} by all: close one`;

/** Resolves when all is handed on, or nobody waits for more. */
const handOn = async (stream: ObmdStream, reply: FastifyReply): Promise<FastifyReply> => {
  const { status, body, response } = stream;
  reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
  if (status !== 200) {
    const detail = (body as { detail?: unknown } | undefined)?.detail;
    const why = typeof detail === 'string' ? detail : `the OBM daemon answered ${status}`;
    if (status === 401) throw new ApiError('forbidden', 'the right to the log has ended');
    if (status === 429) throw new ApiError('too-many-requests', why);
    throw new ApiError(status === 400 ? 'invalid-request' : 'obmd-failed', why);
  }
  await reply.type(response.headers['content-type'] ?? 'text/plain').send(response);
  return reply;
};

/** How many each has. */
class Places {
  readonly #taken = new Map<string, number>();
  #inAll = 0;

  take(principal: string): boolean {
    const own = this.#taken.get(principal) ?? 0;
    if (own >= ofOneMax || this.#inAll >= inAllMax) return false;
    this.#taken.set(principal, own + 1);
    this.#inAll += 1;
    return true;
  }

  leave(principal: string): void {
    const left = (this.#taken.get(principal) ?? 1) - 1;
    if (left === 0) this.#taken.delete(principal);
    else this.#taken.set(principal, left);
    this.#inAll -= 1;
  }
}
