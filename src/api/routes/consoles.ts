/** Consoles of machines: whoever may be at one is let in by its OBM daemon, listed, and put out. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type * as contract from '../../contract/consoles.ts';
import type { ConsoleBody } from '../../contract/consoles.ts';
import type { ConnectionRow } from '../../core/graph/rows/obms.ts';
import { mayConnect } from '../../core/rights/consoles.ts';
import type { ConsoleMode } from '../../core/values/consoles.ts';
import type { ConsoleAsked, OpenedConsole } from '../../station/obm/consoles.ts';
import type { Station } from '../../station/station.ts';
import { principalOf } from '../asker.ts';
import { mustBeAllowed } from '../auth.ts';
import type { Handlers } from '../bind.ts';
import { dryRun, isDryRun, refusal, senderOf } from '../commands.ts';
import { ApiError } from '../errors.ts';
import { asked, mustHaveObm } from '../obm-answers.ts';
import { connectionView } from '../views/consoles.ts';

/** Seconds. */
const usualLasts = 3_600;

export const consoleHandlers = (station: Station): Handlers<typeof contract> => {
  const { consoles, share } = station.obms;

  const may = (request: FastifyRequest, host: string, mode: ConsoleMode): boolean =>
    mayConnect(station.graph, { host, mode, credential: request.credential!.id });

  const wishOf = (request: FastifyRequest, fqdn: string, body: ConsoleBody): ConsoleAsked => {
    const canType = may(request, fqdn, 'read-write');
    const { mode = canType ? 'read-write' : 'read-only', purpose = 'console' } = body;
    if (mode === 'read-write' && !canType)
      throw new ApiError('forbidden', 'the token may look at the console, and not type there', {
        field: 'mode',
      });
    const { lasts = usualLasts } = body;
    return { fqdn, credential: request.credential!, mode, purpose, lasts };
  };

  const open = async (
    request: FastifyRequest,
    reply: FastifyReply,
    wish: ConsoleAsked,
  ): Promise<OpenedConsole> => {
    const made = await asked(request, () => consoles.open(wish, senderOf(request)));
    // Whoever may not any more is answered like anybody who may not.
    if (!made.ok) mustBeAllowed(station.graph, request);
    if (!made.ok) throw refusal(made.rejection);
    // It lets in, so that nobody on the way keeps it.
    reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
    return made.opened;
  };

  const isTold = (request: FastifyRequest, row: ConnectionRow): boolean =>
    row.credential === request.credential!.id || may(request, row.host, 'read-write');

  return {
    openConsole: async (request, reply) => {
      const { fqdn } = request.params;
      if (request.headers['idempotency-key'] !== undefined)
        throw new ApiError(
          'invalid-request',
          'a ticket cannot be shown twice, so being let in takes no Idempotency-Key',
          { field: 'idempotency-key' },
        );
      const wish = wishOf(request, fqdn, request.body);
      if (isDryRun(request)) return dryRun(station, request, consoles.commandOf(wish));
      const { id, url, ticketExpires, expires, mode, ca = null } = await open(request, reply, wish);
      reply.code(201);
      const { purpose } = wish;
      return { id, host: fqdn, mode, purpose, url, ticket_expires: ticketExpires, expires, ca };
    },

    showConsole: async (request, reply) => {
      const wish = wishOf(request, request.params.fqdn, { mode: 'read-only' });
      const { url } = await open(request, reply, wish);
      return reply.code(303).header('location', url).send();
    },

    listConsoleConnections: async (request) => {
      const { fqdn } = request.params;
      const { token } = mustHaveObm(station.graph, fqdn);
      if (token === null) return { connections: [] };
      const listed = await asked(request, () =>
        share.during(principalOf(request), () => consoles.list(fqdn)),
      );
      // The machine may have changed hands meanwhile.
      mustBeAllowed(station.graph, request);
      const { graph } = station;
      const told = listed.filter(({ row }) => isTold(request, row));
      return { connections: told.map((one) => connectionView(graph, one)) };
    },

    revokeConsoleConnection: async (request, reply) => {
      const { fqdn, id } = request.params;
      mustHaveObm(station.graph, fqdn);
      const row = station.graph.get('connection', id);
      const isThere = row?.host === fqdn && isTold(request, row);
      const command = { type: 'EndConnection', id, why: 'revoked' } as const;
      // One that he is not told of is to him as one that is over.
      if (!isThere) return { revision: station.head, changed: false };
      if (isDryRun(request)) return dryRun(station, request, command);
      const result = await asked(request, () =>
        share.during(principalOf(request), () => consoles.revoke(fqdn, id, senderOf(request))),
      );
      if (!result.ok) throw refusal(result.rejection);
      const { revision, changed } = result;
      reply.header('halcyon-revision', revision);
      return { revision, changed };
    },
  };
};
