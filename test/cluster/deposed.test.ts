/** Leaders that are deposed while they have something to do outside: machines, agents, leases and tokens. */

import t from 'tap';
import { Daemon } from '../obm/daemon.ts';
import { ObmdProxy } from '../station/obmd-proxy.ts';
import { ended, isAlive, register, running, standStill, switchedOn } from './deposed.ts';
import type { Outside } from './deposed.ts';
import { Load, agree, eventsOf, termsOf } from './history.ts';
import { Stations, emptyHosts, insist, lease, until } from './stations.ts';

const host = 'n1.example';
const machine = emptyHosts[6]!;

t.test('leaders are deposed', { timeout: 1_200_000 }, async (t) => {
  const daemon = await Daemon.start(t, ['--poll', '0', '--no-console-log']);
  const proxy = await ObmdProxy.start(t, () => daemon.url);
  const stations = await Stations.open(t, { hosts: [host] });
  const outside: Outside = { stations, host, machine, daemon, proxy };
  const client = stations.anyClient;
  await register(outside);

  await t.test('fault 2: one that stood still does nothing of its old term', async (t) =>
    standStill(t, outside, Number(process.env['HALCYON_STILL_SECONDS'] ?? 0)),
  );

  await t.test('fault 3: one is cut off from the log, and not from its agents', async (t) => {
    const runs = await running(outside);
    const leader = await stations.connected(host);
    const { term } = await stations.standing(leader);
    const { links } = stations.member(leader);
    const before = { switched: await switchedOn(outside), sent: proxy.orders.length };
    let steppedDown = Infinity;
    let tookOver = Infinity;
    links.blackOut();
    const cut = performance.now();
    // It is decided, and never in the log: nothing may be sent for it.
    const key = { idempotencyKey: 'ordered of one that is cut off' };
    const ordered = stations.client(leader, 300_000).powerObm(machine, { action: 'on' }, key);
    const refused = ordered.catch((error: unknown) => error);
    await Promise.all([
      until('the one that is cut off steps down', async () => {
        const { leads } = await stations.standing(leader, 3_000);
        if (!leads) steppedDown = performance.now() - cut;
        return !leads;
      }),
      until('another one leads', async () => {
        const others = [...stations.members.keys()].filter((name) => name !== leader);
        for (const name of others)
          if ((await stations.standing(name, 3_000).catch(() => undefined))?.leads) {
            tookOver = performance.now() - cut;
            return true;
          }
        return false;
      }),
    ]);
    t.comment(`down after ${Math.round(steppedDown)} ms, another after ${Math.round(tookOver)} ms`);
    t.ok(steppedDown < tookOver, 'it steps down before anybody takes over');
    t.equal(proxy.orders.length, before.sent, 'and has sent nothing that is not in the log');
    t.not(await stations.connected(host), leader, 'the agent goes to the one that leads');
    t.ok(isAlive(runs.pid), 'what runs there runs on');
    const more = await running(outside);
    t.ok(isAlive(more.pid), 'and it does what that one says');
    links.mend();
    await until(
      'it is back in the new term',
      async () => (await stations.standing(leader)).term > term,
    );
    await refused;
    const again = await insist(() => client.powerObm(machine, { action: 'on' }, key));
    t.equal(await ended(stations, again.id), 'succeeded');
    const sent = proxy.orders.slice(before.sent).map(({ action }) => action);
    t.same(sent, ['on'], 'who asks again with the same key has it done once');
    t.equal(await switchedOn(outside), before.switched + 1);
    await agree(t, stations);
  });

  await t.test('fault 10: a power cycle was begun when the leader died', async (t) => {
    const overrides = { lnid: '10.202.0.1@tcp' };
    const body = { host: emptyHosts[0]!, role: 'owned', overrides };
    const added = await insist((by) => client.addProcess(body, by));
    const { fid } = added.processes[0]!;
    await insist((by) => client.reportState(fid, { state: 'online' }, by));
    const leader = await stations.connected(host);
    const { term } = await stations.standing(leader);
    const [sent, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    t.teardown(() => gone.resolve());
    const before = proxy.orders.length;
    proxy.cuts = async (call, when) => {
      if (call !== 'POST power' || when !== 'after') return false;
      sent.resolve();
      await gone.promise;
      return true;
    };
    await insist((by) => client.leaseProcess(fid, lease + 10, by));
    const cycle = await insist((by) => client.powerObm(machine, { action: 'cycle' }, by));
    await sent.promise;
    await stations.kill(leader);
    gone.resolve();
    proxy.cuts = () => false;
    const next = await stations.leads([leader]);
    t.equal(await ended(stations, cycle.id), 'interrupted');
    t.equal(proxy.orders.length, before + 1, 'it was sent once');
    t.ok((await client.whoami()).id, 'tokens stay valid');
    const behind = stations.client(next).getHost(host, { at_least: 1_000_000 });
    const refusal = await behind.catch((error: unknown) => error);
    const words = 'what waits for a revision that does not come is told so';
    t.match(refusal, { code: 'revision-not-reached' }, words);
    await stations.start(leader);
    const head = await agree(t, stations);
    for (const name of stations.members.keys())
      await stations.client(name).getHost(host, { at_least: head });
    await stations.connected(host);

    await until('nobody has renewed the lease', async () => {
      const seen = await client.getProcess(fid).catch((error: { status?: number }) => error);
      return 'status' in seen && seen.status === 404;
    });
    const types = ['StationLed', 'ProcessRemoved'];
    const events = await eventsOf(stations, await stations.leads(), types);
    const led = events.filter(({ type, data }) => {
      return type === 'StationLed' && (data as { term: number }).term > term;
    });
    const expired = events.find(({ type, data }) => {
      return type === 'ProcessRemoved' && (data as { fid: string }).fid === fid;
    });
    const since = led.findLast(({ at }) => Number(at) <= Number(expired!.at))!;
    const granted = Number(expired!.at) - Number(since.at);
    t.ok(granted >= (lease + 10) * 1000, `the lease is counted anew by who leads: ${granted} ms`);
    t.equal((await client.getHost(host)).state, 'up', 'its host is up');
  });

  await t.test('fault 10: somebody removes the lease of the one that leads', async (t) => {
    const { primary } = stations.servers;
    const change = async (statement: string): Promise<void> => {
      const before = await stations.standing(await stations.leads());
      await primary.ask(statement, 'halcyon');
      await until('one leads in another term', async () => {
        const { leads, term } = await stations.standing(await stations.leads());
        return leads && term > before.term;
      });
    };
    const load = new Load(stations, 2);
    await load.more(5);
    await change("delete from halcyon.registers where name = 'lease'");
    await load.more(5);
    await change(
      'update halcyon.registers set version = version + 1000, value = \'{"holder":"nobody"}\' where name = \'lease\'',
    );
    await load.more(5);
    await load.stop();
    t.same(load.wrong, []);
    await termsOf(t, stations);
    const standing = [...stations.members.keys()].map((name) => stations.standing(name));
    t.equal((await Promise.all(standing)).filter(({ leads }) => leads).length, 1, 'one leads');
    await agree(t, stations);
  });
});
