/** Starting, running and stopping, by halctl, with real processes. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Cluster, kill, patientVars, until } from './cluster.ts';

const cluster = await Cluster.open(t, 2, patientVars);
const [first, second] = cluster.hosts as [string, string];
t.afterEach(async () => cluster.clear());

t.test('a node starts level by level, with what a process requires first', async (t) => {
  const [user] = await cluster.add(first, 'user', 2);
  const [base] = (await cluster.processes()).filter(({ role }) => role === 'base');
  t.equal((await cluster.process(base!.fid)).state, 'unknown', 'adding starts nothing');
  t.same(cluster.runs(), []);
  const { code, out } = await cluster.halctl('cluster start');
  t.equal(code, 0, out);
  t.match(out, 'Done: 3 of 3 processes online.');
  const [provider, consumer] = [await cluster.process(base!.fid), await cluster.process(user!)];
  t.equal(provider.state, 'online');
  t.equal(consumer.state, 'online');
  t.ok(consumer.changed > provider.changed, 'the base came first');
  t.equal(cluster.runs().length, 3);
  const stopped = await cluster.halctl('cluster stop');
  t.equal(stopped.code, 0, stopped.err);
  t.same(cluster.runs(), []);
  const [down, up] = [await cluster.process(user!), await cluster.process(base!.fid)];
  t.ok(down.changed < up.changed, 'and goes last');
});

t.test('T18: adding writes no file and starts nothing', async (t) => {
  const fid = await cluster.one(first, 'worker');
  const folder = join(cluster.folder, 'sysconfig1');
  t.notOk(existsSync(join(folder, `worker-${fid}`)));
  await cluster.start(fid);
  t.ok(existsSync(join(folder, `worker-${fid}`)), 'starting does');
  t.equal((await cluster.halctl(`cluster process remove ${fid}`)).code, 0);
  // It is told when the process is gone; its agent forgets it then.
  await until('removal takes it away', () => !existsSync(join(folder, `worker-${fid}`)));
});

t.test('T51: a killed process comes back with a new pid', async (t) => {
  const fid = await cluster.one(first, 'worker');
  const pid = await cluster.start(fid);
  kill(pid);
  const back = await cluster.returns(fid, pid);
  t.same(
    cluster.runs(fid).map((run) => run.pid),
    [back.pid],
  );
  t.equal(back.attempt, 2);
  t.match(
    await cluster.events('ProcessStarting', fid),
    [
      { attempt: 1, reason: '' },
      { attempt: 2, reason: 'was killed by SIGKILL' },
    ],
    'and the log says why',
  );
});

t.test('T28, T29: a crash loop ends in failed and is nobody else’s business', async (t) => {
  const fid = await cluster.one(first, 'crasher');
  const neighbour = await cluster.one(first, 'worker');
  const pid = await cluster.start(neighbour);
  const { code, out, err } = await cluster.halctl(`cluster process start ${fid}`);
  t.equal(code, 1);
  t.match(out, /failed.*crasher.*n1\.example.*exited with code 3/s);
  t.match(err, '1 of 1 process did not get there');
  const { state, reason, attempt } = await cluster.process(fid);
  t.match({ state, reason, attempt }, { state: 'failed', reason: /given up after 3 attempts/ });
  t.equal(await cluster.pid(neighbour), pid);
  t.equal((await cluster.host(first))?.state, 'up');
  t.same(cluster.runs(fid), []);
});

t.test('a command that is not there fails with the reason', async (t) => {
  const fid = await cluster.one(second, 'missing');
  const { code, out } = await cluster.halctl(`cluster process start ${fid} --json`);
  t.equal(code, 1);
  const [failed] = JSON.parse(out).failed;
  t.match(failed, { fid, state: 'failed', host: second });
  t.match(failed.reason, /\/nonexistent\/program/);
});

t.test('T48: where one node fails to start, start says so, and the others run', async (t) => {
  const bad = await cluster.one(second, 'crasher');
  const good = await cluster.one(first, 'worker');
  const higher = await cluster.one(second, 'worker');
  const { code, out } = await cluster.halctl('cluster start');
  t.equal(code, 1);
  t.match(out, 'Ended: 2 of 3 processes online.');
  t.match(out, new RegExp(`${bad} +failed +crasher +n2\\.example`));
  t.equal((await cluster.process(good)).state, 'online');
  t.equal((await cluster.process(higher)).state, 'online', 'levels above go on without it');
});

t.test('a process that ignores SIGTERM is killed after its time', async (t) => {
  const fid = await cluster.one(first, 'stubborn');
  await cluster.start(fid);
  await until('it ignores SIGTERM', () => cluster.runs(fid).length === 2);
  const began = performance.now();
  const { code, err } = await cluster.halctl(`cluster process stop ${fid}`);
  t.equal(code, 0, err);
  t.ok(performance.now() - began > 1500, 'it had its time');
  t.match(await cluster.process(fid), { state: 'offline', reason: /SIGKILL/ });
  t.same(cluster.runs(fid), []);
});

t.test('stop during start ends it, and who waits for the start is told', async (t) => {
  const fid = await cluster.one(first, 'slow');
  const start = cluster.halctl(`cluster process start ${fid}`);
  await until('it runs', () => cluster.runs(fid).length > 0);
  const stop = await cluster.halctl(`cluster process stop ${fid}`);
  t.equal(stop.code, 0, stop.err);
  t.same(cluster.runs(fid), []);
  t.equal((await cluster.process(fid)).state, 'offline');
  const { code, err } = await start;
  t.equal(code, 1);
  t.match(err, 'somebody wanted the opposite meanwhile');
});

t.test('stop while it waits for its next attempt: it is not started again', async (t) => {
  const fid = await cluster.one(first, 'crasher');
  const interval = (seconds: number) =>
    cluster.client.setVars({ process_restart_retry_interval: seconds });
  // The second attempt is made at once; the third would come an hour later.
  await interval(3600);
  t.teardown(() => interval(1));
  await cluster.client.act({ verb: 'start', process: fid });
  await until('an attempt', async () => (await cluster.process(fid)).attempt >= 2);
  const { code } = await cluster.halctl(`cluster process stop ${fid}`);
  t.equal(code, 0);
  const { generation } = await cluster.process(fid);
  await cluster.start(await cluster.one(first, 'worker'));
  t.match(await cluster.process(fid), { state: 'offline', generation });
});

t.test('T36: of two stops at once there is one, and both callers hear of its end', async (t) => {
  const fid = await cluster.one(first, 'worker');
  await cluster.start(fid);
  const stops = await Promise.all([1, 2].map(() => cluster.halctl(`cluster process stop ${fid}`)));
  t.same(
    stops.map(({ code }) => code),
    [0, 0],
  );
  t.equal((await cluster.events('ProcessStopOrdered', fid)).length, 1);
  t.same(cluster.runs(fid), []);
});

t.test('T49: starting and stopping twice is harmless', async (t) => {
  const fids = await cluster.add(first, 'worker', 2);
  t.equal((await cluster.halctl('cluster start')).code, 0);
  const pids = await Promise.all(fids.map((fid) => cluster.pid(fid)));
  t.equal((await cluster.halctl('cluster start')).code, 0);
  const again = await cluster.halctl(`cluster process start ${fids[0]}`);
  t.match(again, { code: 0, out: /Nothing had to be done/ });
  t.same(await Promise.all(fids.map((fid) => cluster.pid(fid))), pids, 'nothing was restarted');
  for (const time of ['once', 'twice'])
    t.equal((await cluster.halctl('cluster stop')).code, 0, time);
  const down = await cluster.halctl(`cluster process stop ${fids[0]}`);
  t.match(down, { code: 0, out: /Nothing had to be done/ });
  t.same(cluster.runs(), []);
});

t.test('restart gives a new pid, of one and the same process', async (t) => {
  const fid = await cluster.one(first, 'worker');
  const pid = await cluster.start(fid);
  const { code, err } = await cluster.halctl(`cluster process restart ${fid}`);
  t.equal(code, 0, err);
  t.not(await cluster.pid(fid), pid);
  t.equal(cluster.runs(fid).length, 1);
});

t.test('one node is started and stopped without the others', async (t) => {
  const [here, there] = [await cluster.one(first, 'worker'), await cluster.one(second, 'worker')];
  t.equal((await cluster.halctl(`cluster node start ${first}`)).code, 0);
  t.equal((await cluster.process(here)).state, 'online');
  t.equal((await cluster.process(there)).state, 'unknown');
  t.equal((await cluster.halctl(`cluster node stop ${first}`)).code, 0);
  t.equal((await cluster.process(here)).state, 'offline');
});

t.test('stopping what others require is refused, unless forced', async (t) => {
  await cluster.one(first, 'user');
  const [base] = (await cluster.processes()).filter(({ role }) => role === 'base');
  t.equal((await cluster.halctl('cluster start')).code, 0);
  const refused = await cluster.halctl(`cluster process stop ${base!.fid}`);
  t.match(refused, { code: 4, err: /process-required/ });
  t.equal((await cluster.halctl(`cluster process stop ${base!.fid} --force`)).code, 0);
  t.equal((await cluster.process(base!.fid)).state, 'offline');
});

t.test('T47: cluster stop does not wait for independent processes, and names them', async (t) => {
  const [managed, owned] = [await cluster.one(first, 'worker'), await cluster.one(first, 'owned')];
  await cluster.start(managed);
  await cluster.client.reportState(owned, { state: 'online' });
  const { code, err } = await cluster.halctl('cluster stop');
  t.equal(code, 0);
  t.match(err, `Warning: ${owned} is independent and goes on running`);
  t.equal((await cluster.process(owned)).state, 'online');
  t.equal((await cluster.process(managed)).state, 'offline');
});

t.test('T27: an independent process is not started, and nothing about it changes', async (t) => {
  const owned = await cluster.one(first, 'owned');
  const refused = await cluster.halctl(`cluster process start ${owned}`);
  t.match(refused, { code: 4, err: /process-independent/ });
  t.equal((await cluster.process(owned)).state, 'unknown');
});

t.test('T67: a start goes on without its caller, who can ask for the result again', async (t) => {
  const fid = await cluster.one(first, 'late');
  const start = { verb: 'start', process: fid } as const;
  const key = `start ${fid}`;
  const begun = await cluster.client.act(start, { idempotencyKey: key });
  t.equal(begun.state, 'running');
  const caller = cluster.client.operation(begun.id, 60, { signal: AbortSignal.timeout(300) });
  await t.rejects(caller, { name: 'TimeoutError' });
  t.not((await cluster.process(fid)).state, 'online', 'it is on its way');
  await cluster.reaches(fid, 'online');
  const { id, state, done } = await cluster.client.act(start, { idempotencyKey: key });
  t.same({ id, state, done }, { id: begun.id, state: 'succeeded', done: 1 });
  t.equal((await cluster.process(fid)).generation, 1);
});
