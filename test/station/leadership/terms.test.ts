/** What begins and ends with a term: duties that fail or hang, effects, and the grace of hosts. */

import t from 'tap';
import type { Test } from 'tap';
import type { Command } from '../../../src/core/commands/index.ts';
import type { HostFacts } from '../../../src/core/values/host-facts.ts';
import { openSharedMemoryLog, SharedMemory } from '../../../src/log/shared-memory.ts';
import { Duties } from '../../../src/station/duties/duty.ts';
import type { Duty } from '../../../src/station/duties/duty.ts';
import type { Effect, EffectKind } from '../../../src/station/duties/effects/effect.ts';
import { Executor } from '../../../src/station/duties/executor.ts';
import { Turns } from '../../../src/station/fair-use/turns.ts';
import { Election, stopMs } from '../../../src/station/leadership/election.ts';
import { DutiesHangError, NotLeadingError } from '../../../src/station/leadership/standing.ts';
import { Replica } from '../../../src/station/replica/replica.ts';
import type { Result } from '../../../src/station/result.ts';
import { HandTime } from '../hand-time.ts';
import { temporary } from '../harness.ts';
import { Cluster, urlOf } from './cluster.ts';

const second = 1000;
const logger = { info: () => {}, warn: () => {}, error: () => {} };

interface Taking {
  readonly election: Election;
  readonly replica: Replica;
  readonly time: HandTime;
}

type Submit = (command: Command) => Promise<Result<null>>;

/** One that takes part with duties of the test's making. */
const takingPart = async (
  t: Test,
  storage: SharedMemory,
  name: string,
  dutiesOf: (replica: Replica, time: HandTime, submit: Submit, mayAct: () => boolean) => Duty[],
  catchUp: () => Promise<void> = async () => undefined,
): Promise<Taking> => {
  const time = new HandTime();
  const log = openSharedMemoryLog({ storage, deadline: (expire) => time.after(3000, expire) });
  const replica = await Replica.open({
    ...{ log, directory: temporary(t), logger, time },
    trouble: () => undefined,
    turns: new Turns(time.monotonic),
    mint: () => t.fail('nothing is minted') as never,
    notLeading: () => new NotLeadingError(null),
  });
  const submit: Submit = (command) =>
    election.mayLead()
      ? replica.submit(command, { actor: 'station' }, () => null)
      : Promise.reject(new NotLeadingError(null));
  const election: Election = new Election({
    ...{ log, shared: log.shared, time, logger, catchUp, holder: name },
    graph: () => replica.graph,
    duties: new Duties(dutiesOf(replica, time, submit, () => election.mayLead())),
    place: { station: name, url: urlOf(name) },
    leaseSeconds: 15,
    random: () => 0.5,
    append: (command) => replica.submitOwn(command),
    settled: () => replica.settled(),
    failed: replica.failed,
    led: () => undefined,
  });
  replica.whenDisplaced(() => election.displaced());
  t.teardown(async () => {
    let isOver = false;
    const closing = election
      .stop()
      .then(() => replica.close())
      .then(() => log.close())
      .finally(() => (isOver = true));
    for (let i = 0; i < 400 && !isOver; i += 1) await time.pass(250);
    await closing;
  });
  election.start();
  return { election, replica, time };
};

const pass = async (all: readonly Taking[], ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 250) for (const { time } of all) await time.pass(250);
};

const isLeading = ({ election }: Taking): boolean => election.standing.role === 'leading';

const idle = (): Duty[] => [{ start: () => undefined, stop: async () => undefined }];

/** The second is known as well. */
const known = async (one: Taking, station: string): Promise<void> => {
  const command = { type: 'AddStation', station, url: urlOf(station) } as const;
  await one.replica.submit(command, { actor: 'test' }, () => null);
};

t.test('one whose duties do not begin gives the lease back, and tries again later', async (t) => {
  const storage = new SharedMemory();
  let [fails, starts, stops] = [true, 0, 0];
  const failing = (): Duty[] => [
    {
      start: () => {
        starts += 1;
        if (fails) throw new Error('it does not begin');
      },
      stop: async () => void (stops += 1),
    },
  ];
  const one = await takingPart(t, storage, 'head1', failing);
  await pass([one], 120 * second);
  t.notOk(isLeading(one));
  t.ok(starts >= 3 && starts <= 10, `${starts} tries in two minutes: it rests longer each time`);
  t.equal(stops, starts, 'what had begun is ended');
  const other = await takingPart(t, storage, 'head2', idle);
  await known(one, 'head2');
  await pass([one, other], 20 * second);
  t.ok(isLeading(other), 'it does not stand in the way of others');
  const { term } = other.election.standing;
  fails = false;
  await other.election.stop();
  await pass([one], 100 * second);
  t.ok(isLeading(one));
  t.ok(one.election.standing.term > term);
});

t.test(
  'one that cannot learn what was kept before it does not lead, and lets others',
  async (t) => {
    const storage = new SharedMemory();
    const started: string[] = [];
    const noting = (name: string) => (): Duty[] => [
      { start: () => void started.push(name), stop: async () => undefined },
    ];
    let reading: Promise<void> = Promise.reject(new Error('the secrets cannot be read'));
    reading.catch(() => undefined);
    const one = await takingPart(t, storage, 'head1', noting('head1'), () => reading);
    await pass([one], 10_000);
    t.notOk(isLeading(one), 'where it is refused');
    reading = new Promise(() => undefined);
    await pass([one], 60_000);
    t.notOk(isLeading(one), 'where there is no answer');
    await known(one, 'head2');
    const two = await takingPart(t, storage, 'head2', noting('head2'));
    await pass([one, two], 60_000);
    t.ok(isLeading(two), 'it has let go of the lease');
    t.same(started, ['head2'], 'and had begun nothing');
    await two.election.stop();
    const late = Promise.withResolvers<void>();
    reading = late.promise;
    // It rests up to a minute and a half after so many tries.
    let tries = 0;
    const before = one.replica.head;
    while (one.replica.head === before && (tries += 1) < 1000) await pass([one], 250);
    t.notOk(isLeading(one), 'not before it knows');
    late.resolve();
    await pass([one], 1_000);
    t.ok(isLeading(one), 'at once when it knows');
    t.same(started, ['head2', 'head1']);
  },
);

t.test('one whose duties do not end leads no more, and says that it must start anew', async (t) => {
  const storage = new SharedMemory();
  const hanging = (): Duty[] => [
    { start: () => undefined, stop: () => new Promise<void>(() => undefined) },
  ];
  const one = await takingPart(t, storage, 'head1', hanging);
  await pass([one], 3 * second);
  t.ok(isLeading(one));
  let ended: Error | null = null;
  void one.election.ended.then((error) => (ended = error));
  one.time.halt(20 * second);
  await pass([one], stopMs - second);
  t.notOk(isLeading(one));
  t.equal(ended, null, 'it is waited for');
  await pass([one], 2 * second);
  t.ok((ended as unknown) instanceof DutiesHangError);
  await pass([one], 60 * second);
  t.notOk(isLeading(one));
  t.equal(storage.head, 1, 'nor does it try again');
});

/** What is intended for each host `do.*`; its beginning and its end are hosts as well. */
const kindOf = (run: () => Promise<void>): EffectKind<null> => {
  const effects = function* (
    all: Iterable<{ fqdn: string; created: number }>,
    has: (name: string) => boolean,
  ): Generator<Effect<null>> {
    for (const { fqdn, created } of all) {
      const isOpen = fqdn.startsWith('do.') && !has(`done.${fqdn}`) && !has(`interrupted.${fqdn}`);
      if (isOpen)
        yield { intended: created, target: fqdn, intent: null, isBegun: has(`begun.${fqdn}`) };
    }
  };
  const unended: EffectKind<null>['unended'] = (graph) =>
    effects(graph.all('host'), (name) => graph.get('host', name) !== undefined);
  return {
    kind: 'trial',
    limits: { atOnce: 4, perTarget: 1 },
    mayRepeat: false,
    unended,
    intendedBy: (_commit, graph) => unended(graph),
    find: (graph, { target }) => [...unended(graph)].find((one) => one.target === target),
    begin: ({ target }) => ({ type: 'RegisterHost', fqdn: `begun.${target}` }),
    run: async () => {
      await run();
      return { outcome: 'done', detail: '' };
    },
    end: ({ target }, { outcome }) => ({ type: 'RegisterHost', fqdn: `${outcome}.${target}` }),
  };
};

const hostsOf = ({ replica }: Taking): string[] =>
  Array.from(replica.graph.all('host'), ({ fqdn }) => fqdn).sort();

t.test(
  'what a leader had begun when it was halted is interrupted, and not done again',
  async (t) => {
    const storage = new SharedMemory();
    let acts = 0;
    const ending = Promise.withResolvers<void>();
    const acting = (
      replica: Replica,
      time: HandTime,
      submit: Submit,
      mayAct: () => boolean,
    ): Duty[] => {
      const kind = kindOf(() => {
        acts += 1;
        return ending.promise;
      });
      const graph = () => replica.graph;
      return [new Executor({ kinds: [kind], log: replica.log, graph, time, submit, mayAct })];
    };
    const one = await takingPart(t, storage, 'head1', acting);
    await pass([one], 3 * second);
    await known(one, 'head2');
    const other = await takingPart(t, storage, 'head2', acting);
    await one.replica.submit({ type: 'RegisterHost', fqdn: 'do.x' }, { actor: 'test' }, () => null);
    await pass([one, other], second);
    t.equal(acts, 1);
    for (let i = 0; i < 30; i += 1) {
      one.time.halt(second);
      await pass([other], second);
    }
    t.ok(isLeading(other));
    t.strictSame(hostsOf(other), ['begun.do.x', 'do.x', 'interrupted.do.x']);
    ending.resolve();
    await pass([one, other], 10 * second);
    t.equal(acts, 1);
    t.strictSame(
      hostsOf(other),
      ['begun.do.x', 'do.x', 'interrupted.do.x'],
      'nor is its end told late',
    );
    t.strictSame(hostsOf(one), hostsOf(other));
  },
);

t.test(
  'one that is halted when it has recorded the beginning does nothing when it goes on',
  async (t) => {
    const storage = new SharedMemory();
    let acts = 0;
    const acting = (
      replica: Replica,
      time: HandTime,
      submit: Submit,
      mayAct: () => boolean,
    ): Duty[] => {
      const kind = kindOf(async () => void (acts += 1));
      const halting: Submit = async (command) => {
        const result = await submit(command);
        time.halt(60 * second);
        return result;
      };
      const graph = () => replica.graph;
      return [
        new Executor({ kinds: [kind], log: replica.log, graph, time, submit: halting, mayAct }),
      ];
    };
    const one = await takingPart(t, storage, 'head1', acting);
    await pass([one], 3 * second);
    await one.replica.submit({ type: 'RegisterHost', fqdn: 'do.x' }, { actor: 'test' }, () => null);
    await pass([one], 250);
    t.ok(one.replica.graph.get('host', 'begun.do.x'));
    t.equal(acts, 0);
    await pass([one], 60 * second);
    t.equal(acts, 0);
    t.ok(one.replica.graph.get('host', 'interrupted.do.x'), 'its next term says so');
  },
);

t.test('hosts get their full time to be heard from in each term', async (t) => {
  const cluster = new Cluster(t);
  const [one] = await cluster.three();
  const facts: HostFacts = {
    ...{ agent: 'one', address: '10.0.0.1', lnid: '10.0.0.1@tcp', memory_mib: 1000, cpus: 4 },
    ...{ kernel: '6', boot_id: 'b', version: '1', interfaces: [] },
  };
  const up = { type: 'ReportNodeUp', fqdn: 'a.b', facts, speaksFor: null } as const;
  t.match(await one.station.submit(up, { actor: 'test' }, () => null), { ok: true });
  const timeout = one.station.agents.timeoutMs();
  await cluster.pass(timeout - 5 * second);
  t.equal(one.station.graph.must('host', 'a.b').state, 'up');
  await cluster.close(one);
  const leader = await cluster.leader();
  await cluster.pass(timeout - 3 * second);
  t.equal(leader.station.graph.must('host', 'a.b').state, 'up');
  await cluster.pass(6 * second);
  t.equal(leader.station.graph.must('host', 'a.b').state, 'down');
});

t.test('deadlines come though the former leader had a clock that was an hour ahead', async (t) => {
  const cluster = new Cluster(t);
  const [one] = await cluster.three({ skew: 3600 * second });
  const id = 'abcdefghijkl';
  const who = { role: 'viewer', name: 'short', host: null, process: null } as const;
  const expires = one.station.now() + 60 * second;
  const token = { type: 'IssueCredential', id, hash: 'f'.repeat(64), ...who, expires } as const;
  const issued = await one.station.submit(
    { ...token, isNeeded: true },
    { actor: 'test' },
    () => null,
  );
  t.match(issued, { ok: true });
  await cluster.close(one);
  const leader = await cluster.leader();
  t.ok(leader.station.graph.get('credential', id));
  await cluster.pass(90 * second);
  t.notOk(leader.station.graph.get('credential', id));
});
