/** Telling agents anew what they have to run. */

import t from 'tap';
import { Cluster, patientVars } from './cluster.ts';

const cluster = await Cluster.open(t, 2, patientVars);
const [first, second] = cluster.hosts as [string, string];

t.test(
  'a sync tells the agents that are connected, restarts nothing, and names the others',
  async (t) => {
    const fid = await cluster.one(first, 'worker');
    await cluster.add(second, 'worker');
    await cluster.start(fid);
    const before = await cluster.process(fid);
    const all = await cluster.halctl('cluster sync');
    t.same(all, { code: 0, out: 'Told 2 hosts: n[1-2].example\n', err: '' });

    await cluster.killAgent(second);
    const half = await cluster.halctl('cluster sync --json');
    t.equal(half.code, 1);
    t.same(JSON.parse(half.out), { told: [first], absent: [second] });
    t.match(half.err, 'the agents of 1 host are not connected');
    t.equal((await cluster.halctl(`cluster sync ${first}`)).code, 0);
    t.equal((await cluster.halctl('cluster sync n9.example')).code, 3);

    const { pid, generation, state } = await cluster.process(fid);
    t.same(
      { pid, generation, state },
      { pid: before.pid, generation: before.generation, state: 'online' },
    );
    await cluster.startAgent(second);
    await cluster.clear();
  },
);
