/** What is ordered of one machine waits for its turn: nothing is refused because a machine is busy, and nothing waits for ever. */

import fc from 'fast-check';
import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import type { Engine } from '../../src/core/engine.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import { orderId } from '../../src/core/graph/rows/obms.ts';
import type { ObmOrder, PowerAction } from '../../src/core/values/obm.ts';
import {
  askersMax,
  beginWithinUsual,
  notBegunInTime,
  ordersOfOneMax,
} from '../../src/core/values/queues.ts';
import { revision } from '../../src/core/values/revision.ts';
import { holdingOf } from '../../src/station/queries/machine-holder.ts';
import type { Operation } from '../../src/station/queries/operation.ts';
import { operationIn } from '../../src/station/queries/operations.ts';
import { checkGraph } from './invariants.ts';
import { check, Clock, commandOf, lifecycle, machines } from './random-commands.ts';
import type { Step } from './random-commands.ts';
import { add, load, newEngine, nodeUp, noon, rejectionOf, submit } from './scenario.ts';

const host = 'n1.example';
const [alice, bob] = ['token:a1', 'token:b2'];

/** A cluster with machines that have OBMs, and a clock. */
class Machines {
  readonly engine: Engine = newEngine();
  at = noon;

  constructor(hosts: readonly string[] = [host]) {
    this.do(load());
    for (const [i, fqdn] of hosts.entries()) {
      this.do(nodeUp(fqdn, `10.0.${i >> 8}.${i & 255}`));
      this.do({ type: 'RegisterObm', fqdn, obmd: 'https://obmd.example', label: fqdn });
      this.enable(fqdn);
    }
  }

  enable(fqdn = host, anew = false): void {
    const { revision: epoch } = this.do({ type: 'EnableObm', fqdn, anew });
    this.do({ type: 'ReportObmEnabled', fqdn, epoch, hash: 'a'.repeat(64) });
  }

  token(id: string, role: 'operator' | 'viewer'): void {
    const token = { name: id, role, host: null, process: null, expires: 0 } as const;
    this.do({ type: 'IssueCredential', id, hash: id.padEnd(64, '0'), ...token });
  }

  do(command: Command): Commit {
    const outcome = submit(this.engine, command, { at: this.at });
    if (outcome.kind !== 'committed') throw new Error(JSON.stringify(outcome));
    checkGraph(this.engine.graph);
    return outcome.commit;
  }

  order(action: PowerAction, by?: string, more: object = {}): Commit {
    const order: ObmOrder = { kind: 'power', action };
    const asked = by === undefined ? {} : { by };
    return this.do({ type: 'OrderObm', fqdn: host, order, ...asked, ...more });
  }

  begin(commit: Commit): void {
    this.do({ type: 'BeginObmOrder', id: orderId(commit.revision, host) });
  }

  end(commit: Commit): void {
    const id = orderId(commit.revision, host);
    this.do({ type: 'EndObmOrder', id, outcome: 'done', detail: '' });
  }

  seen(commit: Commit): Operation {
    const steps = operationIn(commit)!.look(this.engine.graph);
    for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
  }

  cancel(commit: Commit, by = alice): Command {
    return { type: 'CancelOrdered', ordered: commit.revision, fqdn: host, by };
  }
}

t.test('a second order for a busy machine is accepted, and waits behind the first', async (t) => {
  const c = new Machines();
  const [first, second, third] = [c.order('on'), c.order('off'), c.order('cycle')];
  t.match(c.seen(first), { state: 'queued', times: { queuedBehind: null } });
  c.begin(first);
  t.match(c.seen(first), { state: 'running', times: { begun: noon, ended: null } });
  t.match(c.seen(second), { state: 'queued', times: { queuedBehind: first.revision } });
  t.match(c.seen(third), { state: 'queued', times: { queuedBehind: second.revision } });
  t.match(holdingOf(c.engine.graph, host), {
    holder: { operation: first.revision, what: 'power on', isBegun: true, stage: 'sent' },
    waiting: [{ operation: second.revision }, { operation: third.revision }],
  });
  c.at += 1000;
  c.end(first);
  t.match(c.seen(first), { state: 'succeeded', times: { begun: noon, ended: noon + 1000 } });
  t.match(c.seen(second), { state: 'queued', times: { queuedBehind: null } });
  t.match(holdingOf(c.engine.graph, host), { holder: null, waiting: { length: 2 } });
});

t.test('equal orders are one while it waits, and whoever asks is told which', async (t) => {
  const c = new Machines();
  c.token('a1', 'operator');
  c.token('b2', 'operator');
  const on = c.order('on', alice);
  t.equal(
    submit(c.engine, { type: 'OrderObm', fqdn: host, order: onOrder, by: alice }).kind,
    'unchanged',
    'the same asker has it already',
  );
  const joined = c.order('on', bob);
  t.same(
    joined.events.map(({ type }) => type),
    ['ObmOrderJoined'],
  );
  t.match(c.seen(on), { warnings: [/asked for by token:a1, token:b2; it is one operation/] });
  t.not(c.order('on', bob, { waitUp: 60 }).revision, on.revision, 'another end is another order');
  const off = c.order('off', bob);
  const again = c.order('on', bob);
  t.not(again.events[0]!.type, 'ObmOrderJoined', 'what comes after another is another');
  c.begin(on);
  t.match(c.seen(off), { state: 'queued' });
});

t.test('what was begun is joined by nobody', async (t) => {
  const c = new Machines();
  const on = c.order('on');
  c.begin(on);
  t.match(c.order('on').events, [{ type: 'ObmOrdered' }]);
});

t.test('so many join one order, and the next one has his own', async (t) => {
  const c = new Machines();
  c.order('on', 'process:0');
  for (let i = 1; i < askersMax; i += 1)
    t.match(c.order('on', `process:${i}`).events, [{ type: 'ObmOrderJoined' }]);
  t.match(c.order('on', 'process:99').events, [{ type: 'ObmOrdered' }]);
});

t.test('one who orders has so much under way and no more', async (t) => {
  const c = new Machines(['n1.example', 'n2.example']);
  // As the index counts them, without ten thousand machines.
  c.engine.graph.indexes.ordersOf.count = () => ordersOfOneMax;
  const command: Command = { type: 'OrderObm', fqdn: host, order: onOrder, by: alice };
  t.match(rejectionOf(c.engine, command), { code: 'too-many-orders-of-one', retryAfter: 10 });
});

t.test('what has not ended is counted for who ordered it', async (t) => {
  const c = new Machines();
  c.token('a1', 'operator');
  const { ordersOf } = c.engine.graph.indexes;
  const [on, off] = [c.order('on', alice), c.order('off', alice)];
  t.equal(ordersOf.count(alice), 2);
  c.begin(on);
  t.equal(ordersOf.count(alice), 2, 'what is under way counts');
  c.end(on);
  c.do(c.cancel(off));
  t.equal(ordersOf.count(alice), 0);
});

t.test('what has not had its turn in time has failed, and is not sent', async (t) => {
  const c = new Machines();
  const [first, usual, hurried] = [
    c.order('on'),
    c.order('off'),
    c.order('cycle', undefined, { beginWithin: 30 }),
  ];
  t.equal(c.seen(usual).times.beginBy, noon + beginWithinUsual * 1000);
  c.begin(first);
  c.at = noon + 30_000;
  c.do({ type: 'FireDeadlines' });
  t.match(c.seen(hurried), { state: 'failed', problem: notBegunInTime });
  t.match(c.seen(usual), { state: 'queued' });
  c.at = noon + beginWithinUsual * 1000;
  c.do({ type: 'FireDeadlines' });
  t.match(c.seen(usual), { state: 'failed', problem: notBegunInTime });
  t.match(c.seen(first), { state: 'running' }, 'what was begun is not hurried');
});

t.test('rights are looked at again when an order has its turn', async (t) => {
  const c = new Machines();
  c.token('a1', 'operator');
  c.token('b2', 'operator');
  const [on, off] = [c.order('on', alice), c.order('off', alice)];
  c.order('off', bob);
  c.do({ type: 'RevokeCredential', id: 'a1' });
  t.match(rejectionOf(c.engine, { type: 'BeginObmOrder', id: `${on.revision}/${host}` }), {
    code: 'right-ended',
    message: /nothing was sent/,
  });
  c.begin(off);
  t.match(c.seen(off), { state: 'running' }, 'somebody else who asked may have it');
});

t.test('what waits can be cancelled, and what was sent cannot', async (t) => {
  const c = new Machines();
  const [first, second] = [c.order('on'), c.order('off')];
  c.begin(first);
  t.match(rejectionOf(c.engine, c.cancel(first)), {
    code: 'not-cancellable',
    message: 'power on of n1.example was sent already, and cannot be taken back',
  });
  c.do(c.cancel(second));
  t.match(c.seen(second), {
    ...{ state: 'cancelled', failed: [], waiting: [] },
    problem: 'cancelled by token:a1 before anything was sent',
  });
  t.equal(submit(c.engine, c.cancel(second)).kind, 'unchanged', 'that is done already');
  c.end(first);
  t.match(rejectionOf(c.engine, c.cancel(first)), { message: /is over: done/ });
  t.equal(
    rejectionOf(c.engine, { ...c.cancel(first), fqdn: 'n9.example' } as Command).code,
    'not-cancellable',
  );
});

t.test('nobody knows what became of an order: it is interrupted, and not failed', async (t) => {
  const c = new Machines();
  const cycle = c.order('cycle');
  c.begin(cycle);
  const id = orderId(cycle.revision, host);
  c.do({ type: 'EndObmOrder', id, outcome: 'unknown', detail: 'no answer' });
  t.match(c.seen(cycle), {
    state: 'interrupted',
    problem: 'no answer',
    failed: [{ state: 'unknown' }],
  });
});

t.test('the order of a recovery waits its turn like any other', async (t) => {
  const c = new Machines();
  const data = { fqdn: host, epoch: c.engine.graph.must('registration', host).epoch };
  const [first] = [c.order('on')];
  c.begin(first);
  const at = c.engine.head + 1;
  c.engine.replay({
    ...{ revision: revision(at), at: noon, actor: 'station', correlation: 'x' },
    command: 'FireDeadlines',
    events: [
      {
        ...{ type: 'ObmOrdered', v: 2 },
        data: {
          ...{ ...data, order: { kind: 'power', action: 'cycle' }, recovery: true, by: null },
          ...{ begin_by: noon + 1000, procedure: null },
        },
      },
    ],
  });
  t.match(holdingOf(c.engine.graph, host), {
    holder: { operation: first.revision },
    waiting: [{ operation: at, what: 'power cycle, to recover it', by: [] }],
  });
});

const onOrder: ObmOrder = { kind: 'power', action: 'on' };

t.test('whatever is ordered of machines, one thing at a time is done with each', async (t) => {
  const hosts = ['n1.example', 'n2.example', 'n3.example'];
  const step: fc.Arbitrary<Step> = fc.record({
    command: fc.oneof(
      { weight: 12, arbitrary: machines },
      { weight: 3, arbitrary: lifecycle },
      {
        weight: 1,
        arbitrary: fc.constantFrom(...hosts).map((fqdn): Command => ({
          ...{ type: 'ReportNodeDown', fqdn, reason: 'silence' },
        })),
      },
      { weight: 3, arbitrary: fc.constant<Command>({ type: 'FireDeadlines' }) },
    ),
    clock: fc.constantFrom(0, 0, 0, 0, 0, 1000, 1000, 60_000, 700_000, 4_000_000),
    conditions: fc.constant({}),
  });
  const ended = new Map<string, number>();
  const property = fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (sequence) => {
    const c = new Machines(hosts);
    c.do(add('n1.example', 'solo', 'app'));
    // Of those who ask, the third has no right to.
    c.token('c1', 'operator');
    c.token('c2', 'operator');
    const clock = new Clock();
    for (const each of sequence) {
      const command = commandOf(each, c.engine.graph);
      const before = c.engine.graph.digest();
      const outcome = c.engine.submit(command, clock.submission(each));
      if (outcome.kind !== 'committed') {
        if (c.engine.graph.digest() !== before) throw new Error('what was refused changed it');
        continue;
      }
      c.engine.confirm(outcome.commit.revision);
      checkGraph(c.engine.graph);
      for (const { type, data } of outcome.commit.events) {
        if (type !== 'ProcedureEnded') continue;
        const { outcome: how } = data as { outcome: string };
        ended.set(how, (ended.get(how) ?? 0) + 1);
      }
    }
  });
  check(t, property, 300);
  for (const how of ['done', 'failed', 'cancelled'])
    t.ok(ended.get(how), `procedures end: ${how} ${ended.get(how)}`);
});
