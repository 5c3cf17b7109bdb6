/** What a takeover leaves alone: orders that were begun, leases, tokens, hosts, time, and stations of another release. */

import { globSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { EventRecord } from '../../src/core/events/commit.ts';
import { revision } from '../../src/core/values/revision.ts';
import { openLog } from '../../src/log/open.ts';
import { Daemon } from '../obm/daemon.ts';
import { ObmdProxy } from '../station/obmd-proxy.ts';
import { agree, eventsOf, Load, termsOf } from './history.ts';
import { Stations, emptyHosts, lease, until } from './stations.ts';

const host = 'n1.example';

/** The program `faketime` stays in between, and keeps signals from what it runs: its library does without. */
const fakeTime = (offset: string): string[] => {
  const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');
  if (library === undefined) throw new Error('faketime is missing: apt-get install faketime');
  return ['env', `LD_PRELOAD=${library}`, `FAKETIME=${offset}`];
};

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

  await t.test('fault 9: clocks are an hour off, either way', async (t) => {
    const leader = await stations.leads();
    const { term } = await stations.standing(leader);
    const [ahead, behind] = [...stations.members.keys()].filter((name) => name !== leader) as [
      string,
      string,
    ];
    for (const [name, offset] of [
      [ahead, '+3600s'],
      [behind, '-3600s'],
    ] as const) {
      await stations.kill(name, 'SIGTERM');
      await stations.start(name, fakeTime(offset));
    }
    await pause(lease * 2_500);
    t.same(
      await stations.standing(leader).then((one) => ({ leads: one.leads, term: one.term })),
      { leads: true, term },
      'nobody takes over before its time',
    );
    for (const name of [leader, ahead]) {
      const isLeading = (await stations.leader()) === name;
      if (!isLeading) continue;
      await stations.kill(name);
      await stations.leads([name]);
      const load = new Load(stations, 2);
      await load.more(5);
      await load.stop();
      t.same(load.wrong, []);
      await stations.start(name);
    }
    await agree(t, stations);
    const events = await eventsOf(stations, await stations.leads(), []);
    const times = events.map(({ at }) => Number(at));
    t.ok(
      times.every((time, i) => i === 0 || time >= times[i - 1]!),
      'time in the log never goes back',
    );
    await termsOf(t, stations);
    for (const name of [ahead, behind]) {
      await stations.kill(name, 'SIGTERM');
      await stations.start(name);
    }
  });

  // Two releases cannot be run here: the newer one is played by an append of what it might say.
  await t.test('fault 12: a newer release has led meanwhile', async (t) => {
    const log = await openLog(stations.servers.url());
    const append = async (event: EventRecord): Promise<void> => {
      await until('it is appended', async () => {
        const head = log.head();
        let at = 0;
        for await (const last of log.read(revision(head - 1))) ({ at } = last);
        const commit = { at, actor: 'station', correlation: 'newer', command: 'Newer' };
        await log.append({ ...commit, revision: revision(head + 1), events: [event] }, head);
        return true;
      });
    };
    const load = new Load(stations, 2);
    await load.more(5);
    await append({ type: 'NewerNoted', v: 1, data: { any: 'thing' }, ignorable: true });
    await load.more(5);
    await load.stop();
    t.same(load.wrong, []);
    await agree(t, stations);
    t.ok(await stations.leads(), 'what may be left out is, and one leads');

    await append({ type: 'NewerDecided', v: 1, data: { any: 'thing' } });
    for (const { name, process } of stations.members.values()) {
      await until(`${name} has seen it`, () =>
        /does not know/.test(process!.stderr + process!.stdout),
      );
      const answered = stations.client(name, 5_000).setVars({ keepalive_frequency: 17 });
      await t.rejects(answered, `${name} decides nothing on what it cannot read`);
    }
    await log.close();
  });
});
