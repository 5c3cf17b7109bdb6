/** A restart is over when the host is up: what is awaited after an order, and what ends the wait. */

import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import { deadlineOf } from '../../src/core/graph/changes.ts';
import type { Engine } from '../../src/core/engine.ts';
import { orderId } from '../../src/core/graph/rows/obms.ts';
import { ordersKeptMax } from '../../src/core/values/obm.ts';
import type { OrderOutcome, PowerAction } from '../../src/core/values/obm.ts';
import type { Operation } from '../../src/station/queries/operation.ts';
import { operationIn } from '../../src/station/queries/operations.ts';
import { commitOf, dataOf, given, nodeDown, nodeUp, noon, removeHost, submit } from './scenario.ts';

const host = 'n1.example';
const s = 1000;
/** As long as hosts are awaited here, and as a silent one is taken for up, with some more. */
const [wait, silent] = [600, 231];

class Awaiting {
  readonly engine: Engine;
  at = noon;
  #look: () => Operation = () => t.fail('nothing was ordered') as never;
  #id = '';

  /** @param known what is known of the host before */
  constructor(...known: Command[]) {
    const obmd = 'https://obmd.example';
    const register: Command = { type: 'RegisterObm', fqdn: host, obmd, label: host };
    this.engine = given(...known, register).engine;
    const { revision: epoch } = this.do({ type: 'EnableObm', fqdn: host, anew: false });
    this.do({ type: 'ReportObmEnabled', fqdn: host, epoch, hash: 'a'.repeat(64) });
  }

  do(command: Command, at = this.at) {
    this.at = at;
    return commitOf(this.engine, command, { at });
  }

  order(action: PowerAction = 'cycle', waitUp: number | null = wait): this {
    const order = { kind: 'power', action } as const;
    const wish = waitUp === null ? {} : { waitUp };
    const commit = this.do({ type: 'OrderObm', fqdn: host, order, ...wish });
    this.#id = orderId(commit.revision, host);
    const { look } = operationIn(commit)!;
    this.#look = () => {
      const steps = look(this.engine.graph);
      for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
    };
    return this;
  }

  begin(): this {
    this.do({ type: 'BeginObmOrder', id: this.#id });
    return this;
  }

  end(outcome: OrderOutcome = 'done', detail = ''): this {
    this.do({ type: 'EndObmOrder', id: this.#id, outcome, detail });
    return this;
  }

  /** The host starts, and its agent reports. */
  boots(boot: string): this {
    this.do(nodeUp(host, '10.0.0.1', { boot_id: boot }));
    return this;
  }

  /** So many seconds after the beginning what is due follows. */
  after(seconds: number, more: { isNew?: true; away?: ReadonlySet<string> } = {}) {
    return this.do({ type: 'FireDeadlines', ...more }, noon + seconds * s);
  }

  get is(): Operation {
    return this.#look();
  }

  get isAwaited(): boolean {
    return deadlineOf(this.engine.graph, 'host-return', this.#id) !== undefined;
  }
}

const up = nodeUp(host);

t.test('case 16: a restart is over when the host is up by another boot', (t) => {
  for (const action of ['on', 'cycle', 'reset'] as const) {
    const c = new Awaiting(up).order(action);
    t.match(c.is, { kind: `power-${action}`, state: 'queued', stage: 'waits for its turn' });
    t.notOk(c.isAwaited, 'nobody waits before it is sent');
    t.match(c.begin().is, { state: 'running', stage: 'sent' });
    t.match(c.end().is, {
      ...{ state: 'running', stage: 'carried out; the host is not up yet', done: 0 },
      waiting: [{ host, state: 'awaited' }],
    });
    c.do(nodeDown(host));
    t.match(c.is, { state: 'running' });
    t.match(c.boots('boot 2').is, {
      ...{ state: 'succeeded', stage: 'the host is up', done: 1, failed: [], warnings: [] },
    });
    t.notOk(c.isAwaited);
    c.do(nodeDown(host));
    t.match(c.is, { state: 'succeeded' }, 'it was over');
  }
  t.end();
});

t.test('who does not wait is told when the order was carried out', (t) => {
  const c = new Awaiting(up).order('cycle', null).begin().end();
  t.match(c.is, { state: 'succeeded', stage: 'carried out' });
  t.notOk(c.isAwaited);
  t.end();
});

t.test('the power that was seen since is told while the host is awaited', (t) => {
  const c = new Awaiting(up).order().begin().end();
  const obmd = 'https://obmd.example';
  const power = { type: 'power-known', label: host, seen: noon, state: 'on' } as const;
  c.do({ type: 'ReportObmd', obmd, after: null, position: '10', anew: true, news: [power] });
  t.equal(c.is.stage, 'carried out, power on; the host is not up yet');
  t.match(c.boots('boot 2').is, { stage: 'the host is up' });
  const later = c.order('reset').begin().end();
  t.equal(later.is.stage, 'carried out; the host is not up yet', 'that was before');
  t.end();
});

t.test('the boot that was there, or one from before the order was sent, is no return', (t) => {
  const c = new Awaiting(up).order('reset');
  c.boots('boot 2').begin().end();
  t.match(c.is, { state: 'running' }, 'it had started anew by itself');
  c.do(nodeDown(host));
  t.match(c.boots('boot 2').is, { state: 'running' }, 'its agent was away for a moment');
  t.match(c.boots('').is, { state: 'running' }, 'one that cannot tell its boot');
  t.match(c.boots('boot 3').is, { state: 'succeeded' });
  t.end();
});

t.test('a host that is up before the order has ended is up when it has', (t) => {
  const c = new Awaiting(up).order().begin().boots('boot 2');
  t.match(c.is, { state: 'running', stage: 'sent' });
  t.match(c.end('done', 'it was on that was sent').is, {
    ...{ state: 'succeeded', stage: 'the host is up' },
    warnings: [`${host}: it was on that was sent`],
  });
  t.end();
});

t.test('case 16: one that is not back in time has failed, and why is said', (t) => {
  const c = new Awaiting(up).order().begin().end();
  c.do(nodeDown(host));
  t.same(dataOf(c.after(wait - 1), 'HostAwaitEnded'), []);
  const ended = dataOf(c.after(wait), 'HostAwaitEnded');
  t.match(ended, [{ fqdn: host, outcome: 'away' }]);
  t.match(c.is, {
    ...{ state: 'failed', stage: 'the host is not back' },
    failed: [
      { host, state: 'away', reason: `its agent has not reported a new start within ${wait} s` },
    ],
  });
  t.match(c.boots('boot 2').is, { state: 'failed' }, 'it was over');

  const same = new Awaiting(up).order('reset').begin().end();
  same.after(wait);
  t.match(same.is.failed, [{ reason: /it is up, and has not started anew within/ }]);
  t.end();
});

t.test('where no agent has ever reported that is said, and the first one counts', (t) => {
  const registered: Command = { type: 'RegisterHost', fqdn: host };
  const c = new Awaiting(registered).order().begin().end();
  t.match(c.is, { state: 'running', warnings: [/no agent has reported from it yet/] });
  t.match(c.boots('boot 1').is, { state: 'succeeded', warnings: [] });
  const never = new Awaiting(registered).order().begin().end();
  never.after(wait);
  t.match(never.is, {
    state: 'failed',
    failed: [{ reason: /no agent has ever reported from it/ }],
  });
  t.end();
});

t.test('one that cannot tell its boots is back when it was away', (t) => {
  const mute = nodeUp(host, '10.0.0.1', { boot_id: '' });
  const c = new Awaiting(mute).order().begin().end();
  c.do(nodeUp(host, '10.0.0.1', { boot_id: '', memory_mib: 7 }));
  t.match(c.is, { state: 'running' });
  c.do(nodeDown(host));
  c.do(mute);
  t.match(c.is, { state: 'succeeded' });
  t.end();
});

t.test('one that was on already is found to be up, and not before that is certain', (t) => {
  const c = new Awaiting(up).order('on').begin().end();
  t.equal(
    submit(c.engine, { type: 'FireDeadlines' }, { at: noon + (silent - 2) * s }).kind,
    'unchanged',
  );
  t.match(dataOf(c.after(silent), 'HostAwaitEnded'), [{ outcome: 'up' }]);
  t.match(c.is, { state: 'succeeded', warnings: [/it was up already/] });

  const off = new Awaiting(up).order('on').begin().end();
  off.do(nodeDown(host), noon + 100 * s);
  t.match(dataOf(off.after(silent), 'HostAwaitProlonged'), [{ until: noon + wait * s }]);
  t.match(off.is, { state: 'running' });
  t.match(off.boots('boot 2').is, { state: 'succeeded', warnings: [] });

  const unheard = new Awaiting(up).order('on').begin().end();
  t.match(dataOf(unheard.after(silent, { away: new Set([host]) }), 'HostAwaitEnded'), []);
  t.match(unheard.is, { state: 'running' });
  t.end();
});

t.test(
  'an order that was not carried out is over; of one that may have been the boot tells',
  (t) => {
    const c = new Awaiting(up).order().begin().end('failed', 'no answer');
    t.match(c.is, { state: 'failed', failed: [{ state: 'failed', reason: 'no answer' }] });
    t.notOk(c.isAwaited);
    const perhaps = new Awaiting(up).order().begin().end('unknown', 'it broke off');
    t.match(perhaps.is, { state: 'running', stage: /^perhaps carried out/ });
    t.match(perhaps.boots('boot 2').is, { state: 'succeeded', warnings: [/nobody knows/] });
    const never = new Awaiting(up).order().begin().end('unknown', 'it broke off');
    never.after(wait);
    t.match(never.is, {
      state: 'failed',
      failed: [{ state: 'unknown', reason: /^it broke off; / }],
    });
    t.end();
  },
);

t.test('a station that has just begun gives hosts the time to report', (t) => {
  const c = new Awaiting(up).order().begin().end();
  const [prolonged] = dataOf(c.after(wait + 3600, { isNew: true }), 'HostAwaitProlonged');
  t.ok(prolonged!.until > noon + (wait + 3600) * s);
  t.match(c.boots('boot 2').is, { state: 'succeeded' });
  t.end();
});

t.test('what is awaited keeps its host, and goes with it or with its order', (t) => {
  const c = new Awaiting(up).order().begin().end();
  c.do(nodeDown(host));
  c.do({ type: 'RenameHost', fqdn: host, to: 'n2.example' });
  t.ok(c.isAwaited);
  c.do(nodeUp('n2.example', '10.0.0.1', { boot_id: 'boot 2' }));
  t.match(c.is, { subject: 'n2.example', state: 'succeeded' });

  const gone = new Awaiting(up).order().begin().end();
  const { epoch } = gone.engine.graph.must('registration', host);
  gone.do({ type: 'DisableObm', fqdn: host, epoch });
  gone.do(nodeDown(host));
  gone.do(removeHost(host));
  t.notOk(gone.isAwaited);
  t.match(gone.is, { state: 'failed', failed: [{ reason: /not remembered any more/ }] });

  const old = new Awaiting(up).order().begin().end();
  const before = old.engine.graph.indexes.deadlines.count('host-return');
  for (let i = 0; i < ordersKeptMax; i += 1) old.order().begin().end();
  t.equal(before, 1);
  t.equal(old.engine.graph.indexes.deadlines.count('host-return'), ordersKeptMax);
  t.end();
});
