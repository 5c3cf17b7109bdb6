/**
 * Two stations on a log on KurrentDB, as real processes; the servers are the fake of `test/kurrentdb`, three of them. One
 * leads, the other passes on to it and takes over; servers elect, and are away.
 */

import t from 'tap';
import { ApiError } from '../../src/client/errors.ts';
import { FakeCluster, FakeNode } from '../kurrentdb/node.ts';
import { FewStations } from './few-stations.ts';
import { insist, until } from './stations.ts';

t.test('stations have their log on KurrentDB', { timeout: 1_200_000 }, async (t) => {
  const cluster = new FakeCluster();
  t.teardown(() => cluster.close());
  const nodes = [];
  for (let i = 0; i < 3; i++) nodes.push(await FakeNode.start(cluster));
  const hosts = nodes.map(({ port }) => `127.0.0.1:${port}`).join(',');
  const stations = new FewStations(t, `kurrentdb://${hosts}/halcyon?tls=false`);
  await stations.first('a');
  const url = `http://${await stations.place('b')}`;
  await insist((by) => stations.client('a').addStation({ name: 'b', url }, by));
  await stations.start('b');
  const made: string[] = [];
  const make = async (which: string): Promise<void> => {
    const name = `p${made.length}`;
    const ask = (by: { idempotencyKey: string }): Promise<unknown> =>
      stations.client(which).createProject({ name }, by);
    await insist(ask);
    made.push(name);
  };
  /** That both have the same, and all that was acknowledged, once. */
  const agree = async (what: string): Promise<void> => {
    const both = [stations.client('a'), stations.client('b')];
    const logs = await until('both are at one revision', async () => {
      const logs = await Promise.all(both.map((one) => one.log()));
      return logs[0]!.head === logs[1]!.head ? logs : undefined;
    });
    t.equal(logs[0]!.digest, logs[1]!.digest, `${what}: one digest`);
    const { events } = await both[1]!.listEvents({ from: 0, types: ['ProjectCreated'] });
    const names = events.map(({ data }) => (data as { name: string }).name);
    t.same(names.toSorted(), made.toSorted(), `${what}: what was acknowledged, once`);
  };

  for (const which of ['a', 'b', 'a', 'b']) await make(which);
  t.match(await stations.client('b').station(), { role: 'following', durability: 'disk-quorum' });
  await agree('one leads');

  const [first, second] = nodes as [FakeNode, FakeNode];
  cluster.elect(undefined);
  const during = make('b');
  await first.kill();
  cluster.elect(second);
  await during;
  await first.revive();
  await agree('servers have elected');

  await stations.stop('a', 'SIGKILL');
  await stations.leads('b');
  await make('b');
  await stations.start('a');
  await make('a');
  await agree('the leader died');

  for (const node of nodes) await node.kill();
  // Whatever it is told, it may repeat; that nothing can be written is no answer to that.
  const refused = await stations
    .client('b', { timeoutMs: 120_000 })
    .createProject({ name: 'away' }, { idempotencyKey: 'away' })
    .catch((error: unknown) => error);
  t.ok(refused instanceof ApiError);
  t.match(refused, { status: 503, code: /^(log-away|outcome-unknown|no-leader|not-leading)$/ });
  for (const node of nodes) await node.revive();
  await insist((by) =>
    stations.client('a').createProject({ name: 'away' }, { ...by, idempotencyKey: 'away' }),
  );
  made.push('away');
  await agree('servers were away');
});
