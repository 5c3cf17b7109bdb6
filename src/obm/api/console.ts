/** Consoles under `/v2`: who is given a right to one, and looks. */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { ConnectionWish } from '../access/connections.ts';
import type { Ticket } from '../access/tickets.ts';
import type { Connection } from '../catalogue/connections.ts';
import { consoleModes } from '../catalogue/events.ts';
import type { ConsoleMode } from '../catalogue/events.ts';
import { connectionsMax } from '../gate.ts';
import type { Obmd } from '../obmd.ts';
import { nullable, oneOf } from '../schema.ts';
import type { Time } from '../time.ts';
import { fitting } from './bodies.ts';
import type { Callers, OfObm } from './callers.ts';
import { ConsoleSocket } from './console-socket.ts';
import { streamConsole } from './console-stream.ts';
import { viewOfQuery } from './console-view.ts';
import type { ConsoleView } from './console-view.ts';
import type { Origins } from './origins.ts';
import { Refusal } from './refusals.ts';

/** Where a console is seen. */
export const consolePath = '/v2/obms/:label/console';

interface OfConnection extends OfObm {
  Params: { label: string; id: string };
}

const connectionBody = Compile(
  Type.Object(
    {
      mode: Type.Optional(oneOf(consoleModes)),
      port: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: connectionsMax }))),
      /** Seconds. */
      lasts: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
      uses: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
      for: Type.Optional(Type.String({ pattern: '^[\\x21-\\x7e][\\x20-\\x7e]{0,127}$' })),
    },
    { additionalProperties: false },
  ),
);

interface ConnectionBody {
  readonly mode?: ConsoleMode;
  readonly port?: number | null;
  readonly lasts?: number;
  readonly uses?: number;
  readonly for?: string;
}

/** What a connection is unless said otherwise: Nova's ten minutes, once, to read. */
const usual = { mode: 'read-only', lasts: 600, uses: 1 } as const;

const wishOf = (body: ConnectionBody): ConnectionWish => {
  const { mode, lasts, uses } = { ...usual, ...body };
  return { mode, uses, port: body.port ?? null, lastsMs: lasts * 1000, holder: body.for ?? null };
};

export interface ConsoleParts {
  readonly obmd: Obmd;
  readonly callers: Callers;
  readonly origins: Origins;
  readonly time: Time;
}

type Visitor = ReturnType<Callers['viewer']> & { readonly view: ConsoleView };

export const registerConsole = (app: FastifyInstance, parts: ConsoleParts): void => {
  const { obmd, callers } = parts;
  const visitors = new WeakMap<FastifyRequest, Visitor>();
  const { connections, tickets } = obmd.access;
  const mustHaveConsole = (label: string): void => {
    if (!obmd.machine(label).hasConsole)
      throw new Refusal(409, 'unsupported', `the OBM of ${label} has no console`);
  };
  const listed = (connection: Connection): object => ({
    ...connectionView(connection),
    reading: obmd.consoles.readersBy(connection.label, connection.id),
  });
  app.post<OfObm>(`${consolePath}/connections`, async (request, reply) => {
    const { label, asker, pass } = callers.either(request);
    const wish = wishOf(fitting(connectionBody, request.body ?? '{}') as ConnectionBody);
    mustHaveConsole(label);
    const { connection, token, ticket } = await connections.make(label, wish, asker, pass);
    const made = { ...connectionView(connection), token, ...ticketView(label, ticket) };
    return reply.code(201).type('application/json').send(JSON.stringify(made));
  });

  app.get<OfObm>(`${consolePath}/connections`, async (request, reply) => {
    const { label } = callers.either(request);
    obmd.machine(label);
    const views = connections.list(label).map(listed);
    return reply.type('application/json').send(JSON.stringify({ connections: views }));
  });

  app.get('/v2/console-connections', async (request, reply) => {
    callers.mustBeAdmin(request);
    const views = connections.listAll().map(listed);
    return reply.type('application/json').send(JSON.stringify({ connections: views }));
  });

  app.delete<OfConnection>(`${consolePath}/connections/:id`, async (request, reply) => {
    const { label, asker } = callers.either(request);
    await connections.revoke(label, request.params.id, asker);
    return reply.code(204).send();
  });

  app.post<OfObm>(`${consolePath}/tickets`, async (request, reply) => {
    if (request.query['ticket'] !== undefined)
      throw new Refusal(400, 'invalid-request', 'no ticket is given for a ticket', 'ticket');
    const { label, right } = callers.viewer(request);
    const view = ticketView(label, tickets.issue(right));
    return reply.code(201).type('application/json').send(JSON.stringify(view));
  });

  app.route<OfObm>({
    method: 'GET',
    url: consolePath,
    // Whoever is refused is refused before there is a WebSocket.
    preHandler: async (request) => {
      if (request.ws && !parts.origins.allows(request))
        throw new Refusal(403, 'forbidden', 'pages of this origin may not open consoles');
      const view = viewOfQuery(request.query);
      const visitor = callers.viewer(request);
      mustHaveConsole(visitor.label);
      if (request.ws) connections.mustBeFree(visitor.right.pass);
      visitors.set(request, { ...visitor, view });
    },
    handler: async (request, reply) => {
      const { right, asker, view } = visitors.get(request)!;
      await streamConsole(obmd, right, asker, request, reply, view);
    },
    wsHandler: (socket, request) => {
      const { right, asker, view } = visitors.get(request)!;
      new ConsoleSocket(socket, request, { obmd, time: parts.time, right, asker, view });
    },
  });
};

/** Times in ms since the epoch. The hash of its token is nobody's business. */
const connectionView = ({ hash: _, viewing, ...connection }: Connection): object => ({
  ...connection,
  connected: viewing && {
    ...{ principal: viewing.principal, source: viewing.source, since: viewing.since },
  },
});

/** The path is the one that the console is seen by, once. */
const ticketView = (label: string, { ticket, expires }: Ticket): object => ({
  path: `/v2/obms/${encodeURIComponent(label)}/console?ticket=${ticket}`,
  ticket,
  ticket_expires: expires,
});
