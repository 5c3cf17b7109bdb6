/**
 * What a leading station does by itself: over a log in memory, by a clock whose hands the test turns,
 * so that hours pass at once.
 */

import t from 'tap';
import type { Test } from 'tap';
import type { AgentSession } from '../../src/station/duties/agent-sessions.ts';
import { Station } from '../../src/station/station.ts';
import { HandTime } from './hand-time.ts';
import { host, openStation, until } from './harness.ts';
import type { InProcess } from './harness.ts';
import { memoryLog, storageOf } from './memory-log.ts';
import type { WatchedLog } from './memory-log.ts';

const minute = 60_000;
const sender = { actor: 'test' };

interface Played extends InProcess {
  readonly time: HandTime;
  readonly log: WatchedLog;
}

/** A station that leads, with the example. */
const played = async (t: Test, snapshotEvery = 0): Promise<Played> => {
  const [time, log] = [new HandTime(), memoryLog()];
  const opened = await openStation(t, { log, time, snapshotEvery });
  await opened.fill();
  return { ...opened, time, log };
};

/** An agent that is connected and says nothing. */
const silentAgent = (term = 1): AgentSession & { readonly isClosed: () => boolean } => {
  let isClosed = false;
  const nothing = (): void => undefined;
  return {
    fqdn: host,
    minor: 0,
    protocol: '1.0',
    term,
    trace: nothing,
    pace: nothing,
    assign: nothing,
    openOutput: () => t.fail('nobody asks') as never,
    answers: () => t.fail('nobody doubts') as never,
    close: () => (isClosed = true),
    isClosed: () => isClosed,
  };
};

const shortToken = async ({ ask }: InProcess): Promise<string> => {
  const { status, body } = await ask('POST', '/tokens', {
    name: 'short',
    role: 'viewer',
    expires_in: 60,
  });
  t.equal(status, 201);
  return body.id as string;
};

t.test('a deadline is fired when it comes, and not before', async (t) => {
  const opened = await played(t);
  const { station, time } = opened;
  const id = await shortToken(opened);
  await time.pass(minute - 1000);
  t.ok(station.graph.get('credential', id));
  await time.pass(2000);
  t.notOk(station.graph.get('credential', id));
});

t.test('a process whose lease nobody renews is removed', async (t) => {
  const { ask, station, time } = await played(t);
  const body = { host, role: 'clovis-app', lease: 60 };
  const { fid } = (await ask('POST', '/processes', body)).body.processes.at(-1);
  await time.pass(50_000);
  await ask('PUT', `/processes/${fid}/lease`, { seconds: 60 });
  await time.pass(minute - 1000);
  t.ok(station.graph.get('process', fid), 'it was renewed');
  await time.pass(2000);
  t.notOk(station.graph.get('process', fid));
});

t.test('a host whose agent falls silent is down, and attempts follow to recover it', async (t) => {
  const { ask, station, time, log } = await played(t);
  await ask('PUT', '/vars', { recovery_expiry_seconds: 600, recovery_max_retries: 5 });
  const agent = silentAgent();
  station.agents.join(agent);
  const timeout = station.agents.timeoutMs();
  await time.pass(timeout - 1000);
  t.equal(station.graph.must('host', host).state, 'up');
  await time.pass(2000);
  t.equal(station.graph.must('host', host).state, 'down');
  t.ok(agent.isClosed());
  await time.pass(5 * minute);
  t.equal(station.graph.must('recovery', host).attempts, 2);
  t.equal(log.story().filter((type) => type === 'RecoveryAttempted').length, 2);
});

t.test('a snapshot is made when enough has happened', async (t) => {
  const { station } = await played(t, 20);
  for (let i = 0; i < 20; i += 1)
    await station.submit({ type: 'RegisterHost', fqdn: `h${i}.example` }, sender, () => null);
  await until('a snapshot', () => station.archive.snapshots.length > 0);
});

t.test('a station that was opened does nothing by itself until it is started', async (t) => {
  const before = await played(t);
  const id = await shortToken(before);
  const storage = storageOf(before.log.commits());
  await before.close();
  const [time, log] = [new HandTime(), memoryLog(storage)];
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  const { directory } = before;
  const station = await Station.open({ directory, logger, log, time, snapshotEvery: 1 });
  t.teardown(() => station.close());
  const head = log.head();
  t.equal(time.timers, 0);
  t.equal(log.listeners(), 0);
  await time.pass(10 * minute);
  t.equal(log.head(), head);
  t.ok(station.graph.get('credential', id), 'though it has expired long ago');
  station.start(1);
  await time.pass(1000);
  t.notOk(station.graph.get('credential', id));
});

t.test('once its duties have stopped nothing of them goes on', async (t) => {
  const opened = await played(t);
  const { station, time, log } = opened;
  const agent = silentAgent();
  station.agents.join(agent);
  await shortToken(opened);
  const [timers, listeners] = [time.timers, log.listeners()];
  await station.duties.stop();
  t.equal(station.duties.term, null);
  t.ok(agent.isClosed(), 'its agents go to the station that leads next');
  t.equal(station.agents.connected, 0);
  t.equal(station.leases.size, 0);
  t.equal(log.listeners(), 0, `of ${listeners}`);
  t.equal(time.timers, 2, `of ${timers}: the rate of commits and the look at the files`);
  const head = log.head();
  await time.pass(60 * minute);
  t.equal(log.head(), head, 'neither a deadline nor a silence comes to the log');
  const late = silentAgent();
  station.agents.join(late);
  t.ok(late.isClosed(), 'nor is an agent taken in');
});

t.test('duties that have stopped can be taken up again in a later term', async (t) => {
  const opened = await played(t);
  const { ask, station, time } = opened;
  const body = { host, role: 'clovis-app', lease: 60 };
  const { fid } = (await ask('POST', '/processes', body)).body.processes.at(-1);
  const id = await shortToken(opened);
  await station.duties.stop();
  await time.pass(10 * minute);
  for (const term of [1, 0, 1.5]) t.throws(() => station.duties.start(term), RangeError);
  station.duties.start(2);
  t.throws(() => station.duties.start(3), RangeError, 'while they are done');
  t.equal(station.duties.term, 2);
  await time.pass(1000);
  t.notOk(station.graph.get('credential', id), 'what came due meanwhile is done');
  t.ok(station.graph.get('process', fid), 'what nobody could renew has its full time again');
  t.equal(station.graph.must('host', host).state, 'up', 'and so have agents');
  const old = silentAgent(1);
  station.agents.join(old);
  t.ok(old.isClosed(), 'an agent that was welcomed in the term before is welcomed again');
  const agent = silentAgent(2);
  station.agents.join(agent);
  t.equal(station.agents.connected, 1);
  await time.pass(minute);
  t.notOk(station.graph.get('process', fid));
  await time.pass(station.agents.timeoutMs());
  t.equal(station.graph.must('host', host).state, 'down');
});

t.test('a stop waits for what a duty has submitted, and nothing follows it', async (t) => {
  const opened = await played(t);
  const { station, time, log } = opened;
  const id = await shortToken(opened);
  const release = log.hold();
  const head = log.head();
  await time.pass(2 * minute);
  t.equal(station.waiting, 1, 'the deadline is on its way to the log');
  let hasStopped = false;
  const stopped = station.duties.stop().then(() => (hasStopped = true));
  await time.pass(0);
  t.notOk(hasStopped);
  release();
  await stopped;
  t.equal(station.waiting, 0);
  t.equal(log.head(), head + 1);
  t.notOk(station.graph.get('credential', id));
});
