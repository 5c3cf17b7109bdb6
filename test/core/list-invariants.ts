/** What holds of the lists of every graph, compared with a search and a sort of all rows. */

import type { Graph } from '../../src/core/graph/graph.ts';
import { tokenAt } from '../../src/core/graph/indexes/tokens.ts';
import { missingRoles } from '../../src/core/graph/missing-roles.ts';
import type { HostRow } from '../../src/core/graph/rows/hosts.ts';
import { shownState } from '../../src/core/lifecycle/shown.ts';
import { byFid } from '../../src/core/values/fid.ts';
import { hostStates, processStates } from '../../src/core/values/states.ts';
import { count, must } from './invariant.ts';

/** @throws {Error} a list is not what a search and a sort of all rows give */
export const checkLists = (graph: Graph): void => {
  const { processLists, hostLists, lentHosts, problems, tokens } = graph.indexes;
  const processes = [...graph.all('process')]
    .sort(byFid)
    .map((row) => ({ fid: row.fid, role: row.role, state: shownState(graph, row) }));
  const ofRole = Map.groupBy(processes, ({ role }) => role);
  for (const role of [undefined, ...Array.from(graph.all('role'), ({ name }) => name)]) {
    const all = role === undefined ? processes : (ofRole.get(role) ?? []);
    const inState = Map.groupBy(all, ({ state }) => state);
    for (const state of [undefined, ...processStates]) {
      const matches = state === undefined ? all : (inState.get(state) ?? []);
      const listed =
        role === undefined && state === undefined
          ? graph.keysAfter('process', undefined, Infinity)
          : processLists.after({ role, state }, undefined, Infinity);
      const fids = matches.map(({ fid }) => fid);
      must(listed.join() === fids.join(), `${state} ${role} processes are listed wrongly`);
    }
  }
  const states = count(processes, ({ state }) => state);
  for (const state of processStates)
    must(
      (graph.processCounts().get(state) ?? 0) === (states.get(state) ?? 0),
      `${state} processes are counted wrongly`,
    );

  const hosts = [...graph.all('host')].sort((a, b) => (a.fqdn < b.fqdn ? -1 : 1));
  for (const state of hostStates) {
    const names = hosts.filter((row) => row.state === state).map(({ fqdn }) => fqdn);
    const listed = hostLists.after(state, undefined, Infinity);
    must(listed.join() === names.join(), `${state} hosts are listed wrongly`);
  }
  must(
    graph.expectedLosses() ===
      hosts.filter(({ fqdn, state }) => state === 'down' && graph.get('maintenance', fqdn)).length,
    'hosts that are down in maintenance are counted wrongly',
  );
  for (const { name } of graph.all('project')) {
    const names = hosts.filter(({ project }) => project === name).map(({ fqdn }) => fqdn);
    const listed = lentHosts.after(name, undefined, Infinity);
    must(listed.join() === names.join(), `hosts of ${name} are listed wrongly`);
  }
  const troubled = hosts.filter((row) => isTroubled(graph, row)).map(({ fqdn }) => fqdn);
  must(problems.after(undefined, Infinity).join() === troubled.join(), 'problems are wrong');
  for (const { fqdn } of hosts)
    must(problems.has(fqdn) === troubled.includes(fqdn), `${fqdn} is wrongly a problem, or none`);
  const credentials = [...graph.all('credential')].sort(
    (a, b) => a.created - b.created || (a.id < b.id ? -1 : 1),
  );
  const listed = tokens.after(undefined, Infinity).map(tokenAt);
  must(listed.join() === credentials.map(({ id }) => id).join(), 'tokens are listed wrongly');
};

const isTroubled = (graph: Graph, host: HostRow): boolean => {
  const node = graph.one('runs', host.fqdn);
  const processes = node ? [...graph.many('hosts', node.fid)] : [];
  return (
    host.state === 'down' ||
    host.problem !== '' ||
    host.pending.length > 0 ||
    host.refused.length > 0 ||
    missingRoles(graph, host).length > 0 ||
    processes.some((row) => ['quiescing', 'stopping', 'failed'].includes(row.state))
  );
};
