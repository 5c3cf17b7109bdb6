/** PostgreSQL servers die, lose what was read, and flicker: stations keep what was acknowledged, or say that it is gone. */

import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { Load, agree, storedOnce, termsOf } from './history.ts';
import { Stations, emptyHosts, until } from './stations.ts';

t.test('servers of the log come to grief', { timeout: 1_200_000 }, async (t) => {
  const stations = await Stations.open(t);
  const { servers } = stations;
  const loads: Load[] = [];
  const begin = (): Load => {
    const load = new Load(stations, 6);
    loads.push(load);
    return load;
  };

  await t.test('fault 7: the primary dies in the middle of a group of commits', async (t) => {
    const load = begin();
    await load.more(30);
    const old = servers.primary;
    await servers.fail();
    await load.more(30);
    await servers.rejoin(old);
    await servers.following();
    await load.more(10);
    await load.stop();
    await storedOnce(t, stations, loads);
    await termsOf(t, stations);
  });

  await t.test('fault 11: the connections of stations to the log flicker', async (t) => {
    const load = begin();
    const end = performance.now() + 30_000;
    const all = [...stations.members.values()];
    for (let turn = 0; performance.now() < end; turn++) {
      const { links } = all[turn % all.length]!;
      if (turn % 2 === 0) links.cut();
      else links.blackOut();
      await pause(200 + ((turn * 370) % 1_300));
      links.mend();
      await pause((turn * 230) % 900);
    }
    const mended = performance.now();
    await load.more(20);
    t.comment(`acknowledged again ${Math.round(performance.now() - mended)} ms after the last cut`);
    await load.stop();
    await storedOnce(t, stations, loads);
    await termsOf(t, stations);
    const leading = await Promise.all(
      all.map(async ({ name }) => (await stations.standing(name)).leads),
    );
    t.equal(leading.filter((leads) => leads).length, 1, 'one leads');
  });

  await t.test('fault 8: what stations have read is lost with its server', async (t) => {
    const old = servers.primary;
    // Acknowledged by one disk only: what strict synchronous replication is there to prevent.
    await old.reload({ synchronous_standby_names: '' });
    // Frozen ones would still find it in what the kernel has taken for them.
    await Promise.all(servers.standbys.map((standby) => standby.kill()));
    const { processes } = await stations.anyClient.addProcess({
      host: emptyHosts[7]!,
      role: 'owned',
      overrides: { lnid: '10.201.0.1@tcp' },
    });
    const lost = processes[0]!.fid;
    await until('all stations have read it', async () => {
      const seen = await Promise.all(
        [...stations.members.keys()].map((name) => stations.client(name).getProcess(lost)),
      );
      return seen.length === stations.members.size;
    });
    await old.kill();
    await Promise.all(servers.standbys.map((standby) => standby.start()));
    await servers.promoteBetter();
    await until('no station shows it any more', async () => {
      const names = [...stations.members.keys()];
      const found = await Promise.all(
        names.map((name) =>
          stations
            .client(name)
            .getProcess(lost)
            .then(
              () => true,
              (error: { status?: number }) => error.status !== 404,
            ),
        ),
      );
      return found.every((isThere) => !isThere);
    });
    await servers.rejoin(old);
    const load = begin();
    await load.more(10);
    await load.stop();
    await agree(t, stations);
    await termsOf(t, stations);
  });
});
