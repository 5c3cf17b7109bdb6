/** Nodes. */

import type * as contract from '../../contract/nodes.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { HostRow } from '../../core/graph/rows/hosts.ts';
import { parseFid } from '../../core/values/fid.ts';
import type { Fid } from '../../core/values/fid.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { run } from '../commands.ts';
import { ApiError } from '../errors.ts';
import type { Actions } from '../actions.ts';
import { json, pageText, read, readLong } from '../reads.ts';
import type { Paged } from '../reads.ts';
import { keysAfter, machinesSeen } from '../sight.ts';
import { nodeView } from '../views/hosts.ts';
import { addedView } from '../views/processes.ts';

function* nodesOf(graph: ReadGraph, hosts: readonly HostRow[]): Generator<Fid | undefined> {
  for (const { fqdn } of hosts) yield graph.one('runs', fqdn)?.fid;
}

export const nodeHandlers = (station: Station, actions: Actions): Handlers<typeof contract> => ({
  listNodes: (request, reply) =>
    readLong(station, reply, request.query.at, json, (moment, graph) => {
      const seen = machinesSeen(station, request, graph);
      const paged: Paged<'node'> = {
        kind: 'node',
        keys: (after, count) =>
          seen
            ? keysAfter('node', nodesOf(moment.graph, seen), after, count)
            : graph.keysAfter('node', after, count),
        view: (row) => nodeView(moment.graph, row),
      };
      return pageText(moment, paged, request.query);
    }),

  getNode: (request, reply) =>
    read(station, reply, request.query.at, ({ graph }) => {
      const row = graph.get('node', parseFid(request.params.fid)!);
      if (!row) throw new ApiError('unknown-node', `there is no node ${request.params.fid}`);
      return nodeView(graph, row);
    }),

  addNode: (request, reply) => {
    const { host, roles, tokens = false } = request.body;
    const declared = roles.map(({ name, overrides }) => ({
      name,
      overrides: (overrides ?? {}) as never,
    }));
    const command = { type: 'AddProcesses', host, roles: declared, tokens } as const;
    const tokenOf = tokens ? (of: Fid): string => station.access.processToken(of).token : null;
    return run(station, request, reply, command, addedView(host, tokenOf), true);
  },

  startNode: (request, reply) => {
    const { force = false } = request.query;
    const fid = parseFid(request.params.fid)!;
    return actions.take(request, reply, { type: 'WantNode', fid, state: 'online', force });
  },

  stopNode: (request, reply) => {
    const { force = false } = request.query;
    const fid = parseFid(request.params.fid)!;
    return actions.take(request, reply, { type: 'WantNode', fid, state: 'offline', force });
  },

  removeNode: (request, reply) => {
    const { force = false } = request.query;
    const fid = parseFid(request.params.fid)!;
    return actions.take(request, reply, { type: 'RemoveNode', fid, force });
  },
});
