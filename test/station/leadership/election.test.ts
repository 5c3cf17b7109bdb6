/** Which of several stations leads, by clocks whose hands the test turns. */

import t from 'tap';
import { HistoryLostError } from '../../../src/log/log.ts';
import { NotLeadingError } from '../../../src/station/leadership/standing.ts';
import type { AgentSession } from '../../../src/station/duties/agent-sessions.ts';
import { Cluster, urlOf } from './cluster.ts';

const hour = 3_600_000;
const second = 1000;

t.test('the first station makes itself known, and leads', async (t) => {
  const cluster = new Cluster(t);
  const one = await cluster.open('head1');
  t.match(one.station.standing, { role: 'following', name: 'head1', term: 0, leader: null });
  await t.rejects(one.add('a.b'), NotLeadingError);
  t.ok((await cluster.until('it leads', () => cluster.leaders.length === 1)) <= 2 * second);
  t.match(one.station.standing, { role: 'leading', term: 1, leader: { url: urlOf('head1') } });
  t.strictSame(
    cluster.commits().flatMap(({ events }) => events.map(({ type }) => type)),
    ['StationAdded', 'StationLed'],
  );
  t.match(await one.add('a.b'), { ok: true, revision: 2 });
  const head = cluster.storage.head;
  await cluster.pass(60 * second);
  t.equal(cluster.storage.head, head, 'renewals are not in the log');
  t.equal(one.station.standing.role, 'leading');
});

t.test('one that is not known follows, says so, and may lead once it is', async (t) => {
  const cluster = new Cluster(t);
  const one = await cluster.open('head1');
  await cluster.leader();
  const other = await cluster.open('head2');
  await cluster.pass(5 * second);
  t.match(other.station.standing, { role: 'following', term: 1, leader: { station: 'head1' } });
  t.match(
    other.said.filter((line) => line.includes('halctl system station add head2')).length,
    1,
    'with what to do about it, once',
  );
  await t.rejects(other.add('a.b'), { code: 'not-leading', leader: { station: 'head1' } });
  const command = { type: 'AddStation', station: 'head2', url: urlOf('head2') } as const;
  cluster.halt(one);
  await cluster.pass(60 * second);
  t.strictSame(cluster.terms(), [[1, 'head1']], 'it does not lead though nobody does');
  cluster.halt(one, false);
  await cluster.pass(second);
  const leader = await cluster.leader();
  await leader.station.submit(command, { actor: 'test' }, () => null);
  await cluster.pass(5 * second);
  await cluster.close(leader);
  t.equal((await cluster.leader()).name, 'head2');
});

t.test(
  'one that stops in good order is followed at once, one that dies after its lease',
  async (t) => {
    const cluster = new Cluster(t);
    const [one, two, three] = await cluster.three();
    await cluster.pass(5 * second);
    await cluster.close(one);
    const took = await cluster.until('another leads', () => cluster.leaders.length > 0);
    t.ok(took <= 4 * second, `${took} ms`);
    const second_ = cluster.leaders[0]!;
    const third = second_ === two ? three : two;
    t.match(third.station.standing.role, 'following');
    await cluster.until('the third has its term', () => third.station.standing.term === 2);
    const { leader } = third.station.standing;
    t.equal(leader?.station, second_.name, 'it leads for others as soon as they have its term');
    await cluster.pass(5 * second);
    cluster.halt(second_);
    const lapsed = await cluster.until('the third leads', () => cluster.leaders.includes(third));
    t.ok(lapsed >= 13 * second && lapsed <= 25 * second, `${lapsed} ms`);
    t.strictSame(
      cluster.terms().map(([term]) => term),
      [1, 2, 3],
    );
  },
);

t.test('a leader that was halted notices at its first turn, before it does anything', async (t) => {
  const cluster = new Cluster(t);
  const [one, two, three] = await cluster.three();
  await cluster.pass(3 * second);
  cluster.halt(one);
  await cluster.until('another leads', () => [two, three].some((m) => cluster.leaders.includes(m)));
  const head = cluster.storage.head;
  const graph = one.station.head;
  // Its first turn is a command, of which it decides nothing, and the log has told it nothing.
  t.equal(one.log.head(), graph);
  const { commits } = one.station.counters;
  await t.rejects(one.add('a.b'), NotLeadingError);
  t.equal(one.station.counters.commits, commits, 'nothing was decided');
  t.equal(one.station.head, graph);
  t.equal(one.station.standing.role, 'following');
  t.equal(one.station.duties.term, null);
  cluster.halt(one, false);
  await cluster.pass(30 * second);
  t.equal(cluster.storage.head, head);
  t.match(one.station.standing, { role: 'following', term: 2 });
  t.not(one.station.standing.leader?.station, 'head1');
});

t.test(
  'one whose lease has not run out yet, and that another has displaced, steps down',
  async (t) => {
    const cluster = new Cluster(t);
    const [one] = await cluster.three();
    await cluster.pass(3 * second);
    // By a lease that was taken from it, as by an operator.
    const register = one.log.shared.register('lease');
    const { version } = (await register.read())!;
    await register.replace(version, Buffer.from(JSON.stringify({ holder: null })));
    await cluster.until('another leads', () => cluster.terms().length === 2);
    await cluster.pass(second);
    t.equal(cluster.leaders.length, 1);
    const [, last] = cluster.terms();
    t.equal(last![0], 2);
  },
);

t.test('a leader that is cut off from the log steps down before another leads', async (t) => {
  for (const how of ['silent', 'refused'] as const) {
    const cluster = new Cluster(t);
    const [one, two, three] = await cluster.three();
    await cluster.pass(3 * second);
    one.log.line.cut(how);
    const agent = silentAgent();
    one.station.agents.join(agent);
    const down = await cluster.until('it steps down', () => !cluster.leaders.includes(one));
    t.ok(down <= 10.5 * second, `${how}: after ${down} ms`);
    t.ok(agent.isClosed(), 'its agents look for another');
    const up = await cluster.until('another leads', () => cluster.leaders.length > 0);
    t.ok(down + up >= 13 * second, `${how}: ${up} ms later`);
    t.ok(cluster.leaders[0] === two || cluster.leaders[0] === three);
    one.log.line.restore();
    await cluster.pass(5 * second);
    t.match(one.station.standing, { role: 'following', term: 2 });
    t.equal(one.station.graph.digest(), cluster.leaders[0]!.station.graph.digest());
  }
});

t.test('while the log does not answer nobody leads, and then somebody does', async (t) => {
  const cluster = new Cluster(t);
  const all = await cluster.three();
  await cluster.pass(3 * second);
  for (const { log } of all) log.line.cut('silent');
  await cluster.pass(120 * second);
  t.strictSame(cluster.leaders, []);
  for (const { log } of all) log.line.restore();
  const took = await cluster.until('one leads', () => cluster.leaders.length === 1);
  t.ok(took <= 25 * second, `${took} ms`);
  t.equal(cluster.terms().length, 2);
});

t.test('of two that try at once one leads', async (t) => {
  const cluster = new Cluster(t);
  const same = { random: () => 0 };
  const [one, two, three] = await cluster.three(same, same, same);
  await cluster.pass(3 * second);
  cluster.halt(one);
  for (let i = 0; i < 40; i += 1) {
    await cluster.pass(second);
    t.ok([two, three].filter((m) => cluster.leaders.includes(m)).length <= 1);
  }
  t.equal(cluster.terms().length, 2);
});

t.test(
  'a commit of which the leader heard nothing, and that comes late, is there once',
  async (t) => {
    const cluster = new Cluster(t);
    const [one] = await cluster.three();
    await cluster.pass(3 * second);
    one.silences.push('late');
    const asked = one.add('a.b', 'the key');
    const ended = asked.catch((error: unknown) => error);
    await one.time.pass(0);
    cluster.halt(one);
    one.log.line.cut('silent');
    await cluster.until('another leads', () => cluster.leaders.some((m) => m !== one));
    const leader = cluster.leaders.find((m) => m !== one)!;
    t.match(await cluster.answered(leader.add('a.b', 'the key')), { ok: true });
    one.log.line.restore();
    cluster.halt(one, false);
    const end = await cluster.answered(ended);
    t.match(end, { ok: true }, 'it had come before the other led');
    const added = cluster.commits().filter(({ request }) => request?.key === 'the key');
    t.equal(added.length, 1);
  },
);

t.test(
  'clocks that are an hour off lead nobody to lead early, and the log never back',
  async (t) => {
    for (const skew of [hour, -hour]) {
      const cluster = new Cluster(t);
      const [one, two] = await cluster.three({ skew }, {}, { skew: -skew });
      await cluster.pass(60 * second);
      t.strictSame(cluster.terms(), [[1, 'head1']]);
      await one.add('before.x');
      await two.station.reached(one.station.head, new AbortController().signal);
      cluster.halt(one);
      const took = await cluster.until('another leads', () => cluster.terms().length === 2);
      t.ok(took >= 13 * second, `${took} ms`);
      const leader = cluster.leaders.find((m) => m !== one)!;
      await leader.add('after.x');
      const times = cluster.commits().map(({ at }) => at);
      t.strictSame(
        times,
        times.toSorted((a, b) => a - b),
      );
      t.ok(leader.station.now() >= times.at(-1)!);
    }
  },
);

t.test('a wall clock that is set by an hour costs the leader its lease at most', async (t) => {
  const cluster = new Cluster(t);
  const [one, two] = await cluster.three();
  await cluster.pass(3 * second);
  two.time.jump(hour);
  await cluster.pass(20 * second);
  t.strictSame(cluster.terms(), [[1, 'head1']], 'a follower goes by the other clock');
  one.time.jump(-hour);
  await cluster.pass(20 * second);
  t.strictSame(cluster.terms(), [[1, 'head1']], 'nor does it matter when one is set back');
  one.time.jump(hour);
  await cluster.pass(20 * second);
  t.equal(cluster.leaders.length, 1);
});

t.test('one that is retired leads no more, and is not tried again', async (t) => {
  const cluster = new Cluster(t);
  const [one] = await cluster.three();
  await cluster.pass(3 * second);
  const command = { type: 'RetireStation', station: 'head1' } as const;
  t.match(await one.station.submit(command, { actor: 'test' }, () => null), { ok: true });
  t.equal(one.station.standing.role, 'following');
  const took = await cluster.until('another leads', () => cluster.leaders.length === 1);
  t.ok(took < 5 * second, 'it has given back its lease');
  t.not(cluster.leaders[0], one);
  await cluster.close(cluster.leaders[0]!);
  await cluster.pass(10 * second);
  t.not(cluster.leaders[0], one);
});

t.test(
  'history that the log has lost ends them, and another start goes on from what is there',
  async (t) => {
    const cluster = new Cluster(t);
    const all = await cluster.three();
    await all[0].add('a.b');
    await cluster.pass(3 * second);
    cluster.storage.lose(1);
    const ends = Promise.all(all.map(({ station }) => station.ended));
    const found = await cluster.answered(ends);
    for (const error of found) t.ok(error instanceof HistoryLostError);
    t.strictSame(cluster.leaders, []);
    await t.rejects(all[0].add('c.d'), NotLeadingError);
    for (const member of all) await cluster.close(member);
    const again = await cluster.open('head1');
    t.equal(await cluster.leader(), again);
    t.notOk(again.station.graph.get('host', 'a.b'));
    t.match(await again.add('c.d'), { ok: true });
  },
);

t.test('leading to and fro for minutes ends with one that leads', async (t) => {
  const cluster = new Cluster(t);
  const all = await cluster.three();
  cluster.watch = () => {
    const leading = cluster.leaders.filter(({ isHalted, log }) => !isHalted && !log.line.isCut);
    if (leading.length > 1) t.fail('two lead');
  };
  for (let round = 0; round < 12; round += 1) {
    const leader = await cluster.leader();
    leader.log.line.cut(round % 2 === 0 ? 'silent' : 'refused');
    await cluster.until('another leads', () => cluster.leaders.some((m) => m !== leader));
    leader.log.line.restore();
    await cluster.pass((round % 5) * second);
  }
  await cluster.pass(20 * second);
  t.equal(cluster.leaders.length, 1);
  t.match(await cluster.leaders[0]!.add('a.b'), { ok: true });
  await cluster.pass(second);
  const digests = new Set(all.map(({ station }) => station.graph.digest()));
  t.equal(digests.size, 1);
  const terms = cluster.terms().map(([term]) => term);
  t.strictSame(
    terms,
    terms.map((_, i) => i + 1),
  );
});

const silentAgent = (): AgentSession & { readonly isClosed: () => boolean } => {
  let isClosed = false;
  const nothing = (): void => undefined;
  return {
    fqdn: 'a.b',
    minor: 0,
    term: 1,
    protocol: '1.0',
    trace: nothing,
    pace: nothing,
    assign: nothing,
    openOutput: () => t.fail('nobody asks') as never,
    answers: async () => true,
    close: () => (isClosed = true),
    isClosed: () => isClosed,
  };
};
