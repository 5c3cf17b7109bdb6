/** Confds: more than half of all there are have to serve. */

import t from 'tap';
import { isQuorate, quorumWithout } from '../../src/core/lifecycle/quorum.ts';
import type { Fid } from '../../src/core/values/fid.ts';
import { PlayedCluster } from './played-cluster.ts';
import {
  dataOf,
  override,
  remove,
  removeHost,
  removeNode,
  scale,
  wantCluster,
  wantNode,
  wantProcess,
} from './scenario.ts';

const hosts = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `n${i + 1}.example`);

/** A started cluster with one confd on each host, of which the first `online` serve. */
const cluster = (total: number, online: number): { c: PlayedCluster; confds: Fid[] } => {
  const c = new PlayedCluster(Object.fromEntries(hosts(total).map((host) => [host, ['voter']])));
  c.run(wantCluster('online'));
  c.settle();
  const confds = c.fids('voter');
  for (const fid of confds.slice(online)) c.run(override(fid, 'failed'));
  return { c, confds };
};

const none: ReadonlySet<never> = new Set();

t.test(
  'T37: with two of three confds online, stopping one is refused, unless forced',
  async (t) => {
    const { c, confds } = cluster(3, 2);
    const [first, , third] = confds as [Fid, Fid, Fid];
    t.strictSame(c.refusal(wantProcess(first, 'offline')), {
      code: 'quorum-lost',
      message: `${first}: quorum would be lost: 1 of 3 confds would serve; use force to stop it all the same`,
      subject: first,
    });
    t.match(c.refusal(wantNode(c.row(first).node, 'offline')), { code: 'quorum-lost' });
    t.equal(c.row(first).state, 'online');
    t.ok(c.run(wantProcess(third, 'offline')), 'one that does not serve may be stopped');
    t.strictSame(c.run(wantProcess(first, 'offline', true)), ['stop voter']);
    t.strictSame(c.run(wantNode(c.row(confds[1]!).node, 'offline', true)), ['stop voter']);
  },
);

t.test('T37: with all three online, one may be stopped, and then no other', async (t) => {
  const { c, confds } = cluster(3, 3);
  const [first, second] = confds as [Fid, Fid];
  t.strictSame(c.run(wantProcess(first, 'offline')), ['stop voter']);
  t.match(
    c.refusal(wantProcess(second, 'offline')),
    { code: 'quorum-lost' },
    'it counts as stopped although it still runs',
  );
});

t.test('T37: removing is refused like stopping; the denominator shrinks with it', async (t) => {
  for (const order of [
    ({ c, fid }: { c: PlayedCluster; fid: Fid }) => removeNode(c.row(fid).node),
    ({ c, fid }: { c: PlayedCluster; fid: Fid }) => removeHost(c.hostOf(c.row(fid))),
    ({ fid }: { fid: Fid }) => remove(fid),
    ({ c, fid }: { c: PlayedCluster; fid: Fid }) => scale(c.hostOf(c.row(fid)), 'voter', 0),
  ]) {
    const { c, confds } = cluster(3, 2);
    const [first, , third] = confds as [Fid, Fid, Fid];
    t.match(c.refusal(order({ c, fid: first })), {
      code: 'quorum-lost',
      message: /: quorum would be lost/,
    });
    t.ok(c.commit(order({ c, fid: third })), 'one that does not serve may leave');
    t.ok(c.commit(order({ c, fid: first })), 'now one of one serves');
  }
});

t.test('by force a confd leaves although the quorum is lost', async (t) => {
  const { c, confds } = cluster(3, 2);
  const [first, second] = confds as [Fid, Fid];
  t.strictSame(c.run(remove(first, true)), ['remove voter', 'stop voter']);
  t.ok(c.run(removeNode(c.row(second).node, true)).includes('stop voter'));
});

t.test('what stays on a node for the quorum says so, without numbers of other nodes', async (t) => {
  const [first, second, third] = hosts(3) as [string, string, string];
  const c = new PlayedCluster({
    [first]: ['voter', 'app'],
    [second]: ['voter'],
    [third]: ['voter'],
  });
  c.run(wantCluster('online'));
  c.settle();
  const [voter, , other] = c.fids('voter') as [Fid, Fid, Fid];
  c.run(override(other, 'failed'));
  const { node } = c.row(voter);
  const commit = c.commit(removeNode(node))!;
  const [held] = dataOf(commit, 'NodeRemovalHeld');
  t.same(held?.by, [{ fid: voter, reason: 'quorum would be lost' }]);
  c.settle();
  t.notMatch(c.refusal(removeNode(node)).message, /confds/);
});

t.test('T38: five confds of which two are online are not quorate', async (t) => {
  const { c, confds } = cluster(5, 2);
  const quorum = quorumWithout(c.graph, none, 'stop');
  t.strictSame(quorum, { total: 5, serving: 2 });
  t.notOk(isQuorate(quorum));
  t.match(c.refusal(wantProcess(confds[0]!, 'offline')), { message: /1 of 5 confds would serve/ });
  t.ok(isQuorate({ total: 5, serving: 3 }));
  t.notOk(isQuorate({ total: 4, serving: 2 }), 'half is not enough');
  t.ok(isQuorate({ total: 1, serving: 1 }), 'a single one is');
});

t.test('the confd of a host that is down does not serve', async (t) => {
  const { c, confds } = cluster(3, 3);
  c.down('n3.example');
  t.strictSame(quorumWithout(c.graph, none, 'stop'), { total: 3, serving: 2 });
  t.match(c.refusal(wantProcess(confds[0]!, 'offline')), { code: 'quorum-lost' });
});

t.test('the only confd is stopped or removed by force only', async (t) => {
  const { c, confds } = cluster(1, 1);
  const [only] = confds as [Fid];
  t.match(c.refusal(wantProcess(only, 'offline')), { code: 'quorum-lost' });
  t.match(c.refusal(remove(only)), { code: 'quorum-lost' });
  t.ok(c.commit(remove(only, true)));
});

t.test('a cluster stop is no question of quorum', async (t) => {
  const { c } = cluster(3, 2);
  t.strictSame(c.run(wantCluster('offline')), ['stop voter', 'stop voter']);
});
