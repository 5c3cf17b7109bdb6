/** By which name a station has the lease. */

import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openSharedMemoryLog, SharedMemory } from '../../../src/log/shared-memory.ts';
import { holderIn } from '../../../src/station/leadership/holder.ts';
import { Lease } from '../../../src/station/leadership/lease.ts';
import { HandTime } from '../hand-time.ts';
import { temporary } from '../harness.ts';
import { urlOf } from './cluster.ts';

t.test('a data directory has one name, its copy another', async (t) => {
  const directory = temporary(t);
  const name = holderIn(directory);
  t.equal(holderIn(directory), name, 'whoever is started again in it has the same');
  t.equal(statSync(join(directory, 'holder')).mode & 0o777, 0o600);
  const copy = join(temporary(t), 'copy');
  cpSync(directory, copy, { recursive: true });
  t.not(holderIn(copy), name, 'the original may be alive');
  t.equal(holderIn(directory), name);
});

t.test('a file that makes no sense is made anew', async (t) => {
  const directory = temporary(t);
  const name = holderIn(directory);
  writeFileSync(join(directory, 'holder'), 'nonsense');
  t.not(holderIn(directory), name);
  t.match(readFileSync(join(directory, 'holder'), 'utf8'), /^[0-9a-f-]{36}\n$/);
  t.throws(() => holderIn(join(directory, 'gone')), { name: 'StationUnavailableError' });
});

t.test(
  'whoever is started again need not wait for his own lease, everybody else must',
  async (t) => {
    const time = new HandTime();
    const log = openSharedMemoryLog({
      storage: new SharedMemory(),
      deadline: (expire) => time.after(3000, expire),
    });
    t.teardown(() => log.close());
    const register = log.shared.register('lease');
    const place = { station: 'head1', url: urlOf('head1') };
    const [mine, other] = [temporary(t), temporary(t)].map(holderIn) as [string, string];
    const first = new Lease({ register, place, holder: mine, time, seconds: 15 });
    t.equal(await first.look(), 'free');
    t.ok(await first.take());
    // It is killed here.
    t.equal(await new Lease({ register, place, holder: other, time, seconds: 15 }).look(), 'held');
    const again = new Lease({ register, place, holder: mine, time, seconds: 15 });
    t.equal(await again.look(), 'free');
    t.ok(await again.take());
    t.ok(again.isHeld);
  },
);
