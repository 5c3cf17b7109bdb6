/** What people do by mistake: a station on a copy of the log, and two stations of one name. */

import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { FewStations } from './few-stations.ts';
import { insist, until } from './stations.ts';

const nothingDone = { code: 'no-leader', message: /Nothing was done/ };

t.test('stations are set up by mistake', { timeout: 1_200_000 }, async (t) => {
  const stations = await FewStations.on(t);
  const { server } = stations;
  await stations.first('a');
  await insist((by) => stations.client('a').createProject({ name: 'tomography' }, by));

  await t.test('a copy of the log, as from a backup, is no way into the cluster', async (t) => {
    // A database is copied while nobody is in it.
    await stations.stop('a');
    await server.ask('create database trial template halcyon');
    await stations.start('a');
    await stations.leads('a');
    await insist((by) => stations.client('a').createProject({ name: 'after' }, by));
    await stations.start('trial', { log: server.url('', 'postgres', 'trial') });
    const trial = stations.client('trial');
    const { role, leader, known } = await trial.station();
    t.same({ role, leader, known }, { role: 'following', leader: null, known: false });
    for (const ms of [0, 8_000]) {
      // Long enough for looks at the lease, which nobody renews there.
      await pause(ms);
      await t.rejects(trial.deleteProject('tomography'), nothingDone);
      await t.rejects(trial.listAgents(), nothingDone);
    }
    t.ok(stations.hasLogged('trial', /the cluster does not know this station/));
    const { items } = await trial.listProjects();
    t.match(items, [{ name: 'tomography' }], 'it reads what it has');
    t.equal((await stations.client('a').listProjects()).items.length, 2, 'nothing was done');
    await stations.stop('trial');
  });

  await t.test('the second of a name says so, and what to do', async (t) => {
    await stations.start('twin', { name: 'a' });
    const said = /another process leads by the name of this station.*--name/;
    await until('it says so', () => stations.hasLogged('twin', said));
    await t.rejects(stations.client('twin').createProject({ name: 'twice' }), nothingDone);
    t.notOk(stations.hasLogged('a', said));
    await stations.stop('a', 'SIGKILL');
    await stations.leads('twin');
    await stations.stop('twin', 'SIGKILL');
    await stations.start('twin', { name: 'a' });
    await stations.leads('twin');
    t.notOk(stations.hasLogged('twin', said), 'who comes back is no other');
  });
});
