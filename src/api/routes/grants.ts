/** Grants. */

import { randomBytes } from 'node:crypto';
import type * as contract from '../../contract/grants.ts';
import { grantSecondsUsual } from '../../core/values/grants.ts';
import type { Station } from '../../station/station.ts';
import { principalOf } from '../asker.ts';
import { isMember } from '../auth.ts';
import type { Handlers } from '../bind.ts';
import { done, run } from '../commands.ts';
import { ApiError } from '../errors.ts';
import { read } from '../reads.ts';
import { grantView } from '../views/grants.ts';

export const grantHandlers = (station: Station): Handlers<typeof contract> => ({
  listGrants: (request, reply) =>
    read(station, reply, undefined, ({ graph }) => {
      const own = isMember(request) ? request.credential!.id : undefined;
      const rows = own === undefined ? graph.all('grant') : graph.many('elevates', own);
      const items = Array.from(rows, (row) => grantView(graph, row));
      return { items: items.sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1)) };
    }),

  giveGrant: (request, reply) => {
    if (request.headers['idempotency-key'] !== undefined)
      throw new ApiError('invalid-request', 'a grant is given once and takes no Idempotency-Key', {
        field: 'idempotency-key',
      });
    const { actions, hosts: machines, reason, seconds = grantSecondsUsual } = request.body;
    const { uses = null } = request.body;
    const id = randomBytes(6).toString('hex');
    const credential = request.credential!.id;
    const command = {
      ...({ type: 'GiveGrant', secondFactor: false } as const),
      ...{ id, credential, actions, machines, reason, seconds, uses },
    };
    return run(
      station,
      request,
      reply,
      command,
      (graph) => grantView(graph, graph.must('grant', id)),
      true,
    );
  },

  revokeGrant: (request, reply) => {
    const { id, role } = request.credential!;
    const command = {
      ...({ type: 'RevokeGrant', id: request.params.id } as const),
      by: principalOf(request),
      ...(role === 'admin' ? {} : { credential: id }),
    };
    return run(station, request, reply, command, done);
  },
});
