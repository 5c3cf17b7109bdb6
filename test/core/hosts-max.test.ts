/** Whoever may add a host may add many, up to a number. */

import t from 'tap';
import { hostsMax } from '../../src/core/commands/room.ts';
import { evolve } from '../../src/core/graph/evolve/index.ts';
import { Graph } from '../../src/core/graph/graph.ts';
import { revision } from '../../src/core/values/revision.ts';
import {
  allRoles,
  commitOf,
  declaredHost,
  load,
  newEngine,
  nodeUp,
  noon,
  rejectionOf,
  removeHost,
  templates,
} from './scenario.ts';

t.test('of hosts there are so many, and one that goes makes room', async (t) => {
  const graph = new Graph();
  const at = { revision: revision(1), at: noon };
  for (let i = 1; i < hostsMax; i += 1)
    evolve(graph, { type: 'HostRegistered', data: { fqdn: `n${i}.example` } }, at);
  const engine = newEngine(templates, graph);
  const register = (fqdn: string) => ({ type: 'RegisterHost', fqdn }) as const;
  commitOf(engine, register('last.example'));
  for (const beyond of [
    register('more.example'),
    nodeUp('more.example', '10.0.0.1'),
    load({ roles: allRoles, hosts: [declaredHost('more.example')] }),
  ])
    t.equal(rejectionOf(engine, beyond).code, 'too-many-hosts', beyond.type);
  t.ok(commitOf(engine, nodeUp('last.example', '10.0.0.1')), 'a host that is known reports');
  t.ok(commitOf(engine, load({ roles: allRoles, hosts: [declaredHost('n1.example')] })));
  commitOf(engine, removeHost('n2.example'));
  t.ok(commitOf(engine, register('more.example')));
  t.equal(rejectionOf(engine, register('yet-more.example')).code, 'too-many-hosts');
});
