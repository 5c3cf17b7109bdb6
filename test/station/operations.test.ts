/** How far an operation is, read from the graph at any time. */

import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import type { Fid } from '../../src/core/values/fid.ts';
import type { Operation, Progress } from '../../src/station/queries/operation.ts';
import { operationIn } from '../../src/station/queries/operations.ts';
import { PlayedCluster } from '../core/played-cluster.ts';
import {
  add,
  remove,
  removeHost,
  report,
  scale,
  wantCluster,
  wantNode,
  wantProcess,
} from '../core/scenario.ts';

const [n1, n2] = ['n1.example', 'n2.example'];
const start = wantCluster('online');
const stop = wantCluster('offline');

/** All of it at once. */
const seen = ({ look }: Progress, c: PlayedCluster): Operation => {
  const steps = look(c.graph);
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
};

/** Gives a command and watches the operation that it began. */
const begin = (c: PlayedCluster, command: Command): (() => Operation) => {
  const commit = c.commit(command)!;
  const operation = operationIn(commit)!;
  return () => seen(operation, c);
};

t.test('a start runs until every process is online', async (t) => {
  const c = new PlayedCluster({ [n1]: ['s3', 'app'] });
  const look = begin(c, start);
  const { at } = look();
  const s3 = { fid: c.fid('s3'), host: n1, name: 's3', state: 'unknown' };
  t.match(look(), { kind: 'start', subject: 'cluster', state: 'running', total: 2, done: 0 });
  t.strictSame(look().waiting[1], {
    ...s3,
    reason: `waits for ${c.fid('ha')}, which is starting`,
  });
  c.says(c.fid('ha'), 'online');
  t.match(look(), { state: 'running', done: 1, failed: [], waiting: [{ fid: c.fid('s3') }] });
  c.says(c.fid('s3'), 'online');
  t.strictSame(look(), {
    kind: 'start',
    subject: 'cluster',
    state: 'succeeded',
    stage: '2 of 2 online',
    total: 2,
    done: 2,
    failed: [],
    waiting: [],
    warnings: [],
    times: { begun: at, ended: null, beginBy: null, queuedBehind: null },
    stages: [],
    at,
    actor: 'token:test',
  });
  c.run(add(n1, 'late'));
  t.equal(look().total, 2, 'what is added later is not part of it');
});

t.test('T48: a start says what did not come up, where and why', async (t) => {
  const c = new PlayedCluster({ [n1]: ['confd', 's3'], [n2]: ['late'] });
  const look = begin(c, start);
  c.down(n2);
  c.says(c.fid('ha'), 'online');
  while (c.row(c.fid('confd')).state !== 'failed') {
    t.equal(look().state, 'running');
    c.says(c.fid('confd'), 'exited', { reason: 'exit code 1' });
    c.after(60_000);
  }
  c.says(c.fid('s3'), 'online');
  t.match(look(), { state: 'failed', total: 4, done: 2, waiting: [] });
  t.match(look().failed, [
    {
      fid: c.fid('confd'),
      host: n1,
      name: 'confd',
      state: 'failed',
      reason: 'exit code 1; given up after 6 attempts',
    },
    { fid: c.fid('late'), host: n2, name: 'late', reason: 'its host is down: silence' },
  ]);
  c.run(wantProcess(c.fid('confd'), 'online'));
  t.equal(look().state, 'running', 'it is tried again');
});

t.test('a start that waits for what nobody starts has failed, and names it', async (t) => {
  const c = new PlayedCluster({ [n1]: ['confd', 'store'] });
  const look = begin(c, wantProcess(c.fid('store'), 'online'));
  t.match(look(), {
    state: 'failed',
    subject: c.fid('store'),
    failed: [{ reason: `waits for ${c.fid('confd')}, which is unknown` }],
  });
  c.run(wantProcess(c.fid('confd'), 'online'));
  t.equal(look().state, 'failed', 'which waits in turn');
  c.run(wantProcess(c.fid('ha'), 'online'));
  t.equal(look().state, 'running');
  c.settle();
  t.equal(look().state, 'succeeded');
});

t.test('T26: a start on a host that is not up fails at once and is done when it is', async (t) => {
  const c = new PlayedCluster();
  c.run({ type: 'RegisterHost', fqdn: n1 });
  c.up(n1);
  c.run(add(n1, 'late'));
  c.down(n1);
  const look = begin(c, wantNode(c.row(c.fid('late')).node, 'online'));
  t.match(look(), { state: 'failed', failed: [{ host: n1, reason: 'its host is down: silence' }] });
  c.up(n1);
  t.equal(look().state, 'running');
});

t.test('T47: a stop leaves independent processes alone and says so', async (t) => {
  const c = new PlayedCluster({ [n1]: ['late', 'app', 'app'] });
  c.run(start);
  c.settle();
  c.run(report(c.fid('app'), 'online'));
  const look = begin(c, stop);
  t.match(look(), {
    kind: 'stop',
    state: 'running',
    total: 1,
    warnings: [`${c.fid('app')} is independent and goes on running`],
  });
  c.says(c.fid('late'), 'exited');
  t.match(look(), { state: 'succeeded', done: 1 });
});

t.test('what had failed before is no failure of a stop; what does not end is', async (t) => {
  const c = new PlayedCluster({ [n1]: ['late', 'ha'] });
  c.run(start);
  c.settle();
  c.run({ type: 'OverrideState', fid: c.fid('late'), state: 'failed', reason: 'it is wrong' });
  const look = begin(c, stop);
  t.match(look(), { state: 'running', done: 1, waiting: [{ name: 'ha', state: 'quiescing' }] });
  c.after(600_000);
  t.match(look(), { state: 'failed', failed: [{ name: 'ha', reason: 'not ended within 600 s' }] });
  t.match(begin(c, stop)(), { state: 'succeeded', total: 2, done: 2 }, 'nothing runs');
});

t.test('what is overruled is left out; where nothing is left it is cancelled', async (t) => {
  const c = new PlayedCluster({ [n1]: ['late', 'ha'] });
  const look = begin(c, start);
  c.run(wantProcess(c.fid('late'), 'offline'));
  t.match(look(), { state: 'running', total: 1 });
  c.says(c.fid('ha'), 'online');
  t.equal(look().state, 'succeeded');
  const stopping = begin(c, stop);
  t.match(look(), { state: 'cancelled', total: 0 });
  c.run(start);
  t.equal(stopping().state, 'cancelled');
});

t.test('a removal runs until everything is gone', async (t) => {
  const c = new PlayedCluster({ [n1]: ['late', 'ha'] });
  c.run(start);
  c.settle();
  const { node } = c.row(c.fid('ha'));
  const process = begin(c, remove(c.fid('late')));
  const all = begin(c, { type: 'RemoveNode', fid: node, force: false });
  const host = begin(c, { type: 'RemoveHost', fqdn: n1, force: false });
  t.match(process(), { kind: 'remove', subject: c.fid('late'), state: 'running', total: 1 });
  t.match(all(), { subject: node, state: 'running', total: 2 });
  t.match(host(), { subject: n1, state: 'running', waiting: [{ name: 'late' }, { name: 'ha' }] });
  c.run(stop);
  t.match(all(), { state: 'running' }, 'a stop agrees with it');
  c.says(c.fid('late'), 'exited');
  t.match(process(), { state: 'succeeded', total: 1, done: 1 });
  c.says(c.fid('ha'), 'exited');
  for (const look of [process, all, host]) t.match(look(), { state: 'succeeded', failed: [] });
});

t.test('a start of what has been removed meanwhile has not succeeded', async (t) => {
  const c = new PlayedCluster({ [n1]: ['late'] });
  const fid = c.fid('late');
  const { node } = c.row(fid);
  const starts = [wantProcess(fid, 'online'), wantNode(node, 'online')].map((one) => begin(c, one));
  const ending = begin(c, wantNode(node, 'offline'));
  c.run({ type: 'RemoveNode', fid: node, force: false });
  c.says(fid, 'exited');
  t.equal(c.graph.get('node', node), undefined);
  for (const look of starts) t.match(look(), { state: 'cancelled', total: 0 });
  t.match(ending(), { state: 'succeeded' }, 'what is gone does not run');
});

t.test('an add is no operation, and a removal of what does not run is over at once', async (t) => {
  const c = new PlayedCluster({ [n1]: ['late', 'late'] });
  const removal = seen(operationIn(c.commit(scale(n1, 'late', 1))!)!, c);
  t.match(removal, { kind: 'remove', state: 'succeeded' });
  t.equal(operationIn(c.commit(add(n1, 'app'))!), null);
});

t.test('T40: a removal warns of what could not be stopped, and has succeeded', async (t) => {
  const c = new PlayedCluster({ [n1]: ['late', 'late', 'app'] });
  c.run(start);
  c.settle();
  const [first, second] = c.fids('late') as [Fid, Fid];
  const hangs = begin(c, remove(first));
  c.after(600_000);
  t.match(hangs(), { state: 'succeeded', total: 1, done: 1, failed: [] });
  t.strictSame(hangs().warnings, [
    `${first} (late on ${n1}) could not be stopped; it was failed, then removed: not ended within 600 s`,
  ]);
  c.down(n1);
  const lost = begin(c, removeHost(n1));
  t.match(lost(), { subject: n1, state: 'succeeded', total: 2, done: 2 });
  t.match(lost().warnings, [/its host is down, so it could not be stopped/]);
  t.match(lost().warnings[0], second);
});

t.test('T44: a removal that some refuse ends as failed, and names them', async (t) => {
  const c = new PlayedCluster({ [n1]: ['late', 'app'] });
  c.run(start);
  c.settle();
  const app = c.fid('app');
  c.run(report(app, 'online'));
  const look = begin(c, removeHost(n1));
  t.match(look(), { subject: n1, state: 'running', total: 2, done: 0 });
  c.says(c.fid('late'), 'exited');
  t.match(look(), { kind: 'remove', state: 'failed', total: 2, done: 1, waiting: [] });
  t.strictSame(look().failed, [
    {
      fid: app,
      host: n1,
      name: 'app',
      state: 'online',
      reason: 'it is online, and only its owner can end it',
    },
  ]);
  c.run(report(app, 'offline'));
  const again = begin(c, removeHost(n1));
  t.match(again(), { state: 'succeeded', total: 1, done: 1 });
});
