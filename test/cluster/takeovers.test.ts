/** What a takeover leaves alone: orders that were begun, leases, tokens and hosts. */

import t from 'tap';
import { Daemon } from '../obm/daemon.ts';
import { ObmdProxy } from '../station/obmd-proxy.ts';
import { agree } from './history.ts';
import { Stations, emptyHosts, lease, until } from './stations.ts';

const host = 'n1.example';

t.test('another station takes over', { timeout: 1_200_000 }, async (t) => {
  const daemon = await Daemon.start(t, ['--poll', '0', '--no-console-log']);
  const proxy = await ObmdProxy.start(t, () => daemon.url);
  const stations = await Stations.open(t, { hosts: [host] });
  const client = stations.anyClient;

  await t.test('fault 10: a power cycle was begun when the leader died', async (t) => {
    const info = { latency_ms: 1500 };
    const body = { obmd: proxy.url, admin_token: daemon.admin, type: 'dummy' as const, info };
    await client.registerObm(host, body);
    await client.enableObm(host);
    const added = await client.addProcess({
      host: emptyHosts[0]!,
      role: 'owned',
      overrides: { lnid: '10.202.0.1@tcp' },
    });
    const { fid } = added.processes[0]!;
    await client.reportState(fid, { state: 'online' });
    // Good for longer than a takeover may take on a quiet machine, and counted anew by who takes over.
    await client.leaseProcess(fid, lease + 4);
    const leader = await stations.leads();
    const sent = Promise.withResolvers<void>();
    proxy.cuts = async (call, when) => {
      if (call === 'POST power' && when === 'before') sent.resolve();
      return false;
    };
    const order = await client.powerObm(host, { action: 'cycle' });
    await sent.promise;
    await stations.kill(leader);
    const next = await stations.leads([leader]);
    t.equal((await stations.client(next).getProcess(fid)).state, 'online', 'its lease goes on');
    t.equal((await stations.client(next).getHost(host)).state, 'up', 'and its host is up');
    const operation = await until('the cycle is over', async () => {
      const seen = await stations.client(next).operation(order.id, 0);
      return ['succeeded', 'failed', 'interrupted', 'cancelled'].includes(seen.state)
        ? seen
        : undefined;
    });
    t.comment(`the cycle is ${operation.state}`);
    t.ok(
      ['interrupted', 'succeeded'].includes(operation.state),
      'its outcome was read, or is not known',
    );
    t.equal(proxy.orders.filter(({ action }) => action === 'cycle').length, 1, 'it was sent once');
    t.ok((await stations.client(next).whoami()).id, 'tokens stay valid');
    const behind = stations.client(next).getHost(host, { at_least: 1_000_000 });
    const refusal = await behind.catch((error: unknown) => error);
    const words = 'what waits for a revision that does not come is told so';
    t.match(refusal, { code: 'revision-not-reached' }, words);
    await stations.start(leader);
    const head = await agree(t, stations);
    for (const name of stations.members.keys())
      await stations.client(name).getHost(host, { at_least: head });
    await until('the agent is connected to the one that leads', async () => {
      const seen = await stations.client(next).getAgent(host);
      return seen.connected;
    });
  });
});
