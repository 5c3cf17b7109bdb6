/**
 * The short form of `scripts/bench/floods.ts`: whoever floods a station with whatever token, the operator beside them goes on
 * working, and the station starts again after it was killed. How long things take is for the benchmark to say.
 */

import t from 'tap';
import { besideOperator, startAttacker } from '../../scripts/bench/flood/beside.ts';
import { makeCluster } from '../../scripts/bench/flood/cluster.ts';
import { floods } from '../../scripts/bench/flood/index.ts';
import { startStation, temporary } from './harness.ts';

const secondsEach = 0.5;
/** See docs/security.md. */
const memoryMax = 1024 * 2 ** 20;

t.test(
  'floods: the operator works on, memory is bounded, and a station that was killed starts again',
  async (t) => {
    const directory = temporary(t);
    const cluster = await makeCluster(directory, { hosts: 50, processesPerHost: 40, rounds: 40 });
    const { admin: token } = cluster.tokens;
    const station = await startStation(t, directory, { token });
    const before = Number((await station.ask('GET', '/processes?limit=10000')).body.items.length);
    let added = 0;
    const attacker = startAttacker();
    t.teardown(() => attacker.kill('SIGKILL'));
    for (const flood of floods) {
      const target = { url: station.url, pid: station.process.pid! };
      const beside = await besideOperator(flood, target, cluster, secondsEach, attacker);
      t.same(beside.failures, [], `${flood.name}: nothing is refused to the operator`);
      t.ok(beside.asked > 0, `${flood.name}: asked ${beside.asked} times`);
      t.ok(beside.rssMax < memoryMax, `${flood.name}: ${Math.round(beside.rssMax / 2 ** 20)} MiB`);
      added += beside.commands.length;
    }
    await station.end('SIGKILL');
    const again = await startStation(t, directory, { token });
    t.equal((await again.ask('GET', '/readyz')).status, 200);
    const after = Number((await again.ask('GET', '/processes?limit=10000')).body.items.length);
    t.equal(after, before + added, 'all that the operator was told is there');
    await again.end('SIGTERM');
  },
);
