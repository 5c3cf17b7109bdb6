/** A station whose log is on PostgreSQL, as it is run. */

import { join } from 'node:path';
import t from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import { fillFrom, startStation, temporary } from '../station/harness.ts';
import { until } from './fates.ts';
import { init, open } from './ready.ts';
import { startThree } from './servers.ts';

t.test('a station goes on after a failover, and all that it acknowledged is there', async (t) => {
  const three = await startThree(t);
  await three.primary.ask('create role station login');
  await init(three.url(), 'station');
  const data = join(temporary(t), 'data');
  const flags = ['--log', three.url('', 'station'), '--name', 'one', '--url', 'http://127.0.0.1:1'];
  const station = await startStation(t, data, { flags });
  await fillFrom(station.ask);
  t.match((await station.ask('GET', '/station')).body, { durability: 'disk-quorum' });
  const before = (await station.ask('GET', '/log')).body as { head: number };
  await three.fail();
  const set = { endpoint_cooldown: 5 };
  t.ok(await until(async () => (await station.ask('PUT', '/vars', set)).status < 300));
  const { head } = (await station.ask('GET', '/log')).body as { head: number };
  t.ok(head > before.head);
  const log = await open(three.url());
  const commits = await Array.fromAsync(log.read(revision(0)));
  t.ok(commits.length >= head);
  t.equal(commits.filter(({ command }) => command === 'SetVars').length, 1, 'and is there once');
  await log.close();
});
