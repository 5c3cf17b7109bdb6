/** Machines that are rebooted: one way after the other, from the gentlest on, and none of them twice. */

import t from 'tap';
import type { RebootHost } from '../../src/core/commands/reboot-host.ts';
import type { Command } from '../../src/core/commands/index.ts';
import type { Engine } from '../../src/core/engine.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import type { ProcedureRow } from '../../src/core/graph/rows/procedures.ts';
import type { ObmNews } from '../../src/core/values/obm-news.ts';
import type { OrderOutcome } from '../../src/core/values/obm.ts';
import type { ActEnd } from '../../src/core/values/procedures.ts';
import type { Operation } from '../../src/station/queries/operation.ts';
import { operationIn } from '../../src/station/queries/operations.ts';
import { checkGraph } from './invariants.ts';
import {
  commitOf,
  dataOf,
  load,
  newEngine,
  nodeDown,
  nodeUp,
  noon,
  rejectionOf,
} from './scenario.ts';

const host = 'n1.example';
const obmd = 'https://obmd.example';
const s = 1000;

const reboot: RebootHost = {
  ...{ type: 'RebootHost', fqdn: host, how: 'gentle', power: 'cycle', waitUp: 900 },
  ...{ symptom: null, action: 'power-cycle', hardware: '', reason: 'it hangs' },
  ...{ overridden: ['no-suggestion'], credential: 'a1' },
};

/** A machine with an OBM, an agent that is heard, and somebody who has a grant. */
class Machine {
  engine: Engine = newEngine();
  at = noon;
  readonly log: Commit[] = [];
  #ordered: Commit | null = null;
  #heard = 10;

  constructor() {
    this.do(load());
    this.boots('boot 1');
    this.do({ type: 'RegisterObm', fqdn: host, obmd, label: host });
    const { revision: epoch } = this.do({ type: 'EnableObm', fqdn: host, anew: false });
    this.do({ type: 'ReportObmEnabled', fqdn: host, epoch, hash: 'a'.repeat(64) });
    const token = { role: 'operator', host: null, process: null, expires: 0 } as const;
    this.do({ type: 'IssueCredential', id: 'a1', name: 'a', hash: 'b'.repeat(64), ...token });
    this.do({
      ...{ type: 'GiveGrant', id: 'g1', credential: 'a1', actions: ['power'], machines: [host] },
      ...{ reason: 'it hangs', seconds: 3600, uses: null, factor: null },
    });
    this.do({
      ...{ type: 'ReportObmd', obmd, after: null, position: `${this.#heard}`, anew: true },
      news: [],
    });
  }

  do(command: Command): Commit {
    const commit = commitOf(this.engine, command, { at: this.at });
    checkGraph(this.engine.graph);
    this.log.push(commit);
    return commit;
  }

  dies(): this {
    this.engine = newEngine();
    for (const commit of this.log) this.engine.replay(commit);
    return this;
  }

  boots(boot: string): this {
    this.do(nodeUp(host, '10.0.0.1', { boot_id: boot }));
    return this;
  }

  order(change: Partial<RebootHost> = {}): this {
    this.#ordered = this.do({ ...reboot, ...change });
    return this;
  }

  /** The order that waits is sent, and ends. */
  obm(outcome: OrderOutcome = 'done', detail = ''): this {
    const row = [...this.engine.graph.many('obeys', host)].find(({ state }) => state === 'waiting');
    if (!row) throw new Error('no order waits');
    this.do({ type: 'BeginObmOrder', id: row.id });
    this.do({ type: 'EndObmOrder', id: row.id, outcome, detail });
    return this;
  }

  /** What the station does outside for the stage has ended. */
  act(outcome: ActEnd = 'done', detail = ''): this {
    const note = this.row.stages.at(-1)!;
    if (note.act?.end !== null) throw new Error(`nothing is done outside in ${note.name}`);
    this.do({ type: 'EndStageAct', fqdn: host, begun: note.begun, outcome, detail });
    return this;
  }

  /** It cannot be asked by ssh. */
  get unasked(): this {
    return this.act('failed', 'ssh does not answer');
  }

  /** Its checks pass, and the scheduler has it. */
  get well(): this {
    return this.act().act();
  }

  isSeen(state: 'on' | 'off'): this {
    const after = `${this.#heard}`;
    this.#heard += 1;
    const news: ObmNews[] = [{ type: 'power', label: host, seen: this.at, state, cause: 'order' }];
    this.do({ type: 'ReportObmd', obmd, after, position: `${this.#heard}`, anew: false, news });
    return this;
  }

  after(seconds: number): this {
    this.at += seconds * s;
    this.do({ type: 'FireDeadlines' });
    return this;
  }

  get row(): ProcedureRow {
    return [...this.engine.graph.many('undergoes', host)].at(-1)!;
  }

  get is(): Operation {
    const steps = operationIn(this.#ordered!)!.look(this.engine.graph);
    for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
  }

  get cancelling(): Command {
    return { type: 'CancelOrdered', ordered: this.#ordered!.revision, fqdn: host, by: 'me' };
  }

  get stage(): string | undefined {
    return this.is.stages.find(({ state }) => state === 'running')?.name;
  }

  get stages(): Record<string, string> {
    return Object.fromEntries(this.is.stages.map(({ name, state }) => [name, state]));
  }

  /** What was ordered of the OBM. */
  get ordered(): string[] {
    return this.log
      .flatMap((commit) => dataOf(commit, 'ObmOrdered'))
      .map(({ order }) => (order.kind === 'power' ? order.action : order.kind));
  }
}

t.test('a system that hears is asked to shut down, and its machine is switched on', async (t) => {
  const c = new Machine().order().unasked.obm();
  t.equal(c.stage, 'soft');
  t.match(c.is, { kind: 'reboot', waiting: [{ reason: 'its system to shut down' }] });
  c.dies().isSeen('off');
  t.same(c.ordered, ['soft', 'on'], 'what is off is not cycled');
  c.obm().dies().boots('boot 2');
  t.equal(c.stage, 'verify');
  c.dies().act();
  t.equal(c.stage, 'resume');
  c.act();
  t.match(c.is, { state: 'succeeded', done: 7, total: 7, failed: [] });
  t.match(c.stages, { soft: 'done', cycle: 'done', boot: 'done' });
});

t.test('a system that does not shut down is cycled after a while', async (t) => {
  const c = new Machine().order().unasked.obm().after(301);
  t.equal(c.stages['soft'], 'failed');
  t.same(c.ordered, ['soft', 'cycle']);
  c.obm();
  c.do(nodeDown(host));
  t.match(c.boots('boot 2').well.is, {
    ...{ state: 'succeeded', failed: [] },
    warnings: [/soft: not done within 301 s: it waits for its system to shut down/],
  });
});

t.test('an OBM that cannot ask its system is not a failure', async (t) => {
  const c = new Machine().order().unasked.obm('failed', 'it knows no soft');
  t.equal(c.stages['soft'], 'skipped');
  t.same(c.ordered, ['soft', 'cycle']);
  t.match(c.obm().boots('boot 2').well.is, { state: 'succeeded' });
});

t.test('a system that says nothing is not asked, nor is one that is not to be', async (t) => {
  const silent = new Machine();
  silent.do(nodeDown(host));
  silent.order();
  t.same(silent.ordered, ['cycle']);
  t.equal(
    silent.is.stages.find(({ name }) => name === 'soft')?.detail,
    'nothing is heard of its system',
  );
  t.same(new Machine().order({ how: 'hard' }).ordered, ['cycle']);
  t.same(new Machine().order({ power: 'on' }).ordered, ['on']);
});

t.test('a command to the power that has no effect is a failure', async (t) => {
  const c = new Machine().order({ how: 'hard', waitUp: 60 }).obm();
  t.equal(c.stage, 'boot');
  c.do(nodeDown(host));
  c.boots('boot 1');
  t.equal(c.stage, 'boot', 'the same boot is no other boot');
  c.after(61);
  t.match(c.is, {
    state: 'failed',
    problem: /^boot: the power command had no effect: .* another boot within 60 s/,
  });
});

t.test('one that comes back by itself before its power is touched is left alone', async (t) => {
  const c = new Machine().order({ drain: true }).boots('boot 2').act().well;
  t.same(c.ordered, []);
  t.match(c.is, { state: 'succeeded' });
  t.equal(c.stages['cycle'], 'skipped');
});

t.test(
  'a station that dies after each step goes on from there, and sends nothing twice',
  async (t) => {
    const steps: readonly ((c: Machine) => unknown)[] = [
      (c) => c.act(),
      (c) => c.unasked,
      (c) => c.obm(),
      (c) => c.isSeen('off'),
      (c) => c.obm('unknown', 'the station ended'),
      (c) => c.boots('boot 2'),
      (c) => c.act(),
      (c) => c.act(),
    ];
    const c = new Machine().order({ drain: true });
    for (const step of steps) {
      const { is } = c.dies();
      t.match(is, { state: 'running' });
      t.same(c.dies().is, is);
      step(c);
    }
    t.match(c.dies().is, { state: 'succeeded' });
    t.same(c.ordered, ['soft', 'on']);
  },
);

t.test('it is cancelled between two ways, and says what was done', async (t) => {
  const c = new Machine().order().unasked.obm();
  c.do(c.cancelling);
  t.match(c.is, {
    state: 'cancelled',
    problem: /^cancelled by me; left in the middle: soft; not done: .*cycle, boot/,
  });
  t.same(c.ordered, ['soft']);
});

t.test('52: a grant that ends between two ways ends it there', async (t) => {
  const c = new Machine().order().unasked.obm();
  c.do({ type: 'RevokeGrant', id: 'g1', by: 'token:a1' });
  c.after(301);
  t.match(c.is, {
    state: 'failed',
    problem: /refused: the grant g1 was revoked or has ended/,
  });
  t.same(c.ordered, ['soft']);
});

t.test('there is one reboot of a machine, and the other is told which', async (t) => {
  const c = new Machine().order();
  t.match(rejectionOf(c.engine, { ...reboot, how: 'hard' }), {
    code: 'host-busy',
    message: new RegExp(`operation ${c.row.created}$`),
  });
});

t.test('without a grant nothing is ordered', async (t) => {
  const c = new Machine();
  c.do({ type: 'RevokeGrant', id: 'g1', by: 'token:a1' });
  t.match(rejectionOf(c.engine, reboot), { code: 'step-up-needed' });
  t.same(c.ordered, []);
});

t.test('a system that can be asked by ssh is asked, and nothing else is done', async (t) => {
  const c = new Machine().order();
  t.match(c.row.stages.at(-1), { name: 'ask', act: { name: 'ask-to-reboot', end: null } });
  c.act();
  t.equal(c.stage, 'ask', 'to be told is no result');
  c.do(nodeDown(host));
  t.match(c.dies().boots('boot 2').well.is, { state: 'succeeded' });
  t.match(c.stages, { drain: 'skipped', ask: 'done', soft: 'skipped', cycle: 'skipped' });
  t.same(c.ordered, []);
});

t.test('one that was asked and does not start anew goes the next way', async (t) => {
  const c = new Machine().order({ waitUp: 60 }).act().after(181);
  t.equal(c.stages['ask'], 'failed');
  t.same(c.ordered, ['soft']);
});

t.test('its jobs end first; where they do not, nothing is done to it', async (t) => {
  const c = new Machine().order({ drain: true });
  t.equal(c.stage, 'drain');
  c.dies();
  const cancelled = new Machine().order({ drain: true });
  cancelled.do(cancelled.cancelling);
  t.match(cancelled.is, { state: 'cancelled', problem: /nothing was done; not done: drain, ask/ });
  c.act('failed', 'its jobs have not ended');
  t.match(c.is, { state: 'failed', problem: 'drain: its jobs have not ended' });
  t.same([...c.ordered, ...cancelled.ordered], []);
});

t.test(
  '44: another boot is no end: its checks have to pass, and the scheduler to have it',
  async (t) => {
    const booted = (): Machine => new Machine().order({ how: 'hard' }).obm().boots('boot 2');
    t.match(booted().act('failed', 'ssh: no answer').is, {
      ...{ state: 'failed', problem: 'verify: ssh: no answer' },
    });
    t.match(booted().act().act('failed', 'it has not registered').is, {
      ...{ state: 'failed', problem: 'resume: it has not registered' },
    });
    t.match(booted().act('done', 'unknown: no check has looked at it').act().is, {
      ...{ state: 'succeeded', warnings: [/verify: unknown: no check has looked at it/] },
    });
    t.match(booted().after(601).is, { state: 'failed', problem: /^verify: not done within/ });
  },
);
