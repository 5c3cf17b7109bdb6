/** Which steps the recovery of a lost host takes, and what holds them back. */

import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import { planOf } from '../../src/core/declaration/plan.ts';
import { undeclaredIn } from '../../src/core/declaration/undeclared.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import { orderId } from '../../src/core/graph/rows/obms.ts';
import { heldBack } from '../../src/core/lifecycle/recovery-policy.ts';
import type { Declaration } from '../../src/core/values/facts.ts';
import { sshDefaults } from '../../src/core/values/recovery-policy.ts';
import type { RecoveryStep } from '../../src/core/values/recovery-policy.ts';
import { PlayedCluster } from './played-cluster.ts';
import { dataOf, declaredHost, load, setVars } from './scenario.ts';

const [n1, n2] = ['n1.example', 'n2.example'] as const;
const minute = 60_000;
const wait = (seconds: number): RecoveryStep => ({ kind: 'wait', seconds });

/** A cluster of some hosts that are up, and what is done when they are lost. */
const cluster = (recovery: readonly RecoveryStep[] | null, hosts = 1): PlayedCluster => {
  const names = Array.from({ length: hosts }, (_, i) => `n${i + 1}.example`);
  const c = new PlayedCluster(Object.fromEntries(names.map((name) => [name, []])));
  if (recovery) c.run(load({ roles: [], recovery }));
  return c;
};

const short = (line: string): string => line.replace(/, next in .*| on .*/, '');

/** A minute passes; what was begun before has failed meanwhile. */
const another = (c: PlayedCluster, host: string = n1): string[] => {
  const begun = c.graph.get('recovery', host)?.steps?.doing?.begun;
  if (begun !== undefined) end(c, begun);
  return c.after(minute).map(short);
};

const end = (
  c: PlayedCluster,
  begun: number,
  outcome: 'done' | 'failed' | 'interrupted' = 'failed',
): string[] =>
  c.run({ type: 'ReportRecoveryStep', fqdn: n1, begun, outcome, detail: 'no route to host' });

t.test('where nothing is declared attempts do nothing but wait', async (t) => {
  const c = cluster(null);
  c.down(n1);
  for (let i = 1; i <= 5; i += 1) t.strictSame(another(c), [`attempt ${i}`]);
});

t.test('steps are taken in order, one an attempt, after the pauses between them', async (t) => {
  const c = cluster([wait(120), { ...sshDefaults, times: 2 }, wait(100), sshDefaults]);
  c.run(setVars({ recovery_max_retries: 8, recovery_expiry_seconds: 480 }));
  c.down(n1);
  const story = Array.from({ length: 9 }, () => another(c));
  t.strictSame(story, [
    ['attempt 1'],
    ['attempt 2', 'ssh n1.example'],
    ['attempt 3', 'ssh n1.example'],
    ['attempt 4'],
    ['attempt 5', 'ssh n1.example'],
    ['attempt 6'],
    ['attempt 7'],
    ['attempt 8'],
    ['n1.example given up after 8'],
  ]);
});

t.test('a host has its own steps until facts say so no more', async (t) => {
  const c = cluster([sshDefaults], 2);
  const own = (recovery: RecoveryStep[] | null): unknown =>
    c.run({
      ...load({ roles: [], hosts: [declaredHost(n1, [], { recovery })], recovery: [sshDefaults] }),
      prune: recovery === null,
    } as Command);
  own([]);
  c.down(n1);
  t.strictSame(another(c), ['attempt 1'], 'its own: to wait');
  own(null);
  t.strictSame(another(c), ['attempt 2', 'ssh n1.example']);
  c.up(n1);
  c.down(n2);
  t.strictSame(another(c), ['attempt 1', 'ssh n2.example']);
  t.strictSame(c.run(load({ roles: [] })), [], 'facts that say nothing change nothing');
});

t.test('a plan tells what a load does to policies, and what it leaves alone', async (t) => {
  const c = cluster([sshDefaults]);
  const declaration = (recovery: RecoveryStep[] | null): Declaration =>
    (load({ roles: [], recovery }) as { declaration: Declaration }).declaration;
  t.match(undeclaredIn(c.graph, declaration(null)), [{ kind: 'recovery', name: '*' }]);
  t.strictSame(
    undeclaredIn(c.graph, declaration([])).filter(({ kind }) => kind === 'recovery'),
    [],
  );
  const plan = (steps: RecoveryStep[] | null): unknown =>
    planOf(c.graph, [{ type: 'RecoveryPolicyDeclared', data: { fqdn: null, steps } }]);
  const fields = [{ name: 'steps', before: [sshDefaults], after: [] }];
  t.match(plan([]), [{ action: 'change', kind: 'recovery', name: '*', fields }]);
  t.match(plan(null), [{ action: 'remove', kind: 'recovery', name: '*' }]);
});

t.test('a policy goes with its host', async (t) => {
  const c = cluster(null);
  c.run(load({ roles: [], hosts: [declaredHost(n1, [], { recovery: [sshDefaults] })] }));
  t.ok(c.graph.get('policy', n1));
  c.run({ type: 'RemoveHost', fqdn: n1, force: false });
  t.equal(c.graph.get('policy', n1), undefined);
});

t.test('the next attempt waits until a step has ended', async (t) => {
  const c = cluster([{ ...sshDefaults, times: 5 }]);
  c.down(n1);
  t.strictSame(c.after(minute).map(short), ['attempt 1', 'ssh n1.example']);
  const { doing } = c.graph.must('recovery', n1).steps!;
  t.match(doing, { begun: c.engine.head, step: { kind: 'ssh', times: 5 } });
  t.match(c.after(minute), ['recovery-attempt of new later']);
  t.equal(c.graph.must('recovery', n1).attempts, 1, 'it does not count');
  end(c, doing!.begun);
  t.match(c.graph.must('recovery', n1).steps, { doing: null, outcome: 'failed: no route to host' });
  t.strictSame(c.after(minute).map(short), ['attempt 2', 'ssh n1.example']);
});

t.test('a host that is back is left alone; how its step ended is still recorded', async (t) => {
  const c = cluster([{ ...sshDefaults, times: 5 }]);
  c.down(n1);
  c.after(minute);
  const begun = c.engine.head;
  c.up(n1);
  t.strictSame(c.after(10 * minute), []);
  t.strictSame(end(c, begun, 'done'), ['n1.example: done']);
  c.down(n1);
  c.after(minute);
  end(c, begun, 'done');
  t.ok(c.graph.must('recovery', n1).steps?.doing, 'an old one does not end a new one');
});

t.test('what was interrupted may go on for as long as it was given', async (t) => {
  const c = cluster([{ ...sshDefaults, timeout: 180, times: 5 }]);
  c.down(n1);
  c.after(minute);
  end(c, c.engine.head, 'interrupted');
  t.strictSame(another(c), ['attempt 2']);
  t.strictSame(another(c), ['attempt 3']);
  t.strictSame(another(c), ['attempt 4', 'ssh n1.example']);
});

t.test('no step is taken before every agent had to be heard from', async (t) => {
  const c = cluster([sshDefaults]);
  c.run(setVars({ recovery_expiry_seconds: 50 }));
  c.down(n1);
  t.strictSame(c.after(10_000).map(short), ['attempt 1']);
  t.strictSame(c.after(10_000).map(short), ['attempt 2']);
  t.strictSame(c.after(10_000).map(short), ['attempt 3', 'ssh n1.example']);
});

t.test('a station that has just begun to listen takes no step', async (t) => {
  const c = cluster([sshDefaults]);
  c.down(n1);
  c.now += 60 * minute;
  t.strictSame(c.run({ type: 'FireDeadlines', isNew: true }), ['recovery-attempt of new later']);
  c.now += minute;
  t.strictSame(c.run({ type: 'FireDeadlines' }).map(short), ['attempt 1', 'ssh n1.example']);
});

t.test('the fence: when many hosts are down at once, nothing is done to them', async (t) => {
  const c = cluster([{ ...sshDefaults, times: 100 }], 20);
  for (const host of [n1, n2, 'n3.example']) c.down(host);
  t.strictSame(
    another(c),
    Array.from({ length: 3 }, () => 'recovery-attempt of new later'),
  );
  t.equal(c.graph.must('recovery', n1).attempts, 0, 'attempts that are held back do not count');
  c.up('n3.example');
  t.strictSame(
    another(c),
    ['attempt 1', 'ssh n1.example', 'attempt 1', 'ssh n2.example'],
    '2 of 20 are no more than 10 %',
  );
});

t.test('the share is a setting; one host is never too many', async (t) => {
  const c = cluster([sshDefaults], 2);
  c.run(setVars({ recovery_max_down_percent: 1 }));
  c.down(n1);
  t.strictSame(another(c), ['attempt 1', 'ssh n1.example']);
  c.down(n2);
  t.match(another(c, n2), [/^attempt|later/, /later$/]);
  c.run(setVars({ recovery_max_down_percent: 100 }));
  t.ok(another(c, n2).includes('ssh n2.example'));
});

t.test('an outage of the network for a day does not fill the log', async (t) => {
  const c = cluster([sshDefaults], 3);
  for (const host of [n1, n2]) c.down(host);
  const before = c.engine.head;
  for (let i = 0; i < 24 * 60; i += 1) c.after(minute);
  t.ok(c.engine.head - before < 100, `${c.engine.head - before} commits`);
  t.equal(c.graph.must('recovery', n1).steps, undefined, 'and nobody was touched');
});

const enable = (c: PlayedCluster, fqdn: string): void => {
  c.run({ type: 'RegisterObm', fqdn, obmd: 'https://obmd.example', label: fqdn });
  const { revision: epoch } = c.commit({ type: 'EnableObm', fqdn, anew: false })!;
  c.run({ type: 'ReportObmEnabled', fqdn, epoch, hash: 'a'.repeat(64) });
};

const cycle = { kind: 'power-cycle', times: 1 } as const;

/** The attempt that is due in a minute. */
const attempt = (c: PlayedCluster): Commit => {
  c.now += minute;
  return c.commit({ type: 'FireDeadlines' })!;
};

t.test('a machine is cycled by an order to its OBM, whose end is that of the step', async (t) => {
  for (const [outcome, told] of [
    ['done', 'done'],
    ['failed', 'failed'],
    ['unknown', 'interrupted'],
  ] as const) {
    const c = cluster([cycle]);
    enable(c, n1);
    c.down(n1);
    const begun = attempt(c);
    t.match(
      begun.events.map(({ type }) => type),
      ['RecoveryAttempted', 'RecoveryStepBegun', 'ObmOrdered'],
    );
    t.match(dataOf(begun, 'ObmOrdered'), [
      { fqdn: n1, order: { action: 'cycle' }, recovery: true },
    ]);
    const id = orderId(begun.revision, n1);
    t.same(dataOf(attempt(c), 'RecoveryStepBegun'), [], 'nothing else is begun meanwhile');
    c.run({ type: 'BeginObmOrder', id });
    const ended = c.commit({ type: 'EndObmOrder', id, outcome, detail: 'so it was' })!;
    t.match(dataOf(ended, 'RecoveryStepEnded'), [
      { fqdn: n1, begun: begun.revision, outcome: told, detail: 'so it was' },
    ]);
    t.equal(ended.events.at(-1)?.rule, 'end-power-cycle');
    t.same(dataOf(attempt(c), 'ObmOrdered'), [], 'it is cycled as often as was said');
  }
});

t.test('a machine that is back is not cycled any more', async (t) => {
  const c = cluster([cycle]);
  enable(c, n1);
  c.down(n1);
  const begun = attempt(c);
  c.up(n1);
  const id = orderId(begun.revision, n1);
  t.match(c.refusal({ type: 'BeginObmOrder', id }), { code: 'host-busy' });
  const ended = c.commit({ type: 'EndObmOrder', id, outcome: 'failed', detail: '' })!;
  t.same(dataOf(ended, 'RecoveryStepEnded'), [], 'its recovery was over before');
  c.down(n1);
  const again = attempt(c);
  t.match(dataOf(again, 'ObmOrdered'), [{ fqdn: n1 }], 'lost again, it is');
  t.not(again.revision, begun.revision);
});

t.test('no machine is cycled whose OBM nobody may use, and that is said', async (t) => {
  const c = cluster([cycle]);
  c.down(n1);
  t.same(
    attempt(c).events.map(({ type }) => type),
    ['RecoveryAttempted'],
  );
  t.equal(heldBack(c.graph, c.graph.must('recovery', n1)), 'its OBM is not enabled');
  enable(c, n1);
  t.equal(heldBack(c.graph, c.graph.must('recovery', n1)), '');
  t.match(dataOf(attempt(c), 'ObmOrdered'), [{ fqdn: n1 }]);
});

t.test('machines that are lost together are cycled each by its own order', async (t) => {
  const c = cluster([cycle], 20);
  for (const host of [n1, n2]) enable(c, host);
  for (const host of [n1, n2]) c.down(host);
  const begun = attempt(c);
  t.same(
    dataOf(begun, 'ObmOrdered')
      .map(({ fqdn }) => fqdn)
      .toSorted(),
    [n1, n2],
  );
  for (const host of [n1, n2]) {
    const id = orderId(begun.revision, host);
    c.run({ type: 'BeginObmOrder', id });
    const ended = c.commit({ type: 'EndObmOrder', id, outcome: 'done', detail: '' })!;
    t.match(dataOf(ended, 'RecoveryStepEnded'), [{ fqdn: host }]);
  }
});

t.test('behind the fence no machine is cycled', async (t) => {
  const c = cluster([cycle], 2);
  for (const host of [n1, n2]) enable(c, host);
  for (const host of [n1, n2]) c.down(host);
  t.same(dataOf(attempt(c), 'ObmOrdered'), []);
});
