/** Grants. */

import { randomBytes } from 'node:crypto';
import type * as contract from '../../contract/grants.ts';
import { grantSecondsUsual } from '../../core/values/grants.ts';
import type { Station } from '../../station/station.ts';
import { principalOf } from '../asker.ts';
import { isMember } from '../auth.ts';
import type { Handlers } from '../bind.ts';
import { done, run, senderOf } from '../commands.ts';
import { ApiError } from '../errors.ts';
import { read } from '../reads.ts';
import { orRefused } from './users.ts';
import { grantView } from '../views/grants.ts';

export const grantHandlers = (station: Station): Handlers<typeof contract> => ({
  listGrants: (request, reply) =>
    read(station, reply, undefined, ({ graph }) => {
      const own = isMember(request) ? request.credential!.id : undefined;
      const rows = own === undefined ? graph.all('grant') : graph.many('elevates', own);
      const items = Array.from(rows, (row) => grantView(graph, row));
      return { items: items.sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1)) };
    }),

  giveGrant: async (request, reply) => {
    if (request.headers['idempotency-key'] !== undefined)
      throw new ApiError('invalid-request', 'a grant is given once and takes no Idempotency-Key', {
        field: 'idempotency-key',
      });
    const { actions, hosts: machines, reason, seconds = grantSecondsUsual } = request.body;
    const { uses = null, password, code } = request.body;
    const id = randomBytes(6).toString('hex');
    const credential = request.credential!.id;
    const factor = await orRefused(
      station.users.showAgain(request.credential!, { password, code }, senderOf(request)),
    );
    const command = {
      ...({ type: 'GiveGrant', factor } as const),
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
