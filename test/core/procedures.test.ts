/** Machines that are reinstalled and released: one stage after the other, and what happens when one fails or is cancelled. */

import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import type { Engine } from '../../src/core/engine.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import type { Fid } from '../../src/core/values/fid.ts';
import type { OrderOutcome } from '../../src/core/values/obm.ts';
import { proceduresKeptMax } from '../../src/core/values/procedures.ts';
import type { HostFacts } from '../../src/core/values/host-facts.ts';
import type { Operation } from '../../src/station/queries/operation.ts';
import { operationIn } from '../../src/station/queries/operations.ts';
import { checkGraph } from './invariants.ts';
import {
  add,
  commitOf,
  dataOf,
  load,
  newEngine,
  nodeDown,
  nodeUp,
  noon,
  observe,
  rejectionOf,
  report,
  submit,
  wantNode,
} from './scenario.ts';

const host = 'n1.example';
const s = 1000;
const plan = { kind: 'reinstall', wait_up: 900, force: false } as const;
const reinstall: Command = { type: 'OrderProcedure', fqdn: host, plan, by: 'process:x' };
const release: Command = {
  ...{ type: 'OrderProcedure', fqdn: host },
  plan: { kind: 'release', force: false },
};

/** A machine with an OBM, one process that runs, and an agent that does what it is told. */
class Machine {
  engine: Engine = newEngine();
  at = noon;
  readonly log: Commit[] = [];
  #ordered: Commit | null = null;

  constructor({ runs = true } = {}) {
    this.do(load());
    this.boots('boot 1');
    this.do({ type: 'RegisterObm', fqdn: host, obmd: 'https://obmd.example', label: host });
    this.enable();
    if (!runs) return;
    this.do(add(host, 'solo'));
    this.do(wantNode(this.node!, 'online'));
    this.says('online');
  }

  enable(anew = false): void {
    const { revision: epoch } = this.do({ type: 'EnableObm', fqdn: host, anew });
    this.do({ type: 'ReportObmEnabled', fqdn: host, epoch, hash: 'a'.repeat(64) });
  }

  get node(): Fid | undefined {
    return this.engine.graph.one('runs', host)?.fid;
  }

  get process() {
    return [...this.engine.graph.many('hosts', this.node!)][0]!;
  }

  do(command: Command): Commit {
    const commit = commitOf(this.engine, command, { at: this.at });
    checkGraph(this.engine.graph);
    this.log.push(commit);
    return commit;
  }

  /** What a station that was killed and started again has: the log. */
  dies(): this {
    this.engine = newEngine();
    for (const commit of this.log) this.engine.replay(commit);
    return this;
  }

  /** The agent tells of the process. */
  says(state: 'online' | 'exited'): this {
    const { fid, generation } = this.process;
    this.do(observe(fid, generation, state, { host, pid: state === 'online' ? 10 : null }));
    return this;
  }

  boots(boot: string, change: Partial<HostFacts> = {}): this {
    this.do(nodeUp(host, '10.0.0.1', { boot_id: boot, cpus: 8, memory_mib: 64_000, ...change }));
    return this;
  }

  order(command: Command = reinstall): this {
    this.#ordered = this.do(command);
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

  after(seconds: number, more: { isNew?: true } = {}): this {
    this.at += seconds * s;
    this.do({ type: 'FireDeadlines', ...more });
    return this;
  }

  get cancelling(): Command {
    return { type: 'CancelOrdered', ordered: this.#ordered!.revision, fqdn: host, by: 'me' };
  }

  get is(): Operation {
    const steps = operationIn(this.#ordered!)!.look(this.engine.graph);
    for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
  }

  /** The stage that it is in. */
  get stage(): string | undefined {
    return this.is.stages.find(({ state }) => state === 'running')?.name;
  }

  /** What was ordered of the OBM since the procedure was. */
  get ordered(): unknown[] {
    const since = this.log.indexOf(this.#ordered!);
    return this.log
      .slice(since)
      .flatMap((commit) => dataOf(commit, 'ObmOrdered'))
      .map(({ order }) => order);
  }
}

/** Up to a stage, and what brings each one to its end. */
const steps: readonly (readonly [stage: string, end: (c: Machine) => unknown])[] = [
  ['drain', (c) => c.says('exited')],
  ['netboot', (c) => c.obm()],
  ['cycle', (c) => c.obm()],
  [
    'boot',
    (c) => {
      c.do(nodeDown(host));
      c.boots('boot 2');
    },
  ],
  ['start', (c) => c.says('online')],
];

const upTo = (stage: string, c = new Machine()): Machine => {
  c.order();
  for (const [name, end] of steps) {
    t.equal(c.stage, name);
    if (name === stage) return c;
    end(c);
  }
  throw new Error(`there is no stage ${stage}`);
};

t.test(
  'a machine is drained, starts from the network once, boots anew, and runs again',
  async (t) => {
    const c = upTo('start');
    t.match(c.is, { state: 'running', done: 5, total: 6 });
    c.says('online');
    t.match(c.is, {
      ...{ kind: 'reinstall', subject: host, state: 'succeeded', done: 6, total: 6, failed: [] },
      stages: [
        ...(['drain', 'netboot', 'cycle', 'boot', 'verify', 'start'] as const).map((name) => ({
          ...{ name, state: 'done' },
        })),
      ],
    });
    t.same(c.ordered, [
      { kind: 'boot-device', device: 'pxe', persistent: false },
      { kind: 'power', action: 'cycle' },
    ]);
    t.equal(c.process.state, 'online');
  },
);

t.test('the same boot is no other boot', async (t) => {
  const c = upTo('boot');
  c.boots('boot 1', { kernel: 'another' });
  t.equal(c.stage, 'boot');
  c.do(nodeDown(host));
  c.boots('boot 1');
  t.equal(c.stage, 'boot', 'nor is it after it was away');
});

t.test('a machine on which nothing was wanted is left so', async (t) => {
  const c = new Machine({ runs: false }).order();
  t.equal(c.stage, 'netboot', 'there is nothing to stop');
  c.obm().obm().boots('boot 2');
  t.match(c.is, { state: 'succeeded', warnings: [/nothing was wanted to run there/] });
});

t.test('a station that dies in any stage goes on from there', async (t) => {
  const c = new Machine().order();
  for (const [stage, end] of steps) {
    c.dies();
    t.equal(c.stage, stage, `it is in ${stage}`);
    const { is } = c.dies();
    t.match(is, { state: 'running' }, `${stage}: died twice`);
    end(c);
  }
  t.match(c.dies().is, { state: 'succeeded' });
  t.equal(c.ordered.length, 2, 'nothing was ordered twice');
});

t.test('a stage that fails ends it, and says where and why', async (t) => {
  const failing: Record<string, (c: Machine) => unknown> = {
    drain: (c) => c.after(1800),
    netboot: (c) => c.obm('failed', 'it knows no boot devices'),
    cycle: (c) => c.obm('failed', 'no answer'),
    boot: (c) => c.after(900),
    start: (c) => c.after(1801),
  };
  const reasons: Record<string, RegExp> = {
    drain: /^drain: not done within 1800 s: it waits for 1 of 1 processes to stop/,
    netboot: /^netboot: it knows no boot devices/,
    cycle: /^cycle: no answer/,
    boot: /^boot: its agent has not reported another boot within 900 s/,
    start: /^start: not done within \d+ s: it waits for 1 of 1 processes to start/,
  };
  for (const [stage, fail] of Object.entries(failing)) {
    const c = upTo(stage);
    fail(c);
    t.match(c.is, { state: 'failed', stage: `failed at ${stage}` }, stage);
    t.match(c.is.problem, reasons[stage]!, `${stage}: ${c.is.problem}`);
    const before = c.log.length;
    t.equal(submit(c.engine, { type: 'FireDeadlines' }, { at: c.at + s }).kind, 'unchanged');
    t.equal(c.log.length, before, 'nothing follows');
  }
});

t.test('where nobody knows whether it was cycled the boot tells', async (t) => {
  const c = upTo('cycle').obm('unknown', 'no answer');
  t.equal(c.stage, 'boot');
  c.boots('boot 2').says('online');
  t.match(c.is, { state: 'succeeded', warnings: [/cycle: nobody knows whether/] });
});

t.test('a machine that lost CPUs or memory is not started, unless by force', async (t) => {
  for (const lost of [{ cpus: 4 }, { memory_mib: 48_000 }]) {
    const c = upTo('boot').boots('boot 2', lost);
    t.match(c.is, { state: 'failed', problem: /^verify: it has (4 CPUs and had 8|48000 MiB)/ });
    t.equal(c.process.state, 'offline');
  }
  const slightly = upTo('boot').boots('boot 2', { memory_mib: 63_000 });
  t.equal(slightly.stage, 'start', 'a kernel may keep some to itself');
  const c = new Machine().order({ ...reinstall, plan: { ...plan, force: true } });
  c.says('exited').obm().obm().boots('boot 2', { cpus: 4 });
  t.equal(c.stage, 'start');
});

t.test('what did not come to its end is started by the next reinstall', async (t) => {
  const c = upTo('netboot').obm('failed', 'no answer');
  t.match(c.is, { state: 'failed' });
  t.equal(c.process.state, 'offline');
  c.order().obm().obm().boots('boot 2').says('online');
  t.match(c.is, { state: 'succeeded' });
  t.equal(c.process.state, 'online');
});

t.test('it is cancelled between stages, and says what was done and what was not', async (t) => {
  const c = upTo('netboot');
  const row = [...c.engine.graph.many('obeys', host)].find(({ state }) => state === 'waiting')!;
  c.do({ type: 'BeginObmOrder', id: row.id });
  c.do(c.cancelling);
  t.match(c.is, { state: 'running', stage: /to be cancelled after this stage/ });
  t.equal(submit(c.engine, c.cancelling).kind, 'unchanged', 'it is asked for once');
  c.do({ type: 'EndObmOrder', id: row.id, outcome: 'done', detail: '' });
  t.match(c.is, {
    ...{ state: 'cancelled', waiting: [], failed: [] },
    problem: 'cancelled by me; done: drain, netboot; not done: cycle, boot, verify, start',
  });
  t.same(c.ordered.length, 1);
});

t.test(
  'where it only waits it is cancelled at once, and what was not sent is not sent',
  async (t) => {
    const boot = upTo('boot');
    boot.do(boot.cancelling);
    t.match(boot.is, {
      state: 'cancelled',
      problem: /done: drain, netboot, cycle; not done: boot/,
    });
    const c = upTo('netboot');
    c.do(c.cancelling);
    t.match(c.is, { state: 'cancelled' });
    t.match([...c.engine.graph.many('obeys', host)].at(-1), { state: 'cancelled' });
  },
);

t.test('a cancelled one that waited for its host keeps nobody from the machine', async (t) => {
  const c = upTo('boot');
  c.do(c.cancelling);
  c.order();
  t.match(c.is, { state: 'running' });
  t.equal(c.stage, 'netboot', 'its processes are stopped already');
  c.obm().obm().boots('boot 2').says('online');
  t.match(c.is, { state: 'succeeded' });
});

t.test('it has the machine: what is ordered meanwhile waits, and so does it', async (t) => {
  const c = new Machine();
  const off: Command = { type: 'OrderObm', fqdn: host, order: { kind: 'power', action: 'off' } };
  const before = c.do(off);
  c.order();
  t.match(c.is, { state: 'queued', times: { queuedBehind: before.revision } });
  c.obm();
  t.equal(c.stage, 'drain');
  const after = c.do(off);
  t.equal(
    submit(c.engine, { type: 'BeginObmOrder', id: `${after.revision}/${host}` }).kind,
    'unchanged',
    'it is not its turn',
  );
  c.do(c.cancelling);
  c.says('exited');
  t.match(c.is, { state: 'cancelled' });
  c.obm();
  t.match(c.engine.graph.must('order', `${after.revision}/${host}`), { state: 'done' });
});

t.test('two people at one machine have one operation', async (t) => {
  const c = new Machine().order();
  t.match(c.do({ ...reinstall, by: 'process:y' }).events, [{ type: 'ProcedureJoined' }]);
  t.match(c.is, { warnings: [/asked for by process:x, process:y; it is one operation/] });
  t.equal(submit(c.engine, reinstall).kind, 'unchanged');
});

t.test(
  'preconditions are looked at when it is ordered, and again when it has its turn',
  async (t) => {
    const c = new Machine();
    const by = (who: string, reason = 'a fan'): Command => ({
      ...{ type: 'BeginMaintenance', fqdn: host, reason, by: who, seconds: null },
    });
    c.do(by('token:other'));
    t.match(rejectionOf(c.engine, reinstall), {
      code: 'in-maintenance',
      message: /in maintenance by token:other \(a fan\)/,
    });
    c.do(by('process:x', 'a disk'));
    const off: Command = { type: 'OrderObm', fqdn: host, order: { kind: 'power', action: 'off' } };
    c.do(off);
    c.order();
    c.do(by('token:other'));
    c.obm();
    t.match(c.is, { state: 'failed', problem: /^refused: n1.example is in maintenance/ });
  },
);

t.test('it ends where the OBM is disabled, or whoever asked may not any more', async (t) => {
  const c = upTo('drain');
  c.enable(true);
  c.says('exited');
  t.match(c.is, {
    state: 'failed',
    problem: /^netboot: refused: the OBM of n1.example was disabled/,
  });
  const d = new Machine();
  const token = { role: 'operator', host: null, process: null, expires: 0 } as const;
  d.do({ type: 'IssueCredential', id: 'a1', name: 'a', hash: 'b'.repeat(64), ...token });
  d.order({ ...reinstall, by: 'token:a1' });
  d.do({ type: 'RevokeCredential', id: 'a1' });
  d.says('exited');
  t.match(d.is, { state: 'failed', problem: /^netboot: refused: whoever asked may not operate/ });
});

t.test('what runs there by itself keeps its machine, unless by force', async (t) => {
  const c = new Machine({ runs: false });
  c.do(add(host, 'app'));
  c.do(report(c.process.fid, 'online'));
  t.match(rejectionOf(c.engine, reinstall), { code: 'process-busy' });
  t.match(rejectionOf(c.engine, release), { code: 'process-busy' });
});

t.test('no recovery does anything to a machine that is reinstalled', async (t) => {
  const c = upTo('boot');
  c.do(load({ roles: [], recovery: [{ kind: 'power-cycle', times: 9 }] }));
  c.do(nodeDown(host));
  for (let i = 1; i <= 8; i += 1)
    submit(c.engine, { type: 'FireDeadlines' }, { at: c.at + i * 100 * s });
  t.equal(c.stage, 'boot');
  t.equal(c.ordered.length, 2);
});

t.test('a station that has just begun gives a stage the time to be heard of', async (t) => {
  const c = upTo('boot').after(1500, { isNew: true });
  t.equal(c.stage, 'boot');
  c.boots('boot 2');
  t.equal(c.stage, 'start');
});

t.test(
  'a machine is given back: nothing is left on it, it is off, and in no project',
  async (t) => {
    const c = new Machine();
    c.do({ type: 'CreateProject', name: 'ocean' });
    const { epoch } = c.engine.graph.must('registration', host);
    c.do({ type: 'DisableObm', fqdn: host, epoch });
    c.do({ type: 'AttachMachines', project: 'ocean', hosts: [host], mayKnow: true });
    c.enable();
    c.order(release);
    t.equal(c.stage, 'drain');
    c.says('exited');
    t.equal(c.stage, 'power-off');
    t.equal(c.node, undefined, 'its processes are gone');
    c.obm();
    t.match(c.engine.graph.must('maintenance', host), { reason: /^released by operation \d+$/ });
    t.equal(c.stage, 'detach');
    const act = c.engine.graph.one('registers', host)!;
    const note = [...c.engine.graph.many('undergoes', host)][0]!.stages.at(-1)!;
    t.match(note.act, { name: 'disable-obm', end: null });
    c.dies();
    c.do({ type: 'DisableObm', fqdn: host, epoch: act.epoch });
    t.equal(c.stage, 'detach', 'the station has not said yet that it is');
    c.do({ type: 'EndStageAct', fqdn: host, begun: note.begun, outcome: 'done', detail: '' });
    t.match(c.is, { state: 'succeeded', done: 4, warnings: [/it was in the project ocean/] });
    t.equal(c.engine.graph.must('host', host).project, null);
    c.do(nodeDown(host));
    t.equal(c.engine.graph.get('recovery', host), undefined, 'nothing recovers it');
  },
);

t.test('a machine of no project keeps its OBM', async (t) => {
  const c = new Machine({ runs: false }).order(release).obm();
  t.match(c.is, { state: 'succeeded', warnings: [/it is in no project/] });
  t.not(c.engine.graph.must('registration', host).token, null);
});

t.test('a release whose OBM cannot be disabled says so, and detaches nothing', async (t) => {
  const c = new Machine({ runs: false });
  c.do({ type: 'CreateProject', name: 'ocean' });
  const { epoch } = c.engine.graph.must('registration', host);
  c.do({ type: 'DisableObm', fqdn: host, epoch });
  c.do({ type: 'AttachMachines', project: 'ocean', hosts: [host], mayKnow: true });
  c.enable();
  c.order(release).obm();
  const note = [...c.engine.graph.many('undergoes', host)][0]!.stages.at(-1)!;
  const end = { type: 'EndStageAct', fqdn: host, begun: note.begun, detail: 'away' } as const;
  c.do({ ...end, outcome: 'failed' });
  t.match(c.is, { state: 'failed', problem: 'detach: its OBM is not disabled: away' });
  t.equal(c.engine.graph.must('host', host).project, 'ocean');
});

t.test('a host that goes takes its procedures with it', async (t) => {
  const c = upTo('boot');
  c.do(nodeDown(host));
  c.do({ type: 'RenameHost', fqdn: host, to: 'n2.example' });
  t.match(c.is, { state: 'running', subject: 'n2.example' });
  const { epoch } = c.engine.graph.must('registration', 'n2.example');
  c.do({ type: 'DisableObm', fqdn: 'n2.example', epoch });
  c.do({ type: 'RemoveHost', fqdn: 'n2.example', force: true });
  t.equal(c.engine.graph.count('procedure'), 0);
  t.match(c.is, { state: 'failed', stage: 'not remembered' });
});

t.test('of those that have ended the latest are remembered', async (t) => {
  const c = new Machine({ runs: false });
  const first = c.order().is;
  c.do(c.cancelling);
  for (let i = 0; i < proceduresKeptMax; i += 1) {
    c.order();
    c.do(c.cancelling);
  }
  t.match(first, { state: 'running' });
  t.equal(c.engine.graph.count('procedure'), proceduresKeptMax);
});
