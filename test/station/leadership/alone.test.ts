/** A station that has its log to itself: how it stands, and who waits for a revision. */

import t from 'tap';
import type { Revision } from '../../../src/core/values/revision.ts';
import { Station } from '../../../src/station/station.ts';
import { HandTime } from '../hand-time.ts';
import { openStation, temporary } from '../harness.ts';
import { memoryLog } from '../memory-log.ts';

const sender = { actor: 'test' };
const never = new AbortController().signal;

t.test('a station with its own log leads from its start to its end, without a word', async (t) => {
  const [time, log] = [new HandTime(), memoryLog()];
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  const place = { name: 'head1', url: 'http://head1:7400' };
  const station = await Station.open({ directory: temporary(t), logger, log, time, ...place });
  t.teardown(() => station.close());
  t.match(station.standing, { role: 'following', name: 'head1', term: 0, leader: null });
  await time.pass(5000);
  station.start(1);
  t.strictSame(station.standing, {
    role: 'leading',
    name: 'head1',
    term: 1,
    leader: { station: 'head1', url: 'http://head1:7400' },
    since: time.now(),
  });
  await time.pass(60_000);
  t.equal(log.head(), 0, 'nothing of it is in the log');
  await station.close();
  t.equal(station.standing.role, 'following');
});

t.test('one without a name leads as well', async (t) => {
  const { station } = await openStation(t, { log: memoryLog() });
  t.match(station.standing, { role: 'leading', name: null, term: 1, leader: null });
});

t.test('whoever waits for a revision is told when it is durable, and not before', async (t) => {
  const log = memoryLog();
  const { station } = await openStation(t, { log });
  const [head, listeners] = [station.head, log.listeners()];
  await station.reached(head, never);
  const next = (head + 1) as Revision;
  let isThere = false;
  const waiting = station.reached(next, never).then(() => (isThere = true));
  const letThrough = log.hold();
  const submitted = station.submit({ type: 'RegisterHost', fqdn: 'a.b' }, sender, () => null);
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.equal(station.head, next, 'the graph has it');
  t.notOk(isThere);
  letThrough();
  await submitted;
  await waiting;
  t.equal(log.listeners(), listeners, 'nobody listens any more');
});

t.test('whoever leaves waits no more', async (t) => {
  const log = memoryLog();
  const { station } = await openStation(t, { log });
  const listeners = log.listeners();
  const leaving = new AbortController();
  const waiting = station.reached(1000 as Revision, leaving.signal);
  leaving.abort(new Error('left'));
  await t.rejects(waiting, { message: 'left' });
  await t.rejects(station.reached(1000 as Revision, leaving.signal), { message: 'left' });
  t.equal(log.listeners(), listeners);
});
