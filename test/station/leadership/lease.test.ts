/** How long a lease lasts: as long as whoever has it says. */

import t from 'tap';
import { openSharedMemoryLog, SharedMemory } from '../../../src/log/shared-memory.ts';
import { isLease } from '../../../src/station/leadership/lease-times.ts';
import { Lease } from '../../../src/station/leadership/lease.ts';
import { HandTime } from '../hand-time.ts';
import { Cluster, urlOf } from './cluster.ts';

const second = 1000;

t.test(
  'a lease lasts as long as whoever has it says, whatever the others were given',
  async (t) => {
    for (const [lease, others] of [
      [30, 3],
      [3, 30],
    ] as const) {
      const cluster = new Cluster(t);
      const [one] = await cluster.three({ lease }, { lease: others }, { lease: others });
      let most = 0;
      cluster.watch = () => (most = Math.max(most, cluster.leaders.length));
      await cluster.pass(5 * second);
      t.strictSame(cluster.terms(), [[1, 'head1']], 'it keeps it');
      one.log.line.cut('silent');
      const down = await cluster.until('it steps down', () => !cluster.leaders.includes(one));
      // By two thirds of it, less one renewal at most, and as soon as it looks.
      t.ok(down <= (lease * second * 2) / 3 + 500, `${lease}: after ${down} ms`);
      t.ok(down >= (lease * second * 2) / 3 - 2 * second - 500, `${lease}: after ${down} ms`);
      const up = await cluster.until('another leads', () => cluster.leaders.length > 0);
      t.ok(down + up >= lease * second - 2 * second, `${lease}: ${up} ms later`);
      t.ok(down + up <= 2 * lease * second + 12 * second, `${lease}: ${up} ms later`);
      t.equal(most, 1, 'never did two');
    }
  },
);

t.test('a longer lease is led through what the log is away', async (t) => {
  const cluster = new Cluster(t);
  const all = await cluster.three({ lease: 45 }, { lease: 45 }, { lease: 45 });
  await cluster.pass(3 * second);
  for (const { log } of all) log.line.cut('silent');
  await cluster.pass(26 * second);
  t.strictSame(cluster.leaders, [all[0]], 'it leads all the while');
  for (const { log } of all) log.line.restore();
  await cluster.pass(10 * second);
  t.strictSame(cluster.terms(), [[1, 'head1']]);
  await cluster.close(all[0]);
  const took = await cluster.until('another leads', () => cluster.leaders.length > 0);
  t.ok(took <= 5 * second, 'one that is given back is not waited for');
});

t.test('one that does not say how long it lasts, or says nonsense, lasts 15 s', async (t) => {
  const time = new HandTime();
  const log = openSharedMemoryLog({
    storage: new SharedMemory(),
    deadline: (expire) => time.after(3 * second, expire),
  });
  t.teardown(() => log.close());
  const register = log.shared.register('lease');
  const lease = new Lease({
    ...{ register, time, holder: 'me', seconds: 3 },
    place: { station: 'head2', url: urlOf('head2') },
  });
  let version = 0;
  for (const seconds of [undefined, 0, 2, 601, 1e12, -15, 3.5, '60', null, {}]) {
    const value = Buffer.from(JSON.stringify({ holder: 'older', seconds }));
    version = (await register.replace(version, value))!;
    let waited = 0;
    for (; (await lease.look()) === 'held'; waited += 400) await time.pass(400);
    t.ok(
      waited >= 15 * second && waited <= 16 * second,
      `${JSON.stringify(seconds)}: ${waited} ms`,
    );
  }
  t.same([2, 3, 600, 601, 15.5].map(isLease), [false, true, true, false, false]);
});
