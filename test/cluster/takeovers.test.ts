/** Stations that are not alike take over: their clocks are wrong, or one is of another release. */

import { globSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { EventRecord } from '../../src/core/events/commit.ts';
import { revision } from '../../src/core/values/revision.ts';
import { openLog } from '../../src/log/open.ts';
import { agree, eventsOf, Load, termsOf } from './history.ts';
import { Stations, lease, until } from './stations.ts';

/** The program `faketime` stays in between, and keeps signals from what it runs: its library does without. */
const fakeTime = (offset: string): string[] => {
  const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');
  if (library === undefined) throw new Error('faketime is missing: apt-get install faketime');
  return ['env', `LD_PRELOAD=${library}`, `FAKETIME=${offset}`];
};

t.test('another station takes over', { timeout: 1_200_000 }, async (t) => {
  const stations = await Stations.open(t);

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
