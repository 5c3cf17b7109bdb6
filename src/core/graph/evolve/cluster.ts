/** What the events of the declared cluster change in the graph. */

import type { clusterEvents } from '../../events/cluster.ts';
import { ensure, upsert } from '../changes.ts';
import type { Evolvers } from '../changes.ts';
import { drawn } from './counters.ts';
import { resetGraph } from './reset.ts';
import { withdrawn } from './withdrawn.ts';

export const clusterEvolvers: Evolvers<typeof clusterEvents> = {
  ClusterNamed: (graph, { name }, position) => {
    const wanted = [...graph.all('cluster')][0]?.wanted ?? null;
    for (const { name: old } of [...graph.all('cluster')])
      if (old !== name) graph.remove('cluster', old);
    upsert(graph, 'cluster', name, { name, wanted }, position);
  },

  EnclosureDeclared: (graph, { name, site, rack }, position) => {
    const rackId = `${site}/${rack}`;
    ensure(graph, 'site', site, { name: site }, position);
    ensure(graph, 'rack', rackId, { id: rackId, site }, position);
    upsert(graph, 'enclosure', name, { name, rack: rackId }, position);
  },

  ProjectDeclared: (graph, data, position) => ensure(graph, 'project', data.name, data, position),

  PoolDeclared: (graph, data, position) => {
    drawn(graph, data.fid, position);
    upsert(graph, 'pool', data.fid, data, position);
  },

  ProfileDeclared: (graph, data, position) => {
    drawn(graph, data.fid, position);
    upsert(graph, 'profile', data.fid, data, position);
  },

  RoleDefined: (graph, data, position) => upsert(graph, 'role', data.name, data, position),

  VarSet: (graph, data, position) => upsert(graph, 'var', data.name, data, position),

  ClusterReset: (graph, _data, position) => resetGraph(graph, position),

  DeclarationWithdrawn: (graph, { kind, name }, position) => withdrawn[kind](graph, name, position),
};
