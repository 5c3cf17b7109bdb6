/** What is done about a host that was lost, as far as the core decides it. */

import t from 'tap';
import type { RecoveryRow } from '../../src/core/graph/rows/hosts.ts';
import { PlayedCluster } from './played-cluster.ts';
import { given, nodeDown, nodeUp, noon, setVars } from './scenario.ts';

const host = 'n1.example';
const minute = 60_000;

/** A host that runs a process, and is lost now. */
const lost = (vars: Readonly<Record<string, number>> = {}): PlayedCluster => {
  const cluster = new PlayedCluster({ [host]: ['ha'] });
  if (Object.keys(vars).length > 0) cluster.run(setVars(vars));
  cluster.down(host);
  return cluster;
};

const recoveryOf = (c: PlayedCluster): RecoveryRow | undefined => c.graph.get('recovery', host);

/** Goes from deadline to deadline, and gives what happened when, in seconds since the loss. */
const follow = (c: PlayedCluster, attempts: number): string[] => {
  const start = c.now;
  const story: string[] = [];
  for (let i = 0; i < attempts; i += 1) {
    const next = c.graph.get('deadline', `recovery-attempt/${host}`);
    if (!next) break;
    const said = c.after(next.at - c.now);
    story.push(...said.map((what) => `${(c.now - start) / 1000}: ${what}`));
  }
  return story;
};

t.test('a lost host gets its first attempt when it has been away for one spacing', async (t) => {
  given(nodeUp(host))
    .when(nodeDown(host))
    .then(t, [
      { type: 'NodeDown', data: { fqdn: host, reason: 'silence' } },
      { type: 'RecoveryStarted', data: { fqdn: host, next: noon + minute } },
    ]);
  const c = lost();
  t.strictSame(c.after(minute - 1), [], 'not before');
  t.strictSame(c.after(1), ['attempt 1 on n1.example, next in 60 s']);
});

t.test('T52: attempts are evenly spaced, and end when the host is back', async (t) => {
  const c = lost({ recovery_max_retries: 5 });
  t.strictSame(c.after(minute), ['attempt 1 on n1.example, next in 60 s']);
  t.strictSame(c.after(minute), ['attempt 2 on n1.example, next in 60 s']);
  t.match(recoveryOf(c), { attempts: 2, given_up: false });
  c.up(host);
  t.equal(recoveryOf(c), undefined);
  t.match(c.graph.get('host', host), { state: 'up', reason: '' });
  t.strictSame(c.after(10 * minute), [], 'no more attempts');
});

t.test('T53: after the last attempt the host is down for good, until it reports', async (t) => {
  const c = lost({ recovery_max_retries: 3, recovery_expiry_seconds: 30 });
  t.strictSame(follow(c, 10), [
    '10: attempt 1 on n1.example, next in 10 s',
    '20: attempt 2 on n1.example, next in 10 s',
    '30: attempt 3 on n1.example, next in 10 s',
    '40: n1.example given up after 3',
  ]);
  t.match(recoveryOf(c), { attempts: 3, given_up: true });
  t.strictSame(c.after(86_400_000), []);
  t.equal(c.graph.get('host', host)?.state, 'down');
  c.up(host);
  t.equal(recoveryOf(c), undefined);
  c.down(host);
  t.match(recoveryOf(c), { attempts: 0, given_up: false }, 'lost again, it is recovered again');
});

t.test('negative retries: that many evenly, then ever less often, without end', async (t) => {
  const c = lost({ recovery_max_retries: -2, recovery_expiry_seconds: 600 });
  t.strictSame(
    follow(c, 7).map((line) => line.replace(' on n1.example', '')),
    [
      '300: attempt 1, next in 300 s',
      '600: attempt 2, next in 600 s',
      '1200: attempt 3, next in 1200 s',
      '2400: attempt 4, next in 2400 s',
      '4800: attempt 5, next in 3600 s',
      '8400: attempt 6, next in 3600 s',
      '12000: attempt 7, next in 3600 s',
    ],
  );
});

t.test('attempts are never less than a second apart', async (t) => {
  const c = lost({ recovery_max_retries: 1000, recovery_expiry_seconds: 1 });
  t.strictSame(follow(c, 2), [
    '1: attempt 1 on n1.example, next in 1 s',
    '2: attempt 2 on n1.example, next in 1 s',
  ]);
});

t.test('settings hold from the next attempt', async (t) => {
  const c = lost();
  c.run(setVars({ recovery_max_retries: 1 }));
  t.strictSame(follow(c, 5), [
    '60: attempt 1 on n1.example, next in 300 s',
    '360: n1.example given up after 1',
  ]);
});

t.test('after an hour without a station one attempt is due, not sixty', async (t) => {
  const c = lost();
  t.strictSame(c.after(60 * minute), ['attempt 1 on n1.example, next in 60 s']);
});

t.test('a host that leaves is not recovered', async (t) => {
  const c = new PlayedCluster({ [host]: ['app'] });
  c.run({ type: 'RemoveProcess', fid: c.fid('app'), force: false });
  c.down(host);
  t.ok(recoveryOf(c));
  t.strictSame(c.run({ type: 'RemoveHost', fqdn: host, force: false }).at(-1), 'n1.example gone');
  t.equal(recoveryOf(c), undefined, 'nothing is left of it');
  t.strictSame(c.after(10 * minute), []);
});

t.test('what the host ran is inhibited however long the recovery takes', async (t) => {
  const c = new PlayedCluster({ [host]: ['ha'] });
  c.run({ type: 'WantCluster', state: 'online' });
  c.settle();
  c.down(host);
  follow(c, 20);
  t.strictSame(c.states(), { ha: 'online' }, 'the state beneath is kept');
  c.up(host);
  t.strictSame(c.says(c.fid('ha'), 'online', { pid: 100 }), []);
});
