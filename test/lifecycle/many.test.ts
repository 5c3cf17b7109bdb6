/** As many processes on one node as a large one has, through all their life. */

import t from 'tap';
import { Cluster, patientVars, until } from './cluster.ts';

const count = 200;

t.test(`${count} processes on one node, whose agent is killed meanwhile`, async (t) => {
  const cluster = await Cluster.open(t, 1, patientVars);
  const [host] = cluster.hosts as [string];
  const fids = await cluster.add(host, 'worker', count);
  await cluster.client.act({ verb: 'start', cluster: true });
  await until('half of them run', () => cluster.runs().length > count / 2);
  await cluster.killAgent(host);
  await cluster.startAgent(host);
  const started = await cluster.halctl('cluster start');
  t.equal(started.code, 0, started.err);
  t.match(started.out, /200 of 200 processes online/);
  const runs = cluster.runs();
  t.same(runs.map(({ fid }) => fid).sort(), [...fids].sort());
  await cluster.killAgent(host);
  await cluster.startAgent(host);
  t.same(cluster.runs(), runs, 'all were adopted');
  const stopped = await cluster.halctl('cluster stop');
  t.equal(stopped.code, 0, stopped.err);
  t.same(cluster.runs(), []);
  await cluster.clear();
});
