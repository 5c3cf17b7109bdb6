/** What a read waits for: the disk, where it shows what is not on it yet, and nothing else. */

import t from 'tap';
import { host, openStation, reported } from '../station/harness.ts';
import type { Json } from '../station/harness.ts';
import { memoryLog } from '../station/memory-log.ts';

t.test('a configuration waits for the disk only where it may still change', async (t) => {
  const log = memoryLog();
  const { station, ask, fill } = await openStation(t, { log });
  await fill();
  const added = await ask('POST', '/processes', { host, role: 'clovis-app' });
  const { fid } = added.body.processes.find(({ role }: Json) => role === 'clovis-app');
  const read = () => ask('GET', `/processes/${fid}/configuration`);
  const before = await read();
  const { head } = station;

  const letThrough = log.hold();
  const report = ask('PUT', `/hosts/${host}/facts`, reported('10.0.0.3', { cpus: 77 }));
  const arrived = async (revision: number): Promise<void> => {
    while (station.head < revision) await new Promise(setImmediate);
  };
  await arrived(head + 1);
  const beside = await read();
  t.equal(log.head(), head, 'the report is not durable yet');
  t.same([beside.status, beside.body], [200, before.body]);
  t.equal(beside.headers['halcyon-revision'], String(head), 'it is of what is durable');

  const change = ask('POST', '/processes', { host, role: 'clovis-app' });
  await arrived(head + 2);
  let answered = false;
  const behind = read().finally(() => (answered = true));
  const ofHost = ask('GET', `/hosts/${host}`).finally(() => (answered = true));
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  t.notOk(answered, 'what depends on rows that wait for the disk waits with them');
  letThrough();
  t.equal((await report).status, 200);
  t.equal((await change).status, 201);
  t.equal((await behind).headers['halcyon-revision'], String(head + 2));
  t.equal((await ofHost).body.cpus, 77);
});
