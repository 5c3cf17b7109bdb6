/** Effects: begun once, and told truthfully, whatever fails and whenever the station crashes. */

import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import { Graph } from '../../src/core/graph/graph.ts';
import { sshDefaults } from '../../src/core/values/recovery-policy.ts';
import type { MemoryStorage } from '../../src/log/memory.ts';
import { FileSecrets } from '../../src/station/access/file-secrets.ts';
import { keysOf } from '../../src/station/access/keys.ts';
import type { Effect } from '../../src/station/duties/effects/effect.ts';
import { effectKinds } from '../../src/station/duties/effects/kinds.ts';
import { obmOrders } from '../../src/station/duties/effects/obm-orders.ts';
import { ssh } from '../../src/station/duties/effects/ssh.ts';
import { stageActs } from '../../src/station/duties/effects/stage-acts.ts';
import { Executor } from '../../src/station/duties/executor.ts';
import { Turns } from '../../src/station/fair-use/turns.ts';
import { Obms } from '../../src/station/obm/obms.ts';
import { adminSecret, tokenSecret } from '../../src/station/obm/secret-names.ts';
import { Replica } from '../../src/station/replica/replica.ts';
import { load, nodeDown, nodeUp, setVars } from '../core/scenario.ts';
import { tried } from './effect-trials.ts';
import type { Came, Fault, Ground, Point, Trial } from './effect-trials.ts';
import { HandTime } from './hand-time.ts';
import { temporary, until } from './harness.ts';
import { memoryLog } from './memory-log.ts';
import type { WatchedLog } from './memory-log.ts';
import { startSshd } from './sshd.ts';

const host = 'n1.example';
const onceDone: Came = { acts: 1, outcomes: ['done'] };

type Expected = readonly (readonly [Point, Fault, Came])[];

/** Of an effect that must not be done twice, once it may have begun. */
const afterBegun: Expected = [
  ['act', 'crash', { acts: 0, outcomes: ['interrupted'] }],
  ['act', 'error', { acts: 0, outcomes: ['interrupted'] }],
  ['act', 'stop', { acts: 0, outcomes: ['interrupted'] }],
  ['acted', 'crash', { acts: 1, outcomes: ['interrupted'] }],
  ['acted', 'error', { acts: 1, outcomes: ['interrupted'] }],
  ['acted', 'stop', { acts: 1, outcomes: ['interrupted'] }],
  ['end', 'crash', { acts: 1, outcomes: ['interrupted'] }],
  ['end', 'error', onceDone],
  ['ended', 'crash', onceDone],
];

const untilBegun: Expected = [
  ['begin', 'crash', onceDone],
  ['begin', 'error', onceDone],
  ['begun', 'crash', { acts: 0, outcomes: ['interrupted'] }],
  ['begun', 'error', { acts: 0, outcomes: ['interrupted'] }],
];

const repeatable: Expected = [
  ['begin', 'crash', onceDone],
  ['begin', 'error', onceDone],
  ['begun', 'crash', onceDone],
  ['begun', 'error', onceDone],
  ['act', 'crash', onceDone],
  ['act', 'error', onceDone],
  ['act', 'stop', onceDone],
  ['acted', 'crash', { acts: 2, outcomes: ['done'] }],
  ['acted', 'error', { acts: 2, outcomes: ['done'] }],
  ['acted', 'stop', { acts: 2, outcomes: ['done'] }],
  ['end', 'crash', { acts: 2, outcomes: ['done'] }],
  ['end', 'error', onceDone],
  ['ended', 'crash', onceDone],
];

const tryAll = (name: string, trial: Trial, expected: Expected): unknown =>
  t.test(name, async (t) => {
    for (const [point, fault, came] of expected)
      t.same(await tried(trial, point, fault), came, `${fault} at ${point}`);
  });

const nothing = (): void => undefined;
const logger = { info: nothing, warn: nothing, error: nothing };

const replicaOn = async (storage: MemoryStorage, time: HandTime): Promise<Omit<Ground, 'kind'>> => {
  const log = memoryLog(storage);
  const turns = new Turns();
  const mint = (): never => t.fail('nobody asks for a token') as never;
  const directory = temporary(t);
  const trouble = (): undefined => undefined;
  const parts = { log, directory, trouble, logger, time, turns, mint, notLeading: mint };
  const replica = await Replica.open(parts);
  return {
    log,
    graph: () => replica.graph,
    submit: (command) => replica.submit(command, { actor: 'station' }, () => null),
  };
};

/** The outcomes that events of a type tell. */
const outcomesIn = (log: WatchedLog, told: string): string[] =>
  log
    .commits()
    .flatMap(({ events }) =>
      events.flatMap(({ type, data }) =>
        type === told ? [(data as { outcome: string }).outcome] : [],
      ),
    );

/** A recovery with a step by ssh, to a real sshd: what it does is to add a line to a file. */
const recovery = async (): Promise<Trial> => {
  const sshd = await startSshd(t, [host]);
  const marks = join(sshd.folder, 'marks');
  const { port, user, identity_file, known_hosts_file } = sshd;
  const account = { port, user, identity_file, known_hosts_file };
  const step = { ...sshDefaults, ...account, command: `echo done >>${marks}` };
  return {
    open: async (storage, time) => ({ ...(await replicaOn(storage, time)), kind: ssh }),
    async intend({ submit, graph }, time) {
      await submit(load({ roles: [], recovery: [step] }));
      await submit(setVars({ recovery_max_down_percent: 100 }));
      await submit(nodeUp(host, '127.0.0.1'));
      await submit(nodeDown(host));
      await time.pass(graph().indexes.deadlines.next()!.at - time.now());
      await submit({ type: 'FireDeadlines' });
    },
    acts: () => (existsSync(marks) ? readFileSync(marks, 'utf8').split('\n').length - 1 : 0),
    outcomes: (log) => outcomesIn(log, 'RecoveryStepEnded'),
  };
};

/**
 * A kind whose beginning has a record of its own, as those to come: a switch, whose log holds nothing
 * but what becomes of it.
 */
const switching = (mayRepeat: boolean): Trial => {
  let acts = 0;
  const said = (storage: MemoryStorage, type: string): Commit[] =>
    storage
      .map(({ body }) => JSON.parse(body) as Commit)
      .filter(({ events }) => events[0]!.type === type);
  const append = async (log: WatchedLog, type: string, outcome = ''): Promise<void> => {
    const events = [{ type, v: 1, data: { outcome } }];
    const commit = { revision: log.head() + 1, at: 0, actor: 'test', correlation: '', events };
    await log.append(commit as unknown as Commit, log.head());
  };
  const open = (storage: MemoryStorage): Ground => {
    const log = memoryLog(storage);
    const effects = (commits: Commit[]): Effect<unknown>[] =>
      commits.map(({ revision: intended }) => {
        const isBegun = said(storage, 'begun').length > 0;
        return { intended, target: host, intent: null, isBegun };
      });
    const unended = (): Effect<unknown>[] =>
      said(storage, 'ended').length > 0 ? [] : effects(said(storage, 'intended'));
    return {
      log,
      graph: () => new Graph(),
      kind: {
        kind: 'switch',
        limits: { atOnce: 4, perTarget: 2 },
        mayRepeat,
        unended,
        intendedBy: (commit) => (commit.events[0]!.type === 'intended' ? effects([commit]) : []),
        find: () => unended()[0],
        begin: () => ({ type: 'begun' }) as unknown as Command,
        run: async () => {
          acts += 1;
          return { outcome: 'done', detail: '' };
        },
        end: (_, { outcome }) => ({ type: 'ended', outcome }) as unknown as Command,
      },
      submit: async (command) => {
        const { type, outcome } = command as unknown as { type: string; outcome?: string };
        const changed = said(storage, type).length === 0;
        if (changed) await append(log, type, outcome);
        return { ok: true, revision: log.head(), changed, reply: null };
      },
    };
  };
  return {
    open: async (storage) => open(storage),
    intend: ({ log }) => append(log, 'intended'),
    acts: () => acts,
    outcomes: (log) =>
      log
        .commits()
        .filter(({ events }) => events[0]!.type === 'ended')
        .map(({ events }) => (events[0]!.data as { outcome: string }).outcome),
  };
};

/** A machine that is cycled by a daemon that counts how often, and whose power is on whenever it is looked at. */
const cycling = async (): Promise<Trial> => {
  let acts = 0;
  const daemon = createServer((request, response) => {
    const isOrder = request.method === 'POST';
    if (isOrder) acts += 1;
    const said = isOrder
      ? { outcome: 'done', by: 'answer', instead: null, why: null }
      : { power_status: 'on' };
    response.end(JSON.stringify(said));
  });
  daemon.listen(0, '127.0.0.1');
  await once(daemon, 'listening');
  t.teardown(() => daemon.close());
  const obmd = `http://127.0.0.1:${(daemon.address() as AddressInfo).port}`;
  const secrets = new FileSecrets(temporary(t), keysOf(Buffer.alloc(32)));
  return {
    async open(storage, time) {
      const ground = await replicaOn(storage, time);
      const { graph } = ground;
      const reach = { time };
      const nobody = (): never => t.fail('nobody else asks') as never;
      const obms = new Obms({ graph, secrets, reach, submit: nobody, refusal: nobody });
      return { ...ground, kind: obmOrders(obms) };
    },
    async intend({ submit }) {
      await submit(nodeUp(host));
      await submit({ type: 'RegisterObm', fqdn: host, obmd, label: host });
      const begun = await submit({ type: 'EnableObm', fqdn: host, anew: false });
      const epoch = begun.ok ? begun.revision : 0;
      const password = 'a'.repeat(32);
      secrets.put(new Map([[tokenSecret(epoch), { user: '', password }]]));
      await submit({ type: 'ReportObmEnabled', fqdn: host, epoch, hash: 'b'.repeat(64) });
      await submit({ type: 'OrderObm', fqdn: host, order: { kind: 'power', action: 'cycle' } });
    },
    acts: () => acts,
    // What nobody knows is what was interrupted.
    outcomes: (log) =>
      outcomesIn(log, 'ObmOrderEnded').map((one) => (one === 'unknown' ? 'interrupted' : one)),
  };
};

/** A machine that is given back, whose OBM is disabled by a daemon that counts how often it is asked to. */
const releasing = async (): Promise<Trial> => {
  let acts = 0;
  const daemon = createServer((request, response) => {
    if (request.method === 'DELETE') acts += 1;
    response.end('{}');
  });
  daemon.listen(0, '127.0.0.1');
  await once(daemon, 'listening');
  t.teardown(() => daemon.close());
  const obmd = `http://127.0.0.1:${(daemon.address() as AddressInfo).port}`;
  const secrets = new FileSecrets(temporary(t), keysOf(Buffer.alloc(32)));
  secrets.put(new Map([[adminSecret(obmd), { user: 'admin', password: 'c'.repeat(32) }]]));
  return {
    async open(storage, time) {
      const ground = await replicaOn(storage, time);
      const { graph, submit } = ground;
      const parts = { graph, secrets, reach: { time }, refusal: () => undefined };
      const obms = new Obms({ ...parts, submit: (command) => submit(command) });
      return { ...ground, kind: stageActs(obms) };
    },
    async intend({ submit, graph }) {
      await submit(nodeUp(host));
      await submit({ type: 'CreateProject', name: 'ocean' });
      await submit({ type: 'AttachMachines', project: 'ocean', hosts: [host], mayKnow: true });
      await submit({ type: 'RegisterObm', fqdn: host, obmd, label: host });
      const begun = await submit({ type: 'EnableObm', fqdn: host, anew: false });
      const epoch = begun.ok ? begun.revision : 0;
      await submit({ type: 'ReportObmEnabled', fqdn: host, epoch, hash: 'b'.repeat(64) });
      const plan = { kind: 'release', force: false } as const;
      await submit({ type: 'OrderProcedure', fqdn: host, plan });
      const [off] = [...graph().many('obeys', host)];
      await submit({ type: 'BeginObmOrder', id: off!.id });
      await submit({ type: 'EndObmOrder', id: off!.id, outcome: 'done', detail: '' });
    },
    acts: () => acts,
    outcomes: (log) => outcomesIn(log, 'ProcedureActEnded'),
  };
};

// The log says that the OBM is disabled: the second time there is nothing left to ask for.
tryAll('an OBM is disabled for a release, however often the station ends', await releasing(), [
  ['act', 'crash', onceDone],
  ['act', 'error', onceDone],
  ['act', 'stop', onceDone],
  ['acted', 'crash', onceDone],
  ['acted', 'error', onceDone],
  ['acted', 'stop', onceDone],
  ['end', 'crash', onceDone],
  ['end', 'error', onceDone],
  ['ended', 'crash', onceDone],
]);

t.test('every kind of effect is tried here', async (t) => {
  t.same(
    effectKinds(undefined as never).map(({ kind }) => kind),
    ['ssh', 'order to an OBM', 'look at an OBM', 'act of a stage'],
  );
});

tryAll('39: an order is given once, or nobody knows whether it was', await cycling(), [
  ...untilBegun,
  ...afterBegun,
]);

tryAll(
  'a command on a lost host is run once, or told as interrupted',
  await recovery(),
  afterBegun,
);
tryAll('what must not be done twice is done once, or told as interrupted', switching(false), [
  ...untilBegun,
  ...afterBegun,
]);
tryAll('what may be repeated is done in the end', switching(true), repeatable);

t.test('of a kind only so many run at once, and of one target only so many', async (t) => {
  const waiting = ['a', 'a', 'a', 'b', 'b', 'c', 'd'].map((target, i) => ({
    intended: -i,
    target,
    intent: null,
    isBegun: false,
  }));
  const running: { readonly target: string; readonly end: () => void }[] = [];
  const ended: string[] = [];
  const log = memoryLog();
  const executor = new Executor({
    log,
    graph: () => new Graph(),
    time: new HandTime(),
    submit: async () => ({ ok: true, revision: log.head(), changed: true, reply: null }),
    kinds: [
      {
        kind: 'bounded',
        limits: { atOnce: 3, perTarget: 1 },
        mayRepeat: false,
        unended: () => waiting,
        intendedBy: () => [],
        find: (_, effect) => effect,
        run: ({ target }, { signal }) =>
          new Promise((resolve) => {
            const end = (): void => resolve({ outcome: 'done', detail: '' });
            signal.addEventListener('abort', end);
            running.push({ target, end });
          }),
        end: ({ target }) => {
          ended.push(target);
          return { type: 'FireDeadlines' };
        },
      },
    ],
  });
  /** As many as targets have any left, and three at most. */
  const mayRun = (): number => {
    const left = waiting.map(({ target }) => target);
    for (const target of ended) left.splice(left.indexOf(target), 1);
    return Math.min(3, new Set(left).size);
  };
  executor.start();
  const order: string[][] = [];
  for (let i = 0; i < waiting.length; i += 1) {
    await until('as many as may be to run', () => running.length === mayRun());
    order.push(running.map(({ target }) => target).sort());
    running.shift()!.end();
    await until('its end', () => ended.length === i + 1);
  }
  t.same(order[0], ['a', 'b', 'c'], 'the second of a target waits, and lets others go first');
  for (const names of order) t.equal(new Set(names).size, names.length, names.join());
  await executor.stop();
});
