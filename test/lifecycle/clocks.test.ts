/** The wall's clock jumps, and daemons stand still: that alone is no fault of any process. */

import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { folderOf } from '../folder.ts';
import { Cluster, kill, patientVars, until } from './cluster.ts';

const day = 86_400;

/** A cluster whose station and agents read the wall's clock from a file, with the way to set it. */
const open = async (
  t: Test,
  vars: Record<string, number>,
): Promise<{ cluster: Cluster; host: string; step: (seconds: number) => Promise<void> }> => {
  const file = join(folderOf(t, {}), 'offset');
  const set = (seconds: number): void => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}`);
  set(0);
  const cluster = await Cluster.open(t, 1, vars, {
    LD_PRELOAD: 'libfaketimeMT.so.1',
    LD_LIBRARY_PATH: '/usr/lib/x86_64-linux-gnu/faketime:/usr/lib/aarch64-linux-gnu/faketime',
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  });
  const [host] = cluster.hosts as [string];
  const step = async (seconds: number): Promise<void> => {
    set(seconds);
    // Long enough for everybody to have looked at the clock.
    await pause(1000);
  };
  return { cluster, host, step };
};

t.test('the clock of station and agent jumps to and fro by a day', async (t) => {
  const { cluster, host, step } = await open(t, patientVars);
  const fids = await cluster.add(host, 'worker', 3);
  t.equal((await cluster.halctl('cluster start')).code, 0);
  const before = cluster.runs();
  for (const seconds of [-day, day, 0, -day]) await step(seconds);
  t.same(cluster.runs(), before, 'what runs goes on');
  for (const fid of fids) t.equal((await cluster.process(fid)).state, 'online');
  t.equal((await cluster.host(host))?.state, 'up', 'nobody is taken for down');

  const [late, stopping] = [await cluster.one(host, 'late'), await cluster.one(host, 'stubborn')];
  await cluster.start(stopping);
  await until('it ignores SIGTERM', () => cluster.runs(stopping).length === 2);
  await cluster.client.act({ verb: 'stop', process: stopping });
  await cluster.client.act({ verb: 'start', process: late });
  await until('it starts', () => cluster.runs(late).length === 1);
  // Further than it has ever been, so that the log leaps with it.
  await step(2 * day);
  await cluster.reaches(late, 'online');
  t.equal((await cluster.process(late)).generation, 1, 'it had its time');
  await cluster.reaches(stopping, 'offline');
  t.equal((await cluster.halctl(`cluster process stop ${late}`)).code, 0);
  await step(-day);

  const crasher = await cluster.one(host, 'crasher');
  const { code, out } = await cluster.halctl(`cluster process start ${crasher}`);
  t.equal(code, 1, 'attempts come to their end while the clock is a day back');
  t.match(out, /failed/);
  await cluster.killAgent(host);
  kill(before[0]!.pid);
  await cluster.startAgent(host);
  await cluster.returns(before[0]!.fid, before[0]!.pid);
  t.equal(cluster.runs().length, 3, 'what ran was known again, whatever the time is');
  await cluster.station.stop('SIGKILL');
  await cluster.startStation();
  await until('the host is up', async () => (await cluster.host(host))?.state === 'up');
  const stopped = await cluster.halctl('cluster stop');
  t.equal(stopped.code, 0, stopped.out + stopped.err);
  await cluster.clear();
});

t.test(
  'a start that was in time counts, although the station was not there to see it',
  async (t) => {
    const cluster = await Cluster.open(t, 1, { process_start_timeout: 15 });
    const [host] = cluster.hosts as [string];
    const fid = await cluster.one(host, 'late');
    await cluster.client.act({ verb: 'start', process: fid });
    await until('it runs', () => cluster.runs(fid).length === 1);
    const [run] = cluster.runs(fid);
    await cluster.station.stop('SIGKILL');
    await pause(16_000);
    await cluster.startStation();
    await cluster.reaches(fid, 'online');
    t.same(cluster.runs(fid), [run], 'it was not started again');
    await cluster.clear();
  },
);

t.test('a station that stood still takes nobody for down, and nothing for late', async (t) => {
  const cluster = await Cluster.open(t, 2, { process_start_timeout: 6 });
  const [host, other] = cluster.hosts as [string, string];
  const fid = await cluster.one(host, 'late');
  const worker = await cluster.one(other, 'worker');
  await cluster.start(worker);
  await cluster.client.act({ verb: 'start', process: fid });
  await until('it runs', () => cluster.runs(fid).length === 1);
  const runs = cluster.runs();
  const head = await cluster.head();
  kill(cluster.station.pid, 'SIGSTOP');
  // Longer than the start may take, and shorter than agents wait for a sign of life.
  await pause(7000);
  kill(cluster.station.pid, 'SIGCONT');
  await cluster.reaches(fid, 'online');
  t.same(cluster.runs(), runs);
  const { events } = await cluster.client.listEvents({ from: head, types: ['NodeDown'] });
  t.same(events, []);
  await cluster.clear();
});
