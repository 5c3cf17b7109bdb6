/** What the driver of KurrentDB makes of servers that are silent, away, or not what they were. */

import t from 'tap';
import type { Test } from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import { openKurrentdbLog } from '../../src/log/kurrentdb/kurrentdb-log.ts';
import type { EventLog } from '../../src/log/log.ts';
import { FakeCluster, FakeNode } from '../kurrentdb/node.ts';
import { patience } from '../kurrentdb/patience.ts';
import { appendAll, codeOf, commitAt, range } from './contract.ts';
import { LeapingTimers } from './leaping-timers.ts';

/** Looks come often, so that what is not told is seen soon. */
const waits = { ...patience, look: 200, longestRest: 200 };

const none = revision(0);

interface Started {
  readonly cluster: FakeCluster;
  readonly nodes: FakeNode[];
  readonly open: (query?: string, own?: object) => Promise<EventLog>;
  /** By which all logs of the test go. */
  readonly timers: LeapingTimers;
}

async function started(t: Test, count = 1): Promise<Started> {
  const cluster = new FakeCluster();
  t.teardown(() => cluster.close());
  for (let i = 0; i < count; i++) await FakeNode.start(cluster);
  const { nodes } = cluster;
  const timers = new LeapingTimers();
  const open = async (query = '', own: object = {}): Promise<EventLog> => {
    const hosts = nodes.map(({ host, port }) => `${host}:${port}`).join(',');
    const place = `//${hosts}/tried?tls=false${query}`;
    const log = await openKurrentdbLog({ place, env: {}, timers, waits: { ...waits, ...own } });
    t.teardown(() => log.close());
    return log;
  };
  return { cluster, nodes, open, timers };
}

/** Resolves when something has become so, which is looked at with every turn of a timer. */
async function until(so: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!so()) {
    if (performance.now() > end) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What becomes so, or is answered, while nothing else can be: time flies until then. */
async function soon<T>(timers: LeapingTimers, awaited: Promise<T>): Promise<T> {
  const land = timers.fly();
  return awaited.finally(land);
}

/** How an append ends of which the servers have heard, and which they do not answer. */
async function unanswered(
  { faults }: FakeNode,
  timers: LeapingTimers,
  append: () => Promise<void>,
): Promise<unknown> {
  const heard = faults.come(faults.appends + 1);
  const ended = codeOf(append());
  await heard;
  timers.leap(patience.call);
  return ended;
}

const notes = (log: EventLog): Promise<unknown[]> =>
  Array.fromAsync(log.read(none), ({ events }) => (events[0]?.data as { note: unknown }).note);

/** Offers a commit until its end is known, as a station does. */
async function offer(log: EventLog, at: number, note: string): Promise<string> {
  for (;;) {
    const code = await codeOf(log.append(commitAt(at, note), revision(at - 1)));
    if (code !== 'outcome-unknown') return code as string;
  }
}

t.test('an append whose answer is lost settles by its commit coming back', async (t) => {
  const { nodes, cluster, open } = await started(t);
  const log = await open();
  nodes[0]!.faults.order('ack-lost');
  await Promise.all(appendAll(log, 0, 3));
  await Promise.all(appendAll(log, 3, 5));
  t.equal(cluster.streams.last('tried'), 4);
  t.same(await notes(log), Array(5).fill('as planned'));
});

/** Fates of appends that get no answer. */
const silent: readonly string[] = ['ack-lost', 'lost', 'late'];

for (const fate of [
  'ack-lost',
  'lost',
  'late',
  'cut',
  'cancelled',
  'timeout',
  'not-ready',
  'no-leader',
] as const)
  t.test(`an append that ends as ${fate} is tried again, and kept once`, async (t) => {
    const { nodes, cluster, open, timers } = await started(t);
    const [{ faults }] = nodes as [FakeNode];
    const log = await open();
    faults.feeds = false;
    faults.order(fate);
    const appended = Promise.all(appendAll(log, 0, 3));
    await faults.come(1);
    if (silent.includes(fate)) timers.leap(patience.answer);
    await appended;
    faults.letGo();
    await Promise.all(appendAll(log, 3, 5));
    t.equal(cluster.streams.last('tried'), 4);
    t.equal(log.head(), 5);
    t.ok(faults.appends >= 3);
  });

t.test('an append that gets no answer at all is in doubt, and is offered again', async (t) => {
  const { nodes, cluster, open, timers } = await started(t);
  const [node] = nodes as [FakeNode];
  const { faults } = node;
  const log = await open();
  await Promise.all(appendAll(log, 0, 2));
  faults.feeds = false;
  faults.always('ack-lost');
  let behind: Promise<unknown> | undefined;
  const ended = await unanswered(node, timers, () => {
    const [third, fourth] = appendAll(log, 2, 4) as [Promise<void>, Promise<void>];
    behind = codeOf(fourth);
    return third;
  });
  t.same([ended, await behind], ['outcome-unknown', 'outcome-unknown']);
  t.equal(cluster.streams.last('tried'), 3, 'it was kept');
  const again = await unanswered(node, timers, () => log.append(commitAt(3), revision(2)));
  t.equal(again, 'outcome-unknown', 'still');
  faults.always(undefined);
  t.match(await offer(log, 3, 'as planned'), /^(done|revision-conflict)$/);
  t.match(await offer(log, 4, 'as planned'), /^(done|revision-conflict)$/);
  t.equal(cluster.streams.last('tried'), 3, 'once');
  t.equal(log.head(), 4);
});

t.test('what is in doubt stays so, though later attempts certainly failed', async (t) => {
  const { nodes, cluster, open, timers } = await started(t);
  const [node] = nodes as [FakeNode];
  const log = await open();
  const first = (): Promise<void> => log.append(commitAt(1), none);
  node.faults.always('late');
  t.equal(await unanswered(node, timers, first), 'outcome-unknown');
  node.faults.always('denied');
  t.equal(await codeOf(first()), 'outcome-unknown', 'it may come late');
  node.faults.letGo();
  await until(() => log.head() === 1);
  node.faults.always(undefined);
  t.equal(await codeOf(first()), 'revision-conflict');
  t.same(await Array.fromAsync(log.read(none)), [commitAt(1)], 'with the same in its place');
  node.faults.always('denied');
  t.equal(await codeOf(log.append(commitAt(2), revision(1))), 'append-failed', 'no doubt any more');
  t.equal(cluster.streams.last('tried'), 0);
});

t.test('another commit in the place of one in doubt is a conflict', async (t) => {
  const { nodes, open, timers } = await started(t);
  const [node] = nodes as [FakeNode];
  const [log, other] = [await open(), await open()];
  node.faults.always('lost', '"mine"');
  const mine = await unanswered(node, timers, () => log.append(commitAt(1, 'mine'), none));
  t.equal(mine, 'outcome-unknown');
  await other.append(commitAt(1, 'theirs'), none);
  t.equal(await offer(log, 1, 'mine'), 'revision-conflict');
  t.same(await notes(log), ['theirs']);
});

t.test('the leader is followed when another leads', async (t) => {
  const { cluster, nodes, open } = await started(t, 2);
  const log = await open();
  t.equal(log.durability, 'disk-quorum');
  const seen: number[] = [];
  log.subscribe(none, ({ revision }) => seen.push(revision));
  await Promise.all(appendAll(log, 0, 3));
  cluster.elect(nodes[1]);
  await Promise.all(appendAll(log, 3, 6));
  t.same(seen, range(0, 6));
  t.equal((await notes(log)).length, 6);
  await until(() => log.shared?.trouble === undefined);
});

t.test('with the address of one server alone the leader is followed too', async (t) => {
  const { cluster, nodes } = await started(t, 2);
  const place = `//127.0.0.1:${nodes[0]!.port}/tried?tls=false`;
  cluster.elect(nodes[1]);
  const log = await openKurrentdbLog({ place, env: {}, waits });
  t.teardown(() => log.close());
  await Promise.all(appendAll(log, 0, 3));
  cluster.elect(nodes[0]);
  await Promise.all(appendAll(log, 3, 6));
  t.equal((await notes(log)).length, 6);
});

t.test('a dead leader costs time and nothing else', async (t) => {
  const { cluster, nodes, open } = await started(t, 2);
  const [first, second] = nodes as [FakeNode, FakeNode];
  const log = await open();
  const other = await open();
  await Promise.all(appendAll(log, 0, 3));
  await first.kill();
  cluster.elect(second);
  t.equal(await offer(log, 4, 'after'), 'done');
  await until(() => other.head() === 4);
  await other.append(commitAt(5), revision(4));
  await until(() => log.head() === 5);
  t.equal(cluster.streams.last('tried'), 4);
});

t.test('while no server listens, appends certainly fail; then it goes on', async (t) => {
  const { nodes, open, timers } = await started(t);
  const [node] = nodes as [FakeNode];
  // Each attempt has seconds to be refused by a port where nobody listens.
  const [log, other] = [
    await open('', { answer: 40_000, call: 10_000, longestRest: 5000 }),
    await open(),
  ];
  await Promise.all(appendAll(log, 0, 3));
  await node.kill();
  await soon(
    timers,
    until(() => log.shared?.trouble !== undefined),
  );
  t.match(log.shared?.trouble, /KurrentDB \(127\.0\.0\.1:\d+\) does not answer: ./);
  t.equal(await codeOf(log.append(commitAt(4), revision(3))), 'append-failed');
  const unavailable = { code: 'log-unavailable' };
  await soon(timers, t.rejects(log.checksum(revision(1)), unavailable));
  await soon(timers, t.rejects(log.read(none).next(), unavailable));
  t.equal(log.head(), 3, 'what was known is known');
  await node.revive();
  await until(() => log.shared?.trouble === undefined);
  t.equal(await offer(log, 4, 'after'), 'done');
  await until(() => other.head() === 4);
});

t.test('servers that hang are noticed, and nothing waits for them without an end', async (t) => {
  const { nodes, open, timers } = await started(t);
  const [node] = nodes as [FakeNode];
  const log = await open();
  await Promise.all(appendAll(log, 0, 3));
  node.faults.hang();
  const land = timers.fly();
  t.teardown(land);
  t.equal(await codeOf(log.append(commitAt(4), revision(3))), 'outcome-unknown');
  await until(() => log.shared?.trouble !== undefined);
  await t.rejects(log.revisionAt(0), { code: 'log-unavailable' });
  await t.rejects(log.shared!.register('lease').read(), { code: 'log-unavailable' });
  land();
  node.faults.wake();
  t.match(await offer(log, 4, 'as planned'), /done|conflict/);
});

t.test('a silent feed is noticed by a look, and followed anew', async (t) => {
  const { nodes, open } = await started(t);
  const [{ faults }] = nodes as [FakeNode];
  const [log, other] = [await open(), await open()];
  faults.feeds = false;
  await Promise.all(appendAll(log, 0, 3));
  faults.feeds = true;
  await until(() => other.head() === 3);
  t.equal((await notes(other)).length, 3);
});

t.test('a group is cut below what the servers take', async (t) => {
  const { nodes, cluster, open } = await started(t);
  const log = await open();
  const note = 'x'.repeat(300_000);
  await Promise.all(range(0, 10).map((at) => log.append(commitAt(at, note), revision(at - 1))));
  t.equal(cluster.streams.last('tried'), 9);
  t.ok(nodes[0]!.faults.appends >= 4);
  const { commitCharacters } = log.limits;
  t.ok(commitCharacters > 1_000_000 && commitCharacters < cluster.maxAppendSize);
});

t.test('a commit of many letters of several bytes is measured by its bytes', async (t) => {
  const { cluster, open } = await started(t);
  const log = await open();
  const letters = 'ω'.repeat(600_000);
  t.equal(await codeOf(log.append(commitAt(1, letters), none)), 'append-failed');
  await log.append(commitAt(1, 'ω'.repeat(500_000)), none);
  t.equal(cluster.streams.last('tried'), 0);
  t.same(await notes(log), ['ω'.repeat(500_000)]);
});

t.test('servers that take less than was thought are believed', async (t) => {
  const { cluster, open } = await started(t);
  const log = await open();
  cluster.maxAppendSize = 100_000;
  const large = log.append(commitAt(1, 'x'.repeat(120_000)), none);
  const behind = codeOf(log.append(commitAt(2), revision(1)));
  await t.rejects(large, { name: 'CommitTooLargeError' });
  t.equal(await behind, 'append-failed');
  const note = 'x'.repeat(40_000);
  await Promise.all(range(0, 6).map((at) => log.append(commitAt(at, note), revision(at - 1))));
  t.equal(cluster.streams.last('tried'), 5);
  t.ok(log.limits.commitCharacters < 100_000);
  await log.append(commitAt(7), revision(6));
  const roomy = await open('&maxAppendSize=4194304');
  cluster.maxAppendSize = 4 * 1024 * 1024;
  await roomy.append(commitAt(8, 'x'.repeat(3_900_000)), revision(7));
  t.equal(cluster.streams.last('tried'), 7, 'and those that are set to take more');
});

t.test('what was read and is not there any more ends the log', async (t) => {
  const { cluster, open } = await started(t);
  const log = await open();
  await Promise.all(appendAll(log, 0, 10));
  const told = new Promise<unknown>((resolve) => {
    log.subscribe(none, () => undefined, resolve);
  });
  cluster.streams.forget('tried', 6);
  t.match(await told, { code: 'history-lost', revision: 10 });
  t.equal(await codeOf(log.append(commitAt(11), revision(10))), 'history-lost');
  t.throws(() => log.read(none), { code: 'history-lost' });
  t.match(log.shared?.trouble, /is not in it any more/);
  const again = await open();
  t.equal(again.head(), 7, 'what is there now counts');
  await again.append(commitAt(8, 'anew'), revision(7));
});

t.test('something else in the place of what was read ends it too', async (t) => {
  const { cluster, open } = await started(t);
  const [log, writer] = [await open(), await open()];
  await Promise.all(appendAll(writer, 0, 10));
  await until(() => log.head() === 10);
  await writer.close();
  const told = new Promise<unknown>((resolve) => {
    log.subscribe(none, () => undefined, resolve);
  });
  cluster.streams.forget('tried', 6);
  const anew = await open();
  await Promise.all(appendAll(anew, 7, 14, 'anew'));
  t.match(await told, { code: 'history-lost' });
  t.equal(anew.head(), 14);
  t.equal(anew.shared?.trouble, undefined);
});

t.test('what is damaged is refused, when it is opened and when it is read', async (t) => {
  const { cluster, open } = await started(t);
  const log = await open();
  await Promise.all(appendAll(log, 0, 20));
  const [event] = cluster.streams.read('tried', 4, 1);
  const data = Buffer.from(event!.data);
  data.write('X', 30);
  cluster.streams.damage('tried', 4, data);
  const damaged = { code: 'log-corrupt', message: /at revision 5, its checksum is wrong/ };
  await t.rejects(Array.fromAsync(log.read(none)), damaged);
  t.equal((await Array.fromAsync(log.read(revision(5)))).length, 15, 'the rest is whole');
  await t.rejects(open(), damaged);
});

t.test('what another program writes into the stream is no commit', async (t) => {
  const { cluster, open } = await started(t);
  const log = await open();
  await Promise.all(appendAll(log, 0, 2));
  const told = new Promise<unknown>((resolve) => {
    log.subscribe(none, () => undefined, resolve);
  });
  const foreign = { type: 'OrderPlaced', isJson: true, data: Buffer.from('{"a":1}') };
  cluster.streams.append('tried', 1, [
    { ...foreign, id: crypto.randomUUID(), metadata: new Uint8Array() },
  ]);
  t.match(await told, { code: 'log-corrupt', message: /that no station wrote/ });
  t.equal(await codeOf(log.append(commitAt(3), revision(2))), 'log-corrupt');
  await t.rejects(open(), { code: 'log-corrupt' });
});

t.test('a time is found with a few looks, however long the log is', async (t) => {
  const { nodes, open } = await started(t);
  const log = await open();
  await Promise.all(appendAll(log, 0, 3000));
  const before = nodes[0]!.faults.read;
  t.equal(await log.revisionAt(commitAt(1234).at), 1234);
  t.ok(nodes[0]!.faults.read - before < 40, 'of 3000');
});

t.test('no server that answers is a log that cannot be used', async (t) => {
  const { nodes, open, timers } = await started(t);
  await nodes[0]!.kill();
  const place = `//127.0.0.1:${nodes[0]!.port}/tried?tls=false`;
  const refused = t.rejects(openKurrentdbLog({ place, env: {}, timers, waits }), {
    code: 'log-unavailable',
    message: /^KurrentDB \(127\.0\.0\.1:\d+\) cannot be used: ./,
  });
  await soon(timers, refused);
  await nodes[0]!.revive();
  t.equal((await open()).head(), 0);
});
