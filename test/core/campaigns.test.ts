/** What is done with many machines, a few at a time: who is next, when nothing more is begun, and what became of each. */

import fc from 'fast-check';
import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import type { OrderCampaign } from '../../src/core/commands/order-campaign.ts';
import type { Engine } from '../../src/core/engine.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import { campaignId } from '../../src/core/graph/rows/campaigns.ts';
import type { CampaignRow } from '../../src/core/graph/rows/campaigns.ts';
import {
  campaignMachinesMax,
  campaignsKeptMax,
  campaignsOpenMax,
  isThrough,
  stopOf,
  turnsOf,
  wavesOf,
  withBegun,
} from '../../src/core/values/campaigns.ts';
import type { CampaignPolicy, Standing } from '../../src/core/values/campaigns.ts';
import { checkGraph } from './invariants.ts';
import { commitOf, dataOf, declaredHost, load, newEngine, noon, rejectionOf } from './scenario.ts';

const release = { kind: 'release', force: false } as const;
const policy: CampaignPolicy = {
  ...{ canary: true, max_parallel: 2, per_chassis: 1, stagger: 0, stop_after: 1 },
};
const s = 1000;

/** Machines with OBMs, two in each chassis, and what is done with them. */
class Machines {
  engine: Engine = newEngine();
  readonly names: readonly string[];
  readonly log: Commit[] = [];
  at = noon;

  constructor(count: number, perChassis = 2) {
    this.names = Array.from({ length: count }, (_, i) => `n${i + 1}.example`);
    const chassis = (i: number): string => `e${Math.floor(i / perChassis)}`;
    const all = [...new Set(this.names.map((_, i) => chassis(i)))];
    this.do(
      load({
        enclosures: all.map((name) => ({ name, site: 'hall', rack: 'r1' })),
        hosts: this.names.map((fqdn, i) => declaredHost(fqdn, [], { enclosure: chassis(i) })),
      }),
    );
    for (const fqdn of this.names) {
      this.do({ type: 'RegisterObm', fqdn, obmd: 'https://obmd.example', label: fqdn });
      const { revision: epoch } = this.do({ type: 'EnableObm', fqdn, anew: false });
      this.do({ type: 'ReportObmEnabled', fqdn, epoch, hash: 'a'.repeat(64) });
    }
  }

  disable(fqdn: string): void {
    const { epoch } = this.engine.graph.must('registration', fqdn);
    this.do({ type: 'DisableObm', fqdn, epoch });
  }

  do(command: Command): Commit {
    const commit = commitOf(this.engine, command, { at: this.at });
    checkGraph(this.engine.graph);
    this.log.push(commit);
    return commit;
  }

  order(change: Partial<CampaignPolicy> = {}, more: Partial<OrderCampaign> = {}): string {
    return campaignId(this.do(this.ordering(change, more)).revision);
  }

  ordering(change: Partial<CampaignPolicy> = {}, more: Partial<OrderCampaign> = {}): OrderCampaign {
    return {
      ...{
        type: 'OrderCampaign',
        plans: [{ plan: release, reboot: null }],
        policy: { ...policy, ...change },
      },
      machines: this.names.map((fqdn) => ({ fqdn, plan: 0 })),
      ...{ leftOut: [], partial: false, by: 'process:x', override: false, reason: null, ...more },
    };
  }

  row(id: string): CampaignRow {
    return this.engine.graph.must('campaign', id);
  }

  /** Those that are under way, by number. */
  open(id: string): number[] {
    return this.row(id).open.map(({ fqdn }) => this.names.indexOf(fqdn) + 1);
  }

  /** The deadlines of a moment are due, until none is. */
  fire(seconds = 0): this {
    this.at += seconds * s;
    while ((this.engine.graph.indexes.deadlines.next()?.at ?? Infinity) <= this.at)
      this.do({ type: 'FireDeadlines' });
    return this;
  }

  /** The order that a machine waits for is sent, and ends: with it the release of the machine. */
  ends(n: number, outcome: 'done' | 'failed' | 'unknown' = 'done'): this {
    const orders = [...this.engine.graph.many('obeys', this.names[n - 1]!)];
    const { id } = orders.find(({ state }) => state === 'waiting')!;
    this.do({ type: 'BeginObmOrder', id });
    this.do({ type: 'EndObmOrder', id, outcome, detail: outcome === 'done' ? '' : 'no answer' });
    return this.fire();
  }

  /** Number, outcome and detail of each machine, those that had no turn too. */
  outcomes(id: string): string[] {
    const { machines, stopped } = this.row(id);
    return machines.map(({ fqdn }) => {
      const turn = this.engine.graph.get('turn', `${id}/${fqdn}`);
      if (!turn) return stopped ? `cancelled: ${stopped.detail}` : 'waiting';
      const { outcome, detail } = turn;
      return outcome === null ? 'under way' : detail === '' ? outcome : `${outcome}: ${detail}`;
    });
  }
}

t.test('the first machine is alone, and the others follow when it is done', async (t) => {
  const m = new Machines(6);
  const id = m.order();
  t.strictSame(m.open(id), [], 'the commit that accepts them begins none');
  t.strictSame(m.fire().open(id), [1]);
  t.strictSame(m.fire(60).open(id), [1], 'however long it takes');
  t.strictSame(m.ends(1).open(id), [2, 3], 'of one chassis one at a time');
  t.strictSame(m.ends(2).open(id), [3, 5], 'the fourth waits for the third, its neighbour');
  t.strictSame(m.ends(3).open(id), [5, 4]);
  t.strictSame(m.ends(5).ends(4).open(id), [6]);
  t.equal(m.row(id).ended, null);
  m.ends(6);
  t.match(m.row(id), { ended: m.at, counts: { done: 6, failed: 0, cancelled: 0 } });
  t.strictSame(m.outcomes(id), Array(6).fill('done'));
});

t.test('where the first machine fails nothing more is begun, however many may fail', async (t) => {
  const m = new Machines(4);
  const id = m.order({ stop_after: 3 });
  m.fire().ends(1, 'failed');
  t.match(m.row(id), { ended: m.at, stopped: { why: 'failures' } });
  const because = 'cancelled: the first machine failed';
  t.strictSame(m.outcomes(id), ['failed: power-off: no answer', because, because, because]);
});

t.test(
  '48: after so many failures nothing more is begun, and what is under way goes on',
  async (t) => {
    const m = new Machines(8, 1);
    const id = m.order({ max_parallel: 3, stop_after: 2 });
    m.fire().ends(1);
    t.strictSame(m.open(id), [2, 3, 4]);
    t.strictSame(m.ends(2, 'failed').open(id), [3, 4, 5], 'one failure of two');
    t.strictSame(m.ends(3, 'unknown').open(id), [4, 5], 'nobody knows: that is no success');
    t.equal(m.row(id).ended, null);
    t.strictSame(m.ends(4).open(id), [5]);
    m.ends(5);
    t.equal(m.row(id).ended, m.at);
    const because = 'cancelled: 2 machines failed';
    t.match(m.outcomes(id), [
      'done',
      /^failed/,
      /^failed/,
      'done',
      'done',
      because,
      because,
      because,
    ]);
  },
);

t.test('machines of one chassis are begun so long after each other', async (t) => {
  const m = new Machines(5);
  const id = m.order({ canary: false, max_parallel: 4, per_chassis: 2, stagger: 30 });
  t.strictSame(m.fire().open(id), [1, 3, 5], 'one of each chassis');
  t.strictSame(m.fire(29).open(id), [1, 3, 5]);
  t.strictSame(m.fire(1).open(id), [1, 3, 5, 2], 'four at most');
  t.strictSame(m.ends(1).open(id), [3, 5, 2, 4]);
});

t.test('cancelling leaves alone what was not begun', async (t) => {
  const m = new Machines(3);
  const id = m.order();
  const ordered = m.row(id).created;
  m.fire();
  const cancel: Command = { type: 'CancelCampaign', ordered, by: 'token:me' };
  m.do(cancel);
  t.equal(m.row(id).ended, null);
  t.match(m.engine.submit(cancel, { at: m.at, actor: 'me', correlation: '1' }), {
    kind: 'unchanged',
  });
  m.ends(1);
  const because = 'cancelled: cancelled by token:me';
  t.strictSame(m.outcomes(id), ['done', because, because]);
  t.equal(m.row(id).ended, m.at);
  t.match(rejectionOf(m.engine, { ...cancel, ordered: 1 }), { code: 'not-cancellable' });
});

t.test('one machine that is taken back is neither done nor failed', async (t) => {
  const m = new Machines(2);
  const id = m.order();
  m.fire();
  const { created: ordered, host: fqdn } = [...m.engine.graph.all('procedure')][0]!;
  m.do({ type: 'CancelOrdered', ordered, fqdn, by: 'token:me' });
  const order = [...m.engine.graph.many('obeys', fqdn)][0]!;
  t.equal(order.state, 'cancelled');
  t.strictSame(m.fire().open(id), [2], 'the next one is the first, and alone');
  t.match(m.outcomes(id)[0], /^cancelled: cancelled by token:me/);
});

t.test('where one may not be, none is; or the others are, and it is told why', async (t) => {
  const m = new Machines(3);
  m.disable('n2.example');
  const before = m.engine.graph.digest();
  const strangers = ['n1.example', 'n2.example', 'n9.example'];
  const machines = strangers.map((fqdn) => ({ fqdn, plan: 0 }));
  t.match(rejectionOf(m.engine, m.ordering({}, { machines })), {
    code: 'obm-disabled',
    message: /^2 of 3 machines may not be, so none is: .*n2\.example.*; there is no host n9/,
  });
  t.equal(m.engine.graph.digest(), before);
  const id = m.order({}, { machines, partial: true });
  t.match(m.row(id), {
    machines: [{ fqdn: 'n1.example' }],
    leftOut: [{ fqdn: 'n2.example', reason: /not enabled/ }, { fqdn: 'n9.example' }],
  });
  const none = machines.slice(1);
  t.match(rejectionOf(m.engine, m.ordering({}, { machines: none, partial: true })), {
    code: 'obm-disabled',
  });
});

t.test('what may not be any more when its turn comes has failed', async (t) => {
  const m = new Machines(3);
  const id = m.order({ canary: false, max_parallel: 1, stop_after: 2 });
  m.fire();
  m.disable('n2.example');
  m.ends(1);
  t.strictSame(m.open(id), [3], 'the next one has its turn at once');
  t.match(m.outcomes(id)[1], /^failed: the OBM of n2\.example is not enabled/);
});

t.test('what is the same and under way is not done twice', async (t) => {
  const m = new Machines(2);
  const id = m.order();
  m.do({ type: 'OrderProcedure', fqdn: 'n1.example', plan: release, by: 'process:y' });
  m.fire();
  t.equal(m.engine.graph.count('procedure'), 1);
  m.ends(1);
  t.strictSame(m.outcomes(id), ['done', 'under way']);
});

t.test('a machine is in one campaign at a time', async (t) => {
  const m = new Machines(2);
  const id = m.order();
  t.match(rejectionOf(m.engine, m.ordering()), { code: 'in-campaign' });
  m.fire().ends(1);
  const machines = [{ fqdn: 'n1.example', plan: 0 }];
  m.do(m.ordering({}, { machines }));
  t.equal(m.row(id).ended, null, 'those that it is through with are free');
});

t.test('a machine that gets another name, or is removed, has its end', async (t) => {
  const m = new Machines(3);
  const id = m.order({ canary: false, max_parallel: 1, stop_after: 9 });
  m.do({ type: 'RenameHost', fqdn: 'n2.example', to: 'm2.example' });
  m.fire();
  m.disable('n1.example');
  m.do({ type: 'RemoveHost', fqdn: 'n1.example', force: true });
  m.fire();
  t.match(m.row(id).open, [{ fqdn: 'm2.example' }]);
  t.match(m.outcomes(id), ['failed: the machine was removed meanwhile', 'under way', 'waiting']);
  m.do({ type: 'RenameHost', fqdn: 'm2.example', to: 'l2.example' });
  const { id: order } = [...m.engine.graph.many('obeys', 'l2.example')].find(
    ({ state }) => state === 'waiting',
  )!;
  m.do({ type: 'BeginObmOrder', id: order });
  m.do({ type: 'EndObmOrder', id: order, outcome: 'done', detail: '' });
  t.equal(m.fire().outcomes(id)[1], 'done');
  m.ends(3);
  t.equal(m.row(id).ended, m.at);
});

t.test('what is kept of campaigns is bounded', async (t) => {
  const m = new Machines(campaignsOpenMax + 1);
  const one = (fqdn: string) => m.ordering({}, { machines: [{ fqdn, plan: 0 }], override: true });
  for (const fqdn of m.names.slice(1)) m.do(one(fqdn));
  t.match(rejectionOf(m.engine, one('n1.example')), { code: 'too-many-campaigns' });
  const ordered = [...m.engine.graph.all('campaign')].map(({ created }) => created);
  for (const each of ordered) m.do({ type: 'CancelCampaign', ordered: each, by: 'me' });
  for (let i = 0; i <= campaignsKeptMax; i++)
    m.do({ type: 'CancelCampaign', ordered: m.do(one('n1.example')).revision, by: 'me' });
  t.equal(m.engine.graph.count('campaign'), campaignsKeptMax);
  t.equal(m.engine.graph.count('turn'), 0);
  const machines = Array.from({ length: campaignMachinesMax + 1 }, (_, i) => ({
    ...{ fqdn: `n${i}.example`, plan: 0 },
  }));
  t.match(rejectionOf(m.engine, m.ordering({}, { machines })), { code: 'too-many-machines' });
  t.match(rejectionOf(m.engine, m.ordering({}, { machines: [] })), { code: 'too-many-machines' });
});

t.test(
  'more machines than a share of all are refused, unless somebody says otherwise',
  async (t) => {
    const m = new Machines(12);
    t.match(rejectionOf(m.engine, m.ordering()), {
      code: 'blast-radius',
      message: /^12 machines are more than may be at once: 10 of 12 /,
    });
    const some = (from: number, to: number) =>
      m.names.slice(from, to).map((fqdn) => ({ fqdn, plan: 0 }));
    const id = m.order({}, { machines: some(0, 6) });
    t.match(rejectionOf(m.engine, m.ordering({}, { machines: some(6, 12) })), {
      ...{ code: 'blast-radius', message: /with the 6 that are under way or to come/ },
    });
    m.do({ type: 'CancelCampaign', ordered: m.row(id).created, by: 'me' });
    m.do({ type: 'SetVars', vars: { reboot_blast_radius: 100 } });
    m.order();
    const wide = new Machines(12);
    const all = wide.order({}, { override: true, reason: 'a new kernel' });
    t.match(wide.row(all), { override: true, reason: 'a new kernel' });
  },
);

t.test('waves tell who is begun together where all take as long', async (t) => {
  const machines = Array.from({ length: 8 }, (_, i) => ({
    ...{ fqdn: `n${i + 1}`, chassis: i < 4 ? 'a' : `b${i}`, plan: 0 },
  }));
  const waves = [['n1'], ['n2', 'n5', 'n6'], ['n3', 'n7', 'n8'], ['n4']];
  t.strictSame(wavesOf({ ...policy, max_parallel: 3 }, machines, 9), { waves, total: 4 });
  t.strictSame(wavesOf({ ...policy, max_parallel: 3 }, machines, 1), {
    waves: [['n1']],
    total: 4,
  });
});

const policies = fc.record({
  canary: fc.boolean(),
  max_parallel: fc.integer({ min: 1, max: 4 }),
  per_chassis: fc.integer({ min: 1, max: 3 }),
  stagger: fc.constantFrom(0, 0, 30),
  stop_after: fc.integer({ min: 1, max: 4 }),
});

t.test('of any policy: what may be begun together, and that it comes to its end', async () => {
  fc.assert(
    fc.property(
      policies,
      fc.array(fc.constantFrom(null, 'a', 'b', 'c'), { minLength: 1, maxLength: 20 }),
      fc.infiniteStream(
        fc.tuple(fc.nat(5), fc.constantFrom('done', 'done', 'failed', 'cancelled')),
      ),
      (policy, chassis, ends) => {
        const machines = chassis.map((one, i) => ({ fqdn: `n${i}`, chassis: one, plan: 0 }));
        let standing: Standing = {
          ...{ policy, machines, next: 0, ahead: [], open: [], begunIn: {}, stopped: null },
          counts: { done: 0, failed: 0, cancelled: 0 },
        };
        const begun = new Map<string, number>();
        let at = noon;
        while (!isThrough(standing)) {
          const { now, at: next } = turnsOf(standing, at);
          for (const place of now) {
            const { fqdn, chassis: one } = machines[place]!;
            must(!begun.has(fqdn), 'each is begun once');
            const last = [...begun].filter(([name]) => chassis[+name.slice(1)] === one);
            must(
              one === null || last.every(([, when]) => when + policy.stagger * s <= at),
              'a chassis rests as long as it should',
            );
            begun.set(fqdn, at);
            const begunIn = one === null ? {} : { [one]: at };
            standing = {
              ...{ ...standing, ...withBegun(standing, [place]) },
              open: [...standing.open, { fqdn, chassis: one, procedure: fqdn }],
              begunIn: { ...standing.begunIn, ...begunIn },
            };
          }
          const { open, counts } = standing;
          must(open.length <= policy.max_parallel, 'no more than may be are under way');
          for (const one of ['a', 'b', 'c'])
            must(
              open.filter((turn) => turn.chassis === one).length <= policy.per_chassis,
              'no more than may be of a chassis are',
            );
          if (policy.canary && counts.done === 0) must(open.length <= 1, 'the first is alone');
          if (open.length === 0) {
            must(next !== null && next > at, 'it goes on some time');
            at = next!;
            continue;
          }
          const [n, how] = ends.next().value!;
          const gone = open[n % open.length];
          standing = {
            ...standing,
            open: open.filter((turn) => turn !== gone),
            counts: { ...counts, [how]: counts[how as 'done'] + 1 },
          };
          const why = stopOf(standing);
          if (why !== null) standing = { ...standing, stopped: { why } };
        }
        const { done, failed, cancelled } = standing.counts;
        must(done + failed + cancelled === begun.size, 'each that was begun has one end');
        must(standing.stopped !== null || begun.size === machines.length, 'none is left out');
        must(failed < policy.stop_after + policy.max_parallel, 'it stops where too many failed');
      },
    ),
  );
});

const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what);
};

type Step = readonly [what: number, which: number, how: 'done' | 'failed' | 'unknown'];

/** What happens to the machines of a campaign, in any order; the graph is whole after each, and after a restart. */
const play = (m: Machines, id: string, steps: readonly Step[]): void => {
  const { policy, created: ordered } = m.row(id);
  const attempt = (command: Command): void => {
    const outcome = m.engine.submit(command, { at: m.at, actor: 'a', correlation: '1' });
    if (outcome.kind !== 'committed') return;
    m.engine.confirm(outcome.commit.revision);
    m.log.push(outcome.commit);
    checkGraph(m.engine.graph);
    const before = m.row(id);
    must(before.open.length <= policy.max_parallel, 'no more than may be are under way');
    must(!policy.canary || before.counts.done > 0 || before.open.length <= 1, 'the first is alone');
    for (const { begun } of dataOf(outcome.commit, 'CampaignTurnsTaken'))
      must(begun.length === 0 || !stopped, 'nothing is begun once it has stopped');
    stopped = before.stopped !== null;
  };
  let stopped = false;
  for (const [what, which, how] of steps) {
    const orders = [...m.engine.graph.all('order')].filter(({ state }) => state === 'waiting');
    const order = orders[which % Math.max(1, orders.length)];
    const fqdn = m.names[which % m.names.length]!;
    if (what < 4) attempt({ type: 'FireDeadlines' });
    else if (what < 9 && order) {
      attempt({ type: 'BeginObmOrder', id: order.id });
      attempt({ type: 'EndObmOrder', id: order.id, outcome: how, detail: '' });
    } else if (what === 9) m.at += 15 * s;
    else if (what === 10) attempt({ type: 'OrderProcedure', fqdn, plan: release, by: 'process:z' });
    else if (what === 11 && order?.procedure !== undefined)
      attempt({ type: 'CancelOrdered', ordered: order.procedure, fqdn: order.host, by: 'me' });
    else if (what === 12 && which === 3) attempt({ type: 'CancelCampaign', ordered, by: 'me' });
    else if (what === 13 && which < 5) {
      const epoch = m.engine.graph.get('registration', fqdn)?.epoch ?? 1;
      attempt({ type: 'DisableObm', fqdn, epoch });
      attempt({ type: 'RemoveHost', fqdn, force: true });
    } else if (what === 14) attempt({ type: 'RenameHost', fqdn, to: `m${which}.example` });
    else if (what === 15) {
      const digest = m.engine.graph.digest();
      m.engine = newEngine();
      for (const commit of m.log) m.engine.replay(commit);
      must(m.engine.graph.digest() === digest, 'a replay gives the same');
      checkGraph(m.engine.graph);
    }
  }
};

t.test('whatever happens meanwhile, every machine has exactly one outcome', async () => {
  fc.assert(
    fc.property(
      policies,
      fc.array(
        fc.tuple(
          fc.nat(15),
          fc.nat(20),
          fc.constantFrom('done' as const, 'done' as const, 'failed' as const, 'unknown' as const),
        ),
        { maxLength: 60 },
      ),
      (policy, steps) => {
        const m = new Machines(7, 3);
        const id = m.order(policy);
        play(m, id, steps);
        // All that is under way comes to its end.
        for (let i = 0; i < 200 && m.row(id).ended === null; i++)
          play(m, id, [
            [0, 0, 'done'],
            [4, 0, 'done'],
            [9, 0, 'done'],
          ]);
        const { ended, machines, counts, stopped, open } = m.row(id);
        must(ended !== null && open.length === 0, 'it comes to its end');
        const turns = [...m.engine.graph.many('takes', id)];
        must(
          turns.every(({ outcome }) => outcome !== null),
          'each that had its turn has one',
        );
        must(counts.done + counts.failed + counts.cancelled === turns.length, 'they are counted');
        must(stopped !== null || turns.length === machines.length, 'the others were not begun');
        const names = new Set(machines.map(({ fqdn }) => fqdn));
        must(names.size === machines.length, 'each is there once');
      },
    ),
    { numRuns: 60 },
  );
});
