/** Processes. */

import type { QueryOf } from '../../contract/endpoint.ts';
import type * as contract from '../../contract/processes.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { HostRow } from '../../core/graph/rows/hosts.ts';
import type { ProcessRow } from '../../core/graph/rows/processes.ts';
import { shownState } from '../../core/lifecycle/shown.ts';
import { parseFid } from '../../core/values/fid.ts';
import type { Fid } from '../../core/values/fid.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { done, run } from '../commands.ts';
import type { Actions } from '../actions.ts';
import { json, pageText, read, readLong } from '../reads.ts';
import type { Paged } from '../reads.ts';
import { keysAfter, machinesSeen } from '../sight.ts';
import { addedView, processIn, processView } from '../views/processes.ts';

type ProcessesQuery = QueryOf<typeof contract.listProcesses>;

/**
 * The next processes of the list that a query asks for, of those machines that whoever asks sees.
 *
 * @param view of the graph at this moment, which stays
 */
const keysOf =
  (
    graph: Graph,
    view: ReadGraph,
    { host, node, role, state }: ProcessesQuery,
    seen: readonly HostRow[] | undefined,
  ): Paged<'process'>['keys'] =>
  (after, count) => {
    if (seen || host !== undefined || node !== undefined) {
      const nodes = seen ? nodesSeen(view, seen, host, node) : nodesOf(view, host, node);
      const isAsked = (row: ProcessRow): boolean =>
        (role === undefined || row.role === role) &&
        (state === undefined || shownState(view, row) === state);
      return keysAfter('process', processesOn(view, nodes, isAsked), after, count);
    }
    return role === undefined && state === undefined
      ? graph.keysAfter('process', after, count)
      : graph.indexes.processLists.after({ role, state }, after, count);
  };

/** The processes on nodes; undefined for each that is passed over. */
function* processesOn(
  graph: ReadGraph,
  nodes: Iterable<Fid>,
  isAsked: (row: ProcessRow) => boolean,
): Generator<Fid | undefined> {
  // A node at once: what a view lists is not to change while it does so.
  for (const node of nodes)
    for (const row of [...graph.many('hosts', node)]) yield isAsked(row) ? row.fid : undefined;
}

/** The nodes of machines, or of the one that is that host or node. */
function* nodesSeen(
  graph: ReadGraph,
  seen: readonly HostRow[],
  host?: string,
  node?: string,
): Generator<Fid> {
  const asked = node === undefined ? undefined : parseFid(node);
  for (const { fqdn } of seen) {
    if (host !== undefined && fqdn !== host) continue;
    const fid = graph.one('runs', fqdn)?.fid;
    if (fid && (node === undefined || fid === asked)) yield fid;
  }
}

/** A node, that of a host, or that of a host that is that node. */
const nodesOf = (graph: ReadGraph, host?: string, node?: string): Fid[] => {
  const fids = [
    ...(host === undefined ? [] : [graph.one('runs', host)?.fid]),
    ...(node === undefined ? [] : [parseFid(node)]),
  ];
  const [fid] = fids;
  return fid && graph.get('node', fid) && fids.every((other) => other === fid) ? [fid] : [];
};

export const processHandlers = (station: Station, actions: Actions): Handlers<typeof contract> => ({
  listProcesses: (request, reply) =>
    readLong(station, reply, request.query.at, json, (moment, graph) => {
      const paged: Paged<'process'> = {
        kind: 'process',
        keys: keysOf(graph, moment.graph, request.query, machinesSeen(station, request, graph)),
        view: (row) => processView(moment.graph, row),
      };
      return pageText(moment, paged, request.query);
    }),

  getProcess: (request, reply) =>
    read(station, reply, request.query.at, ({ graph }) =>
      processView(graph, processIn(graph, parseFid(request.params.fid)!)),
    ),

  addProcess: (request, reply) => {
    const { host, role, overrides = {}, tokens = false, lease } = request.body;
    const roles = [{ name: role, overrides: overrides as never }];
    const command = { type: 'AddProcesses', host, roles, tokens, lease } as const;
    const tokenOf = tokens ? (of: Fid): string => station.access.processToken(of).token : null;
    return run(station, request, reply, command, addedView(host, tokenOf), true);
  },

  scale: async (request, reply) => {
    const { role, to, overrides = {} } = request.body;
    const { fqdn: host } = request.params;
    const { force = false } = request.query;
    const variables = overrides as never;
    const command = { type: 'ScaleRole', host, role, to, overrides: variables, force } as const;
    const begun = await actions.run(request, reply, command);
    return 'dry_run' in begun ? begun : { ...begun.done, ...begun.operation };
  },

  startProcess: (request, reply) => {
    const { force = false } = request.query;
    const fid = parseFid(request.params.fid)!;
    return actions.take(request, reply, { type: 'WantProcess', fid, state: 'online', force });
  },

  stopProcess: (request, reply) => {
    const { force = false } = request.query;
    const fid = parseFid(request.params.fid)!;
    return actions.take(request, reply, { type: 'WantProcess', fid, state: 'offline', force });
  },

  restartProcess: (request, reply) => {
    const fid = parseFid(request.params.fid)!;
    return actions.take(request, reply, { type: 'RestartProcess', fid });
  },

  removeProcess: (request, reply) => {
    const { force = false } = request.query;
    const fid = parseFid(request.params.fid)!;
    return actions.take(request, reply, { type: 'RemoveProcess', fid, force });
  },

  overrideState: (request, reply) => {
    const { state, reason } = request.body;
    const fid = parseFid(request.params.fid)!;
    return run(station, request, reply, { type: 'OverrideState', fid, state, reason }, done);
  },
});
