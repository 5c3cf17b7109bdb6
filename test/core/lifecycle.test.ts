/** Starting, failing, stopping and leaving, as far as the core decides it. */

import t from 'tap';
import { stableAfter } from '../../src/core/lifecycle/failure.ts';
import { shownCounts, shownState } from '../../src/core/lifecycle/shown.ts';
import { transitions } from '../../src/core/lifecycle/transitions.ts';
import type { Fid } from '../../src/core/values/fid.ts';
import { PlayedCluster, playedRequirements } from './played-cluster.ts';
import {
  add,
  dataOf,
  declaredHost,
  load,
  observe,
  override,
  remove,
  removeHost,
  removeNode,
  report,
  roleSource,
  scale,
  setVars,
  wantCluster,
  wantNode,
  wantProcess,
} from './scenario.ts';

const [n1, n2] = ['n1.example', 'n2.example'];
const day = 24 * 3_600_000;
const start = wantCluster('online');
const stop = wantCluster('offline');

/** A started cluster of one host. */
const started = (...roles: string[]): PlayedCluster => {
  const cluster = new PlayedCluster({ [n1]: roles });
  cluster.run(start);
  cluster.settle();
  return cluster;
};

t.test('T25: a node goes up level by level', async (t) => {
  const c = new PlayedCluster({ [n1]: ['store', 's3'] });
  t.strictSame(c.run(start), ['start ha']);
  t.strictSame(c.says(c.fid('ha'), 'starting', { pid: 41 }), ['ha has pid 41']);
  t.strictSame(c.says(c.fid('ha'), 'online', { pid: 41 }), ['ha online', 'start confd']);
  t.strictSame(c.says(c.fid('confd'), 'online'), ['confd online', 'start store']);
  t.strictSame(c.says(c.fid('store'), 'online'), ['store online', 'start s3']);
  t.strictSame(c.says(c.fid('s3'), 'online'), ['s3 online']);
  t.match(c.row(c.fid('ha')), { pid: 41, generation: 1, attempt: 1 });
});

t.test('T26b: nodes go up on their own; a dead one holds back nobody', async (t) => {
  const c = new PlayedCluster({ [n1]: ['s3'], [n2]: ['s3'] });
  c.down(n2);
  t.strictSame(c.run(start), ['start ha']);
  t.strictSame(c.says(c.fid('ha', n1), 'online'), ['ha online', 'start s3']);
  t.strictSame(c.states(n2), { ha: 'unknown', s3: 'unknown' });
  t.strictSame(c.up(n2), ['start ha'], 'it follows when its host is back');
});

t.test('what a process requires must be online on its node first', async (t) => {
  const c = new PlayedCluster({ [n1]: ['confd'] });
  t.strictSame(c.run(wantProcess(c.fid('confd'), 'online')), []);
  t.strictSame(c.run(wantProcess(c.fid('ha'), 'online')), ['start ha']);
  t.strictSame(c.says(c.fid('ha'), 'online'), ['ha online', 'start confd']);
});

t.test('one that is held back by what nobody starts does not hold back others', async (t) => {
  const c = new PlayedCluster({ [n1]: ['store', 's3', 'late'] });
  for (const role of ['confd', 'store', 's3']) c.run(wantProcess(c.fid(role), 'online'));
  t.strictSame(c.run(wantProcess(c.fid('late'), 'online')), ['start late']);
});

t.test('a process may require one of a higher level', async (t) => {
  const c = new PlayedCluster({ [n1]: ['early'] });
  t.strictSame(c.run(start), ['start late']);
  t.strictSame(c.says(c.fid('late'), 'online'), ['late online', 'start early']);
  c.settle();
  t.strictSame(c.run(stop), ['stop early'], 'and goes before it');
  t.strictSame(c.says(c.fid('early'), 'exited'), ['early offline', 'stop late']);
});

t.test(
  'roles that came to require each other in a circle stay down and hold back nobody',
  async (t) => {
    const c = new PlayedCluster({ [n1]: ['confd', 's3'] });
    c.run(load({ roles: [roleSource('ha', { requires: ['confd'] })] }));
    t.strictSame(c.run(start), []);
    t.strictSame(c.states(), { ha: 'unknown', confd: 'unknown', s3: 'unknown' });
    c.run(add(n1, 'late'));
    t.strictSame(c.run(wantProcess(c.fid('late'), 'online')), ['start late']);
  },
);

t.test('a process whose provider is taken out goes on without it', async (t) => {
  const c = new PlayedCluster({ [n1]: ['confd'] });
  c.run(wantProcess(c.fid('confd'), 'online'));
  t.strictSame(c.run(remove(c.fid('ha'), true)), ['ha gone', 'start confd']);
});

const crash = (c: PlayedCluster, role: string): string[] =>
  c.says(c.fid(role), 'exited', { reason: 'exit code 1' });

t.test('the first retry comes at once, the next after pauses that grow', async (t) => {
  const c = started('late');
  t.strictSame(crash(c, 'late'), ['start late again (2)']);
  for (const [attempt, pause] of [
    [3, 5],
    [4, 10],
    [5, 20],
    [6, 40],
  ] as const) {
    t.strictSame(crash(c, 'late'), [`retry late (${attempt}) in ${pause} s`]);
    t.match(c.row(c.fid('late')), {
      state: 'starting',
      pid: null,
      reason: `attempt ${attempt} follows; the last one: exit code 1`,
    });
    t.strictSame(c.after(pause * 1000 - 1), []);
    t.strictSame(c.after(1), [`start late again (${attempt})`]);
  }
  t.strictSame(crash(c, 'late'), ['late failed: exit code 1; given up after 6 attempts']);
  t.strictSame(c.after(3_600_000), []);
});

t.test('pauses grow to a minute and no further', async (t) => {
  const c = started('late');
  c.run(setVars({ process_max_start_attempts: 20 }));
  const pauses = Array.from({ length: 12 }, () => {
    const [event = ''] = crash(c, 'late');
    c.after(60_000);
    return Number(/in (\d+) s/.exec(event)?.[1] ?? 0);
  });
  t.strictSame(pauses, [0, 5, 10, 20, 40, 60, 60, 60, 60, 60, 60, 60]);
});

/** Lets a process end until it is given up; what followed from the last end. */
const exhaust = (c: PlayedCluster, role: string): string[] => {
  for (;;) {
    const events = crash(c, role);
    if (c.row(c.fid(role)).state === 'failed') return events;
    c.after(60_000);
  }
};

t.test('T29: a process that was given up leaves its node and neighbours alone', async (t) => {
  const c = started('confd', 's3', 'late');
  t.match(exhaust(c, 's3'), ['s3 failed: exit code 1; given up after 6 attempts']);
  t.strictSame(c.states(), { ha: 'online', confd: 'online', s3: 'failed', late: 'online' });
  t.equal(c.graph.must('host', n1).state, 'up');
});

t.test('what requires a process that was given up waits, the others go on', async (t) => {
  const c = new PlayedCluster({ [n1]: ['store', 's3', 'late'] });
  c.run(start);
  c.says(c.fid('ha'), 'online');
  t.strictSame(exhaust(c, 'confd').slice(1), ['start s3', 'start late']);
  t.equal(c.row(c.fid('store')).state, 'unknown');
  t.strictSame(c.run(wantProcess(c.fid('confd'), 'online')), ['start confd'], 'wanted anew');
  t.strictSame(c.says(c.fid('confd'), 'online'), ['confd online', 'start store']);
});

t.test('only being wanted anew starts a process that was given up', async (t) => {
  const c = started('late');
  exhaust(c, 'late');
  t.strictSame(c.down(n1), []);
  t.strictSame(c.up(n1), []);
  t.strictSame(c.run(start), ['start late']);
});

t.test('one that was stable has all its attempts again', async (t) => {
  const c = started('late');
  crash(c, 'late');
  crash(c, 'late');
  c.after(60_000);
  c.says(c.fid('late'), 'online');
  c.now += stableAfter - 1;
  t.strictSame(crash(c, 'late'), ['retry late (4) in 10 s'], 'not stable yet');
  c.after(10_000);
  c.says(c.fid('late'), 'online');
  c.now += stableAfter;
  t.strictSame(crash(c, 'late'), ['start late again (2)']);
});

t.test('T28: one that is not ready in time is tried again, six times in all', async (t) => {
  const c = new PlayedCluster({ [n1]: ['late'] });
  c.run(start);
  c.says(c.fid('late'), 'starting', { pid: 7 });
  t.strictSame(c.after(179_999), []);
  t.strictSame(c.after(1), ['start late again (2)']);
  let last: string[] = [];
  while (c.row(c.fid('late')).state !== 'failed') last = c.after(180_000);
  t.strictSame(last, ['late failed: not ready within 180 s; given up after 6 attempts']);
  t.equal(c.row(c.fid('late')).generation, 6);
});

t.test('one that cannot be executed is tried again and given up like any other', async (t) => {
  const c = new PlayedCluster({ [n1]: ['late'] });
  c.run(setVars({ process_max_start_attempts: 1 }));
  c.run(start);
  const reason = 'ENOENT '.repeat(200);
  t.strictSame(c.says(c.fid('late'), 'refused', { reason }), ['start late again (2)']);
  t.match(c.says(c.fid('late'), 'refused', { reason })[0], /^late failed: ENOENT .* 2 attempts$/);
});

t.test('a node goes down from the highest level, dependents first', async (t) => {
  const c = started('store', 's3');
  t.strictSame(c.run(stop), ['stop s3']);
  t.strictSame(c.says(c.fid('s3'), 'stopping'), ['s3 stopping']);
  t.strictSame(c.says(c.fid('s3'), 'exited'), ['s3 offline', 'stop store']);
  t.strictSame(c.says(c.fid('store'), 'exited'), ['store offline', 'stop confd']);
  t.strictSame(c.says(c.fid('confd'), 'exited'), ['confd offline', 'stop ha']);
  t.strictSame(c.says(c.fid('ha'), 'exited'), ['ha offline']);
});

t.test('one that does not end in time has failed, and the stop goes on', async (t) => {
  const c = started('s3');
  c.run(stop);
  t.strictSame(c.after(599_999), []);
  t.strictSame(c.after(1), ['s3 failed: not ended within 600 s', 'stop ha']);
  t.strictSame(c.says(c.fid('s3'), 'exited'), [], 'too late');
});

t.test('T49: what is online is not started and what is down is not stopped', async (t) => {
  const c = started('late');
  t.equal(c.commit(wantProcess(c.fid('late'), 'online')), null);
  t.strictSame(c.run(start), []);
  c.run(stop);
  c.says(c.fid('late'), 'exited');
  t.equal(c.commit(wantProcess(c.fid('late'), 'offline')), null);
  t.strictSame(c.run(stop), []);
  t.strictSame(c.run(start), ['start late']);
});

t.test('T36: two stops are one', async (t) => {
  const c = started('late');
  t.strictSame(c.run(wantProcess(c.fid('late'), 'offline')), ['stop late']);
  t.strictSame(c.run(wantProcess(c.fid('late'), 'offline')), []);
  t.strictSame(c.says(c.fid('late'), 'exited'), ['late offline']);
});

t.test('a start that comes while it is stopped waits for the end', async (t) => {
  const c = started('late');
  c.run(stop);
  t.strictSame(c.run(start), []);
  t.strictSame(c.says(c.fid('late'), 'exited'), ['late offline', 'start late']);
});

t.test('a stop that comes while it is starting takes effect', async (t) => {
  const c = new PlayedCluster({ [n1]: ['late'] });
  c.run(start);
  t.strictSame(c.run(stop), ['stop late']);
  t.strictSame(c.says(c.fid('late'), 'online'), [], 'it was ready just then');
  t.strictSame(c.says(c.fid('late'), 'exited'), ['late offline']);
});

t.test('a stop that comes while it waits for its next attempt is done at once', async (t) => {
  const c = started('ha', 'late');
  crash(c, 'ha');
  crash(c, 'ha');
  t.strictSame(c.run(stop), ['ha offline', 'stop late']);
  t.strictSame(c.after(10_000), []);
});

t.test('what ends by itself before its turn to be stopped is offline, not failed', async (t) => {
  const c = started('ha', 'late');
  c.run(stop);
  t.strictSame(crash(c, 'ha'), ['ha offline: exit code 1']);
});

t.test('what is not ready in time before its turn to be stopped is stopped', async (t) => {
  const c = started('ha', 'late');
  crash(c, 'ha');
  c.run(stop);
  t.strictSame(c.after(180_000), ['stop ha']);
});

t.test('the last online provider is stopped only by force while something needs it', async (t) => {
  const c = started('s3');
  const [ha, s3] = [c.fid('ha'), c.fid('s3')];
  t.match(c.refusal(wantProcess(ha, 'offline')), {
    code: 'process-required',
    message: `${ha} is required by ${s3}; stop these first or use force`,
  });
  c.run(add(n1, 'ha'));
  t.match(c.refusal(wantProcess(ha, 'offline')), { code: 'process-required' }, 'it is not online');
  t.strictSame(c.run(wantProcess(ha, 'offline', true)), ['stop ha']);
  t.equal(c.row(s3).state, 'online');
});

t.test('reports about an older generation are ignored', async (t) => {
  const c = started('late');
  const late = c.fid('late');
  crash(c, 'late');
  for (const state of ['starting', 'online', 'stopping', 'exited', 'refused'] as const)
    for (const generation of [0, 1, 3])
      t.equal(c.commit(observe(late, generation, state, { pid: 9 })), null);
  t.match(c.row(late), { state: 'starting', generation: 2, pid: null });
});

t.test('T34: duplicates and reordered reports change nothing', async (t) => {
  const c = started('late');
  t.strictSame(c.says(c.fid('late'), 'online', { pid: 100 }), []);
  t.strictSame(c.says(c.fid('late'), 'starting', { pid: 100 }), []);
  t.strictSame(c.says(c.fid('late'), 'stopping'), [], 'nobody wanted that');
  crash(c, 'late');
  crash(c, 'late');
  t.strictSame(crash(c, 'late'), [], 'the same end costs one attempt');
  t.strictSame(c.says(c.fid('late'), 'online', { pid: 5 }), [], 'from before the end');
  t.match(c.row(c.fid('late')), { state: 'starting', attempt: 3, pid: null });
  c.run(stop);
  t.strictSame(c.says(c.fid('late'), 'online'), []);
  t.strictSame(c.says(c.fid('late'), 'exited'), []);
});

t.test('T51: while its host is down a process is inhibited, then its agent decides', async (t) => {
  const c = started('s3', 'late');
  exhaust(c, 'late');
  t.strictSame(c.down(n1), []);
  t.equal(shownState(c.graph, c.row(c.fid('s3'))), 'inhibited');
  t.equal(shownState(c.graph, c.row(c.fid('late'))), 'failed');
  t.strictSame(shownCounts(c.graph), { failed: 1, inhibited: 2 });
  t.strictSame(
    c.states(),
    { ha: 'online', s3: 'online', late: 'failed' },
    'what is beneath is kept',
  );
  t.strictSame(c.up(n1, 'boot 2'), []);
  t.equal(shownState(c.graph, c.row(c.fid('s3'))), 'online');
  t.strictSame(shownCounts(c.graph), { failed: 1, online: 2 });
  t.strictSame(c.says(c.fid('ha'), 'online', { pid: 100 }), [], 'this one went on');
  c.now += stableAfter;
  t.strictSame(c.says(c.fid('s3'), 'exited', { reason: 'ended with its host' }), [
    'start s3 again (2)',
  ]);
  t.strictSame(c.says(c.fid('s3'), 'online', { pid: 101 }), ['s3 has pid 101', 's3 online']);
});

t.test('time limits are put off while the host is down', async (t) => {
  const c = new PlayedCluster({ [n1]: ['ha', 'late'] });
  c.run(wantProcess(c.fid('late'), 'online'));
  c.down(n1);
  t.strictSame(c.after(180_000), [
    'process-start of late later',
    'attempt 1 on n1.example, next in 60 s',
  ]);
  c.up(n1);
  t.strictSame(c.after(179_999), []);
  t.strictSame(c.after(1), ['start late again (2)']);
  crash(c, 'late');
  c.down(n1);
  t.strictSame(c.after(5000), ['process-retry of late later']);
  c.up(n1);
  t.strictSame(c.after(5000), ['start late again (3)']);
  c.run(stop);
  c.down(n1);
  t.strictSame(c.after(600_000), [
    'process-stop of late later',
    'attempt 1 on n1.example, next in 60 s',
  ]);
  c.up(n1);
  t.strictSame(c.says(c.fid('late'), 'exited'), ['late offline']);
});

t.test('time limits are put off while the agent is away', async (t) => {
  const c = new PlayedCluster({ [n1]: ['late'], [n2]: ['late'] });
  c.run(start);
  t.strictSame(c.after(180_000, [n1]), ['process-start of late later', 'start late again (2)']);
  c.says(c.fid('late'), 'online');
  t.strictSame(c.after(180_000), ['retry late (3) in 5 s'], 'what was online in time stays');
});

t.test('what is wanted while a host is down happens when it is back', async (t) => {
  const c = started('late');
  c.down(n1);
  t.strictSame(c.run(stop), []);
  t.strictSame(c.up(n1), ['stop late']);
  c.says(c.fid('late'), 'exited');
  c.down(n1);
  t.strictSame(c.run(start), []);
  t.strictSame(c.up(n1), ['start late']);
});

t.test('a restart is a new generation; the end of the old one does not count', async (t) => {
  const c = started('late');
  const late = c.fid('late');
  t.strictSame(c.run({ type: 'RestartProcess', fid: late }), ['start late']);
  t.match(c.row(late), { state: 'starting', generation: 2, attempt: 1, pid: null });
  t.equal(c.commit(observe(late, 1, 'exited')), null);
  t.strictSame(c.says(late, 'online'), ['late online']);
  c.run(stop);
  c.says(late, 'exited');
  t.strictSame(c.run({ type: 'RestartProcess', fid: late }), ['start late'], 'from offline too');
});

t.test('T24: the latest word about a process, its node or the cluster counts', async (t) => {
  const c = new PlayedCluster({ [n1]: ['late'] });
  const late = c.fid('late');
  const { node } = c.row(late);
  t.strictSame(c.run(start), ['start late']);
  t.strictSame(c.run(wantNode(node, 'offline')), ['stop late']);
  c.says(late, 'exited');
  t.strictSame(c.run(wantProcess(late, 'online')), ['start late']);
  t.strictSame(c.run(stop), ['stop late']);
  c.says(late, 'exited');
  t.strictSame(c.run(wantNode(node, 'online')), ['start late']);
});

t.test('a cluster that gets another name goes on', async (t) => {
  const c = started('late');
  c.run(load({ cluster: 'kepler', roles: [] }));
  t.strictSame(crash(c, 'late'), ['start late again (2)']);
});

t.test('adding to a started cluster starts nothing', async (t) => {
  const c = started('late');
  t.strictSame(c.run(add(n1, 's3')), ['ha added', 's3 added']);
  t.strictSame(c.run(start), ['start ha']);
});

t.test('declared roles, and what they require, start when their host joins', async (t) => {
  const hosts = [declaredHost(n1, ['s3', 'app'])];
  const c = new PlayedCluster();
  c.run(start);
  c.run(load({ hosts, roles: [] }));
  t.strictSame(c.up(n1), ['ha added', 's3 added', 'app added', 'start new']);
  t.strictSame(c.says(c.fid('ha'), 'online'), ['ha online', 'start s3']);
});

t.test('declared roles stay down in a stopped cluster and on a stopped node', async (t) => {
  const c = new PlayedCluster({ [n1]: ['ha'] });
  c.run(load({ hosts: [declaredHost(n1, ['late'])], roles: [] }));
  t.equal(c.row(c.fid('late')).state, 'unknown');
  c.run(start);
  c.run(wantNode(c.row(c.fid('ha')).node, 'offline'));
  c.run(load({ hosts: [declaredHost(n1, ['late', 's3'])], roles: [] }));
  t.equal(c.row(c.fid('s3')).state, 'unknown');
});

t.test('T30, T31, T32: the owner of an independent process says what it does', async (t) => {
  const c = started('app', 'late');
  const app = c.fid('app');
  t.equal(c.row(app).state, 'unknown', 'it is not started');
  for (const state of ['starting', 'online', 'offline', 'starting', 'online', 'failed'] as const) {
    t.strictSame(c.run(report(app, state)), [`app ${state}`]);
    t.equal(c.commit(report(app, state)), null);
  }
  t.strictSame(c.after(3_600_000), [], 'and it is not restarted');
  t.strictSame(c.run(report(app, 'online')), ['app online']);
  t.strictSame(c.run(stop), ['stop late']);
});

t.test('T39: a managed process is stopped, then removed, and its endpoint is free', async (t) => {
  const c = started('late');
  const late = c.fid('late');
  const { endpoint } = c.row(late);
  t.strictSame(c.run(remove(late)), ['remove late', 'stop late']);
  t.equal(c.commit(remove(late)), null, 'said twice');
  t.match(c.refusal(wantProcess(late, 'online')), { code: 'being-removed' });
  t.match(c.refusal({ type: 'RestartProcess', fid: late }), { code: 'being-removed' });
  t.strictSame(c.run({ ...remove(late), anew: true } as never), ['remove late'], 'once more');
  t.not(c.commit(wantProcess(late, 'offline')), null, 'who stops it can wait for its end');
  t.strictSame(c.run(start), [], 'no later wish takes it back');
  c.run(add(n1, 'late'));
  t.match(c.row(c.fids('late')[1]!).endpoint, /:2$/, 'nobody gets its endpoint yet');
  t.strictSame(c.says(late, 'exited'), ['late offline', 'late gone']);
  c.run(add(n1, 'late'));
  t.match(c.row(c.fids('late')[1]!).endpoint, /:3$/, 'nor while it cools down');
  c.after(60_000);
  c.run(add(n1, 'late'));
  t.equal(c.row(c.fids('late')[2]!).endpoint, endpoint);
  t.notOk(c.fids('late').includes(late));
});

t.test(
  'T40: what does not end is failed, then removed, and that is remembered for a day',
  async (t) => {
    const c = started('late');
    const late = c.fid('late');
    c.run(remove(late));
    t.strictSame(c.after(600_000), ['late failed: not ended within 600 s', 'late gone']);
    const reason = 'not ended within 600 s';
    t.match(c.graph.get('departure', late), { host: n1, name: 'late', reason });
    c.after(day);
    t.equal(c.graph.count('departure'), 0);
    t.equal(c.graph.count('deadline'), 0);
  },
);

t.test(
  'T40: what cannot be stopped because its host is down is failed, then removed',
  async (t) => {
    const c = started('s3', 'late');
    c.run(remove(c.fid('late')));
    const reason = (state: string) =>
      `removed while ${state}: its host is down, so it could not be stopped`;
    t.strictSame(c.down(n1), [`late failed: ${reason('quiescing')}`, 'late gone']);
    t.strictSame(c.run(remove(c.fid('s3'))), [
      'remove s3',
      `s3 failed: ${reason('online')}`,
      's3 gone',
    ]);
  },
);

t.test('removal while it waits for its next attempt is done at once', async (t) => {
  const c = started('late');
  crash(c, 'late');
  crash(c, 'late');
  t.strictSame(c.run(remove(c.fid('late'))), ['remove late', 'late offline', 'late gone']);
  t.strictSame(c.after(60_000), []);
});

t.test('removal during start stops it first', async (t) => {
  const c = new PlayedCluster({ [n1]: ['late'] });
  c.run(start);
  t.strictSame(c.run(remove(c.fid('late'))), ['remove late', 'stop late']);
  t.strictSame(c.says(c.fid('late'), 'exited'), ['late offline', 'late gone']);
});

t.test('T41, T42: an independent process is removed when it does not run', async (t) => {
  const c = new PlayedCluster({ [n1]: ['app', 'app', 'app', 'app'] });
  const [fresh, ended, failed, running] = c.fids('app') as [never, never, never, never];
  c.run(report(ended, 'offline'));
  c.run(report(failed, 'failed'));
  for (const state of ['starting', 'online'] as const) {
    c.run(report(running, state));
    t.match(c.refusal(remove(running)), { code: 'process-busy', subject: running });
  }
  for (const fid of [fresh, ended, failed]) t.strictSame(c.run(remove(fid)), ['app gone']);
  t.strictSame(c.fids('app'), [running]);
});

t.test('the last one that others require is removed only by force', async (t) => {
  const c = started('s3');
  t.match(c.refusal(remove(c.fid('ha'))), { code: 'process-required' });
  c.run(remove(c.fid('s3')));
  t.strictSame(c.run(remove(c.fid('ha'))), ['remove ha'], 'what leaves too does not count');
  t.strictSame(c.says(c.fid('s3'), 'exited'), ['s3 offline', 'stop ha', 's3 gone']);
  t.strictSame(c.says(c.fid('ha'), 'exited'), ['ha offline', 'ha gone']);
});

t.test('T44: a node stays with what refuses, and everything else leaves', async (t) => {
  for (const [order, subject] of [
    [(node: Fid) => removeNode(node), null],
    [() => removeHost(n1), n1],
  ] as const) {
    const c = started('s3', 'late', 'app');
    const { node } = c.row(c.fid('app'));
    c.run(report(c.fid('app'), 'online'));
    const commit = c.commit(order(node))!;
    const [held] = dataOf(commit, 'NodeRemovalHeld');
    t.match(held, {
      fid: node,
      host: subject,
      by: [{ fid: c.fid('app'), reason: 'it is online, and only its owner can end it' }],
      more: 0,
    });
    t.equal(dataOf(commit, 'ProcessRemovalOrdered').length, 3);
    for (const role of ['late', 's3', 'ha']) c.says(c.fid(role), 'exited');
    t.strictSame(
      [...c.graph.all('process')].map(({ role }) => role),
      ['app'],
    );
    t.notOk(c.graph.must('node', node).removing || c.graph.must('host', n1).removing);
    t.match(c.refusal(order(node)), { code: 'process-busy', subject: c.fid('app') });
    c.run(report(c.fid('app'), 'offline'));
    t.ok(c.run(order(node)).includes('node gone'), 'said again, it goes');
    t.equal(c.graph.get('host', n1) === undefined, subject !== null);
  }
});

t.test('T44: what those that stay require stays too, unless forced', async (t) => {
  const roles = { ...playedRequirements, app: ['confd'] };
  const held = (force: boolean): [PlayedCluster, { reason: string }[]] => {
    const c = new PlayedCluster({ [n1]: ['app', 'late', 'confd'] }, undefined, roles);
    c.run(start);
    c.settle();
    c.run(report(c.fid('app'), 'online'));
    const { node } = c.row(c.fid('app'));
    return [c, dataOf(c.commit(removeNode(node, force))!, 'NodeRemovalHeld')[0]!.by];
  };
  const [c, by] = held(false);
  const [ha, confd] = c.fids('ha').concat(c.fids('confd')) as [Fid, Fid];
  t.strictSame(
    by.map(({ reason }) => reason).sort(),
    [
      'it is online, and only its owner can end it',
      `${c.fid('app')} requires it`,
      `${confd} requires it`,
    ].sort(),
  );
  t.notOk(c.row(ha).removing || c.row(confd).removing);
  t.strictSame(
    c.fids('confd').map((fid) => c.row(fid).removing),
    [false, true],
    'one of them is enough',
  );
  t.equal(held(true)[1].length, 1, 'by force only what runs stays');
});

t.test('an independent process runs also on a host of which nobody has heard', async (t) => {
  const c = started('late');
  c.run(
    load({ hosts: [declaredHost(n2, [], { variables: { lnid: '10.0.0.2@tcp' } })], roles: [] }),
  );
  c.run(add(n2, 'app'));
  c.run(report(c.fid('app'), 'online'));
  for (const force of [false, true])
    t.match(c.refusal(remove(c.fid('app'), force)), { message: /only its owner can end it/ });
});

t.test('an independent process whose host is down is removed by force', async (t) => {
  const c = started('app');
  const { node } = c.row(c.fid('app'));
  c.run(report(c.fid('app'), 'online'));
  t.match(c.refusal(remove(c.fid('app'), true)), { code: 'process-busy' }, 'not while it is up');
  c.down(n1);
  for (const order of [remove(c.fid('app')), removeNode(node), removeHost(n1)])
    t.match(c.refusal(order), { code: 'process-busy', subject: c.fid('app') });
  t.match(c.run(removeNode(node, true)).slice(-2), ['app gone', 'node gone']);
});

t.test('a node goes after its processes, in the order of a stop; its host stays', async (t) => {
  const c = started('s3', 'app');
  const { node } = c.row(c.fid('ha'));
  const order = { type: 'RemoveNode', fid: node, force: false } as const;
  t.strictSame(c.run(order), ['remove ha', 'remove s3', 'app gone', 'remove node', 'stop s3']);
  t.equal(c.commit(order), null, 'said twice');
  t.strictSame(c.run({ ...order, anew: true }), ['remove node'], 'once more, by itself');
  t.match(c.refusal(wantNode(node, 'online')), { code: 'being-removed' });
  t.strictSame(c.run(wantNode(node, 'offline')), [], 'it stops already');
  t.match(c.refusal(add(n1, 'late')), { code: 'being-removed' });
  t.strictSame(c.says(c.fid('s3'), 'exited'), ['s3 offline', 'stop ha', 's3 gone']);
  t.strictSame(c.says(c.fid('ha'), 'exited'), ['ha offline', 'ha gone', 'node gone']);
  t.equal(c.graph.must('host', n1).state, 'up');
  c.run(add(n1, 'late'));
  t.not(c.row(c.fid('late')).node, node, 'a node that comes again is a new one');
});

t.test(
  'T45: a host goes with node, processes, OBM and tokens, and comes back as a new one',
  async (t) => {
    const c = started('late');
    const obm = { type: 'ipmi', address: '10.1.0.1', secret: null } as const;
    c.run(load({ hosts: [declaredHost(n1, [], { obm })], roles: [] }));
    const token = { name: 'agent', role: 'agent', hash: 'a'.repeat(64), process: null, expires: 0 };
    c.run({ type: 'IssueCredential', id: 'of n1', host: n1, ...token } as never);
    c.run({ type: 'IssueCredential', id: 'of any', host: null, ...token } as never);
    const order = { type: 'RemoveHost', fqdn: n1, force: false } as const;
    t.strictSame(c.run(order), ['remove late', 'remove node', `remove ${n1}`, 'stop late']);
    t.equal(c.commit(order), null, 'said twice');
    t.strictSame(c.run({ ...order, anew: true }), ['remove node', `remove ${n1}`], 'once more');
    t.match(c.refusal(load({ hosts: [declaredHost(n1, ['s3'])], roles: [] })), {
      code: 'being-removed',
    });
    t.strictSame(c.up(n1, 'boot 2'), [], 'its agent may still report');
    t.strictSame(c.says(c.fid('late'), 'exited'), [
      'late offline',
      'late gone',
      'node gone',
      `${n1} gone`,
    ]);
    t.equal(c.graph.get('host', n1), undefined);
    t.equal(c.graph.count('obm'), 0);
    t.strictSame(
      [...c.graph.all('credential')].map(({ id }) => id),
      ['of any'],
    );
    c.up(n1);
    t.match(c.graph.must('host', n1), { created: c.engine.head, state: 'up', roles: [] });
  },
);

t.test('T45: the token of an agent that could not be told is good for that only', async (t) => {
  const c = started('late');
  const token = { name: 'agent', role: 'agent', hash: 'a'.repeat(64), process: null, expires: 0 };
  c.run({ type: 'IssueCredential', id: 'of n1', host: n1, ...token } as never);
  c.down(n1);
  c.run(removeHost(n1));
  t.match(c.graph.must('credential', 'of n1'), { role: 'retired', expires: c.now + 30 * day });
  c.up(n1, 'boot 2');
  c.down(n1);
  c.run(removeHost(n1));
  c.after(30 * day);
  t.equal(c.graph.count('credential'), 0, 'it is forgotten in the end');
});

t.test('T45: a host that is down, or never was a node, goes at once', async (t) => {
  const c = started('late');
  c.up(n2);
  t.strictSame(c.run({ type: 'RemoveHost', fqdn: n2, force: false }), [
    `remove ${n2}`,
    `${n2} gone`,
  ]);
  c.down(n1);
  const events = c.run({ type: 'RemoveHost', fqdn: n1, force: false });
  t.strictSame(events.slice(-3), ['late gone', 'node gone', `${n1} gone`]);
  c.after(day);
  t.equal(c.graph.count('deadline'), 0);
});

t.test(
  'the cost of a large node is one look at it, not one for each of its processes',
  async (t) => {
    const c = new PlayedCluster({ [n1]: ['late'] });
    const { node } = c.row(c.fid('late'));
    c.run(scale(n1, 'late', 4000));
    t.equal(c.run(start).filter((event) => event === 'start late').length, 4000);
    for (const fid of c.fids('late').slice(0, 50)) c.says(fid, 'exited');
    const events = c.run({ type: 'RemoveNode', fid: node, force: false });
    t.equal(events.filter((event) => event === 'stop late').length, 4000);
  },
);

t.test('scaling adds what is missing and takes the youngest away', async (t) => {
  const c = new PlayedCluster({ [n1]: ['late'] });
  t.strictSame(c.run(scale(n1, 'late', 4)), ['late added', 'late added', 'late added']);
  const [one, two, three, four] = c.fids('late') as [never, never, never, never];
  t.equal(c.commit(scale(n1, 'late', 4)), null);
  c.run(wantProcess(four, 'online'));
  t.strictSame(c.run(scale(n1, 'late', 2)), ['remove late', 'late gone', 'stop late']);
  t.strictSame(c.fids('late'), [one, two, four]);
  t.equal(c.commit(scale(n1, 'late', 2)), null, 'the one that leaves does not count');
  t.strictSame(c.run({ ...scale(n1, 'late', 2), anew: true } as never), ['remove late']);
  t.strictSame(c.run(scale(n1, 'late', 1)), ['late gone', 'remove late'], 'all in one order');
  c.says(four, 'exited');
  t.strictSame(c.fids('late'), [one]);
  for (const gone of [two, three]) t.notOk(c.graph.get('process', gone));
  t.strictSame(c.run(scale(n1, 'late', 0)), ['late gone']);
});

t.test('scaling to none is refused while others require the role', async (t) => {
  const c = new PlayedCluster({ [n1]: ['ha', 'ha', 's3'] });
  t.match(c.refusal(scale(n1, 'ha', 0)), { code: 'process-required', subject: 'ha' });
  t.strictSame(c.run(scale(n1, 'ha', 1)), ['ha gone']);
  t.strictSame(c.run(scale(n1, 'ha', 0, true)), ['ha gone'], 'by force');
});

t.test('an operator who knows better sets a state, with a reason', async (t) => {
  const c = started('late', 'app');
  const late = c.fid('late');
  t.strictSame(c.run(override(late, 'failed', 'it hangs')), ['late failed: it hangs']);
  t.equal(c.commit(override(late, 'failed', 'it hangs')), null);
  t.equal(c.row(late).pid, null);
  t.strictSame(c.run(wantProcess(late, 'online')), ['start late']);
  t.strictSame(c.run(override(c.fid('app'), 'online')), ['app online: I looked']);
  c.run(override(late, 'unknown', 'start over'));
  t.equal(c.row(late).state, 'starting', 'it is still wanted');
});

t.test('one that is set to online although nobody ever wanted it is let be', async (t) => {
  const c = new PlayedCluster({ [n1]: ['late'] });
  t.strictSame(c.run(override(c.fid('late'), 'online')), ['late online: I looked']);
  t.strictSame(c.says(c.fid('late'), 'online', { pid: 1 }), [], 'and no agent was ever told of it');
});

t.test('T54: settings change together or not at all', async (t) => {
  const c = started('late');
  t.strictSame(c.run(setVars({ process_stop_timeout: 7, process_start_timeout: 180 })), [
    'process_stop_timeout = 7',
  ]);
  t.equal(c.commit(setVars({ process_stop_timeout: 7 })), null);
  for (const vars of [
    { recovery_max_retries: 0 },
    { process_stop_timeout: -1 },
    { keepalive_frequency: 200 },
    { process_start_timeout: 9, process_stop_timeout: 0 },
  ])
    t.match(c.refusal(setVars(vars)), { code: 'invalid-var' });
  c.run(stop);
  t.strictSame(c.after(7000), ['late failed: not ended within 7 s']);
});

t.test('every transition starts from a state that the table names once', async (t) => {
  const seen = new Set<string>();
  for (const { ownership, from, trigger } of transitions)
    for (const state of from) {
      const key = `${ownership} ${state} ${trigger}`;
      t.notOk(seen.has(key), key);
      seen.add(key);
    }
});
