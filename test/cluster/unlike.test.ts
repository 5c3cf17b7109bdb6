/** Stations that are not alike: their clocks are wrong, or they are of another release. */

import { globSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import { openLog } from '../../src/log/open.ts';
import { Load, agree, eventsOf, storedOnce, termsOf } from './history.ts';
import { newerRelease, newerVersion, unknownToOlder } from './newer-release.ts';
import { Stations, lease, until } from './stations.ts';

/** The program `faketime` stays in between, and keeps signals from what it runs: its library does without. */
const fakeTime = (offset: string): string[] => {
  const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');
  if (library === undefined) throw new Error('faketime is missing: apt-get install faketime');
  return ['env', `LD_PRELOAD=${library}`, `FAKETIME=${offset}`];
};

t.test('stations are not alike', { timeout: 1_200_000 }, async (t) => {
  const stations = await Stations.open(t);
  const loads: Load[] = [];

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
    const { process: led } = stations.member(leader);
    const ends = led!.log.filter(
      ({ msg, term: of }) => msg === 'this station leads no more' && of === term,
    );
    // Where the machine has left it no time to renew its lease, it says so itself.
    for (const { why } of ends) t.equal(why, 'its lease was not renewed in time');
    const now = await stations.standing(await stations.leads());
    t.ok(now.term === term || ends.length > 0, 'nobody takes over before its time');
    for (const name of [leader, ahead]) {
      const isLeading = (await stations.leader()) === name;
      if (!isLeading) continue;
      await stations.kill(name);
      await stations.leads([name]);
      const load = new Load(stations, 2);
      loads.push(load);
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
  });

  await t.test('fault 12: stations of neighbouring releases', async (t) => {
    const release = ['env', `HALCYON_JOINED=${await newerRelease(t)}`];
    const [a, b, c] = [...stations.members.keys()] as [string, string, string];
    const work = async (): Promise<void> => {
      const load = new Load(stations, 1);
      loads.push(load);
      await load.more(3);
      await load.stop();
    };
    await stations.kill(c, 'SIGTERM');
    await stations.start(c, release);
    await work();
    await agree(t, stations);

    await Promise.all([a, b].map((name) => stations.kill(name, 'SIGTERM')));
    t.equal(await stations.leads(), c, 'the newer one takes over');
    t.equal((await stations.client(c).station()).version, newerVersion);
    await work();
    await Promise.all([stations.start(a), stations.start(b)]);
    await work();
    await agree(t, stations);
    const said = await eventsOf(stations, a, [unknownToOlder]);
    t.ok(said.length > 0, 'an older one follows it, whatever it says that may be left out');

    await stations.kill(c);
    t.not(await stations.leads(), c, 'an older one takes over');
    await work();
    await storedOnce(t, stations, loads);
    await termsOf(t, stations);
  });

  // What must not be left out is played by an append: who has led by it must not be followed by an older one.
  await t.test('fault 12: a newer release has decided something', async (t) => {
    const log = await openLog(stations.servers.url());
    t.teardown(() => log.close());
    await until('it is appended', async () => {
      const head = log.head();
      let at = 0;
      for await (const last of log.read(revision(head - 1))) ({ at } = last);
      const events = [{ type: 'NewerDecided', v: 1, data: { any: 'thing' } }];
      const commit = { at, actor: 'station', correlation: 'newer', command: 'Newer', events };
      await log.append({ ...commit, revision: revision(head + 1) }, head);
      return true;
    });
    for (const { name, process } of stations.members.values()) {
      if (!process) continue;
      const says = (): boolean => /does not know/.test(process.stderr + process.stdout);
      await until(`${name} has seen it`, says).catch((error: unknown) => {
        throw new Error(`${String(error)}:\n${process.stdout.slice(-4000)}`);
      });
      const answered = stations.client(name, 5_000).setVars({ keepalive_frequency: 17 });
      await t.rejects(answered, `${name} decides nothing on what it cannot read`);
    }
  });
});
