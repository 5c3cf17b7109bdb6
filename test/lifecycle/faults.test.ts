/** Deaths of processes, agents and the station: nothing is lost, nothing runs twice. */

import t from 'tap';
import type { Test } from 'tap';
import { Cluster, kill, until } from './cluster.ts';

const cluster = await Cluster.open(t);
const [first, second] = cluster.hosts as [string, string];
t.afterEach(async () => cluster.clear());

const hostIs = (fqdn: string, state: string): Promise<boolean> =>
  until(`${fqdn} is ${state}`, async () => (await cluster.host(fqdn))?.state === state);

/** Agents whose station breaks off soon after it has taken their report ask again ever less often. */
const steadily = (name: string, test: (t: Test) => Promise<void>): void => {
  t.test(name, async (t) => {
    await until('agents have served for 5 s', () =>
      [...cluster.agents.values()].every((agent) => {
        const taken = agent.log.findLast(({ msg }) => msg === 'the station took the report');
        return Date.now() - Date.parse(taken?.['time'] as string) > 5_000;
      }),
    );
    await test(t);
  });
};

const startKilled = (moment: number): void =>
  steadily(`the station killed when ${moment} of 12 have started: each runs once`, async (t) => {
    const fids = [
      ...(await cluster.add(first, 'worker', 6)),
      ...(await cluster.add(second, 'worker', 6)),
    ];
    const ordered = await cluster.halctl('cluster start --no-wait');
    t.equal(ordered.code, 0);
    await until('some run', () => cluster.runs().length >= moment);
    await cluster.station.stop('SIGKILL');
    await cluster.startStation();
    for (const fid of fids) await cluster.reaches(fid, 'online');
    t.same(
      cluster
        .runs()
        .map(({ fid }) => fid)
        .sort(),
      [...fids].sort(),
    );
    for (const fid of fids)
      t.equal((await cluster.process(fid)).generation, 1, `${fid} was started once`);
  });

t.test('T51: a killed agent: the next one adopts what runs, with the same pids', async (t) => {
  const fids = await cluster.add(first, 'worker', 3);
  await cluster.halctl(`cluster node start ${first}`);
  const before = cluster.runs();
  const head = await cluster.head();
  await cluster.killAgent(first);
  t.same(cluster.runs(), before, 'processes outlive their agent');
  await cluster.startAgent(first);
  const worker = await cluster.one(first, 'worker');
  await cluster.start(worker);
  const runs = cluster.runs().filter(({ fid }) => fid !== worker);
  t.same(runs, before, 'they were neither started again nor doubled');
  const { events } = await cluster.client.listEvents({ from: head });
  const about = events.filter(({ data }) => fids.includes((data as { fid: string }).fid));
  t.same(about, [], 'and nothing is said about them');
});

t.test('an adopted process that dies comes back all the same', async (t) => {
  const fid = await cluster.one(first, 'worker');
  const pid = await cluster.start(fid);
  await cluster.killAgent(first);
  await cluster.startAgent(first);
  kill(pid);
  await cluster.returns(fid, pid);
  t.equal(cluster.runs(fid).length, 1);
  t.equal((await cluster.halctl(`cluster process stop ${fid}`)).code, 0);
  t.same(cluster.runs(fid), []);
});

t.test('T51: agent and process both killed: the process is started again, once', async (t) => {
  const fid = await cluster.one(first, 'worker');
  const pid = await cluster.start(fid);
  await cluster.killAgent(first);
  kill(pid);
  await cluster.startAgent(first);
  await cluster.returns(fid, pid);
  t.equal(cluster.runs(fid).length, 1);
});

startKilled(0);

t.test(
  'a host that is silent is down, its processes inhibited; it comes back as it is',
  async (t) => {
    const [kept, killed] = (await cluster.add(first, 'worker', 2)) as [string, string];
    const [elsewhere, owned] = [
      await cluster.one(second, 'worker'),
      await cluster.one(first, 'owned'),
    ];
    t.equal((await cluster.halctl('cluster start')).code, 0);
    await cluster.client.reportState(owned, { state: 'online' });
    const pids = await Promise.all([kept, killed, elsewhere].map((fid) => cluster.pid(fid)));
    const agent = cluster.agents.get(first)!;
    kill(agent.pid, 'SIGSTOP');
    await hostIs(first, 'down');
    kill(pids[1]!);
    t.same(
      await Promise.all(
        [kept, killed, elsewhere, owned].map(async (fid) => (await cluster.process(fid)).state),
      ),
      ['inhibited', 'inhibited', 'online', 'inhibited'],
    );
    const status = await cluster.halctl('cluster status');
    t.match(status, { code: 0, out: /inhibited .*its host is down; it was online/s });
    const late = cluster.halctl(`cluster process stop ${kept}`);
    t.match(await late, { code: 1, out: /its host is down/ }, 'who cannot be reached is named');
    t.equal((await cluster.halctl(`cluster process start ${kept} --no-wait`)).code, 0);
    kill(agent.pid, 'SIGCONT');
    await hostIs(first, 'up');
    await cluster.returns(killed, pids[1]!);
    await cluster.reaches(kept, 'online');
    t.equal(await cluster.pid(kept), pids[0], 'what went on running is left alone');
    t.equal(await cluster.pid(elsewhere), pids[2], 'and so are neighbours');
    t.equal((await cluster.process(owned)).state, 'online');
  },
);

startKilled(6);

t.test('what is wanted of a host that is down happens when it is back', async (t) => {
  const [stopped, started] = (await cluster.add(first, 'worker', 2)) as [string, string];
  await cluster.start(stopped);
  await cluster.killAgent(first);
  await hostIs(first, 'down');
  const stop = await cluster.halctl(`cluster process stop ${stopped}`);
  t.match(stop, { code: 1, out: /its host is down/ });
  const start = await cluster.halctl(`cluster process start ${started}`);
  t.match(start, { code: 1, out: /its host is down/ });
  t.equal(cluster.runs(stopped).length, 1);
  await cluster.startAgent(first);
  await cluster.reaches(stopped, 'offline');
  await cluster.reaches(started, 'online');
  t.same(
    cluster.runs().map(({ fid }) => fid),
    [started],
  );
});

t.test('an agent killed while its processes start: each runs once', async (t) => {
  const fids = await cluster.add(first, 'worker', 12);
  await cluster.halctl('cluster start --no-wait');
  await until('some run', () => cluster.runs().length >= 3);
  await cluster.killAgent(first);
  await cluster.startAgent(first);
  for (const fid of fids) await cluster.reaches(fid, 'online');
  const running = cluster.runs().map(({ fid }) => fid);
  t.same(running.sort(), [...fids].sort());
});

t.test('an agent killed while a process stops: it is stopped by the next', async (t) => {
  const fid = await cluster.one(first, 'stubborn');
  await cluster.start(fid);
  await until('it ignores SIGTERM', () => cluster.runs(fid).length === 2);
  await cluster.halctl(`cluster process stop ${fid} --no-wait`);
  await cluster.reaches(fid, 'stopping');
  await cluster.killAgent(first);
  await cluster.startAgent(first);
  await cluster.reaches(fid, 'offline');
  t.same(cluster.runs(fid), []);
});

steadily('what happens while there is no station counts when there is one', async (t) => {
  const fids = await cluster.add(first, 'worker', 6);
  const dying = await cluster.one(second, 'worker');
  t.equal((await cluster.halctl('cluster start')).code, 0);
  const pid = await cluster.pid(dying);
  await cluster.halctl(`cluster node stop ${first} --no-wait`);
  await cluster.station.stop('SIGKILL');
  kill(pid);
  await cluster.startStation();
  for (const fid of fids) await cluster.reaches(fid, 'offline');
  await cluster.returns(dying, pid);
  t.same(
    cluster.runs().map(({ fid }) => fid),
    [dying],
  );
});

t.test('removals from a host that is down are final, and the host learns of them', async (t) => {
  const [fid, other] = (await cluster.add(first, 'worker', 2)) as [string, string];
  await cluster.start(fid);
  await cluster.start(other);
  await cluster.killAgent(first);
  await hostIs(first, 'down');
  t.equal((await cluster.halctl(`cluster process remove ${fid}`)).code, 0);
  t.equal(await cluster.find(fid), undefined);
  t.equal((await cluster.halctl(`cluster node remove ${first}`)).code, 0);
  t.same(await cluster.processes(), []);
  t.equal(cluster.runs().length, 2, 'they run where nobody can stop them');
  await cluster.startAgent(first);
  await until('they were stopped', () => cluster.runs().length === 0);
  const next = await cluster.one(first, 'worker');
  t.notOk([fid, other].includes(next));
  await cluster.start(next);
});

steadily('T57: all three killed at once: each process runs once', async (t) => {
  const fids = await cluster.add(first, 'worker', 4);
  t.equal((await cluster.halctl('cluster start')).code, 0);
  const pids = await Promise.all(fids.map((fid) => cluster.pid(fid)));
  await Promise.all([cluster.station.stop('SIGKILL'), cluster.killAgent(first)]);
  for (const pid of pids.slice(0, 2)) kill(pid);
  await cluster.startStation();
  await cluster.startAgent(first);
  for (const [i, fid] of fids.entries())
    if (i < 2) await cluster.returns(fid, pids[i]!);
    else t.equal(await cluster.pid(fid), pids[i]);
  t.equal(cluster.runs().length, 4);
});
