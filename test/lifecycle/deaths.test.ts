/** kill -9 of everything, in every state that a process can be in. */

import t from 'tap';
import { Cluster, kill, patientVars, until } from './cluster.ts';

type Victim = 'process' | 'agent' | 'station';

// Attempts are paused for long enough that a death comes in between; what ignores SIGTERM stays until the test ends it.
const cluster = await Cluster.open(t, 1, {
  ...patientVars,
  process_restart_retry_interval: 10,
  process_stop_timeout: 3600,
});
const [host] = cluster.hosts as [string];
t.afterEach(async () => cluster.clear());

/** One process in each state, on its way where there is a way. */
const everyState = async () => {
  const [online, starting] = [await cluster.one(host, 'worker'), await cluster.one(host, 'late')];
  const [stopping, waiting] = [
    await cluster.one(host, 'stubborn'),
    await cluster.one(host, 'crasher'),
  ];
  const [failed, unknown] = [await cluster.one(host, 'missing'), await cluster.one(host, 'worker')];
  await cluster.start(online);
  await cluster.start(stopping);
  await cluster.client.act({ verb: 'start', process: failed });
  await cluster.reaches(failed, 'failed');
  await cluster.client.act({ verb: 'start', process: waiting });
  // It has had its attempt at once, and pauses before the next one.
  await until('it waits', async () => {
    const { attempt, state } = await cluster.process(waiting);
    return attempt === 3 && state === 'starting' && cluster.runs(waiting).length === 0;
  });
  await until('it ignores SIGTERM', () => cluster.runs(stopping).length === 2);
  await cluster.client.act({ verb: 'stop', process: stopping });
  await cluster.client.act({ verb: 'start', process: starting });
  await until('it starts', () => cluster.runs(starting).length === 1);
  return { online, starting, stopping, waiting, failed, unknown };
};

const killed = async (victims: readonly Victim[]): Promise<void> => {
  const runs = cluster.runs();
  if (victims.includes('station')) await cluster.station.stop('SIGKILL');
  if (victims.includes('agent')) await cluster.killAgent(host);
  if (victims.includes('process')) for (const { pid } of runs) kill(pid);
  if (victims.includes('station')) await cluster.startStation();
  if (victims.includes('agent')) await cluster.startAgent(host);
};

for (const victims of [
  ['process'],
  ['agent'],
  ['station'],
  ['process', 'agent'],
  ['process', 'agent', 'station'],
] as const)
  t.test(`${victims.join(', ')} killed, with a process in each state`, async (t) => {
    const { online, starting, stopping, waiting, failed, unknown } = await everyState();
    const before = await cluster.pid(online);
    await killed(victims);
    if ((victims as readonly Victim[]).includes('process')) await cluster.returns(online, before);
    else t.equal(await cluster.pid(online), before, 'what runs is left alone');
    await cluster.reaches(starting, 'online');
    for (const { pid } of cluster.runs(stopping)) kill(pid);
    await cluster.reaches(stopping, 'offline');
    await cluster.reaches(waiting, 'failed');
    t.match((await cluster.process(waiting)).reason, /attempts/);
    t.equal((await cluster.process(failed)).state, 'failed');
    t.equal((await cluster.process(unknown)).state, 'unknown');
    t.same(
      cluster
        .runs()
        .map(({ fid }) => fid)
        .sort(),
      [online, starting].sort(),
    );
  });
