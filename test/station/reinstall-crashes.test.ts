/** `kill -9` of the station in every stage of a reinstall: it goes on from there, and cycles the machine once. */

import t from 'tap';
import { Daemon } from '../obm/daemon.ts';
import { reported, startStation, temporary, until } from './harness.ts';
import type { Answer, Child, Json } from './harness.ts';
import { ObmdProxy } from './obmd-proxy.ts';
import type { When } from './obmd-proxy.ts';

const host = 'n1.example';

t.test('a station that is killed in any stage of a reinstall goes on from there', async (t) => {
  const daemon = await Daemon.start(t, ['--poll', '0', '--no-console-log']);
  const proxy = await ObmdProxy.start(t, () => daemon.url);
  const directory = temporary(t);
  let station: Child = await startStation(t, directory);
  const token = station.admin!;
  const ask = (method: string, path: string, body?: object): Promise<Answer> =>
    station.ask(method, path, body, { token });
  const boots = (boot: string): Promise<Answer> =>
    ask('PUT', `/hosts/${host}/facts`, reported('10.0.0.1', { boot_id: boot }));
  const registration = { obmd: proxy.url, admin_token: daemon.admin, type: 'dummy', info: {} };
  await ask('POST', '/hosts', { fqdn: host });
  t.match(await ask('PUT', `/hosts/${host}/obm`, registration), { status: 201 });
  t.match(await ask('POST', `/hosts/${host}/obm/enable`), { status: 200 });
  await boots('boot 0');

  const seen = async (id: number): Promise<Json> => (await ask('GET', `/operations/${id}`)).body;
  const stageOf = ({ stages }: Json): string | undefined =>
    stages.find(({ state }: Json) => state === 'running')?.name;
  let number = 0;

  /** @param call on which the station dies, before or after the daemon has heard of it; null: in the stage `boot` */
  const trial = async (call: string | null, when: When): Promise<void> => {
    const name = call === null ? 'it dies while the host is awaited' : `it dies ${when} ${call}`;
    const killed = Promise.withResolvers<void>();
    let [isDead, cycles] = [false, 0];
    const die = async (): Promise<void> => {
      isDead = true;
      await station.end('SIGKILL');
      killed.resolve();
    };
    proxy.cuts = async (now, at) => {
      const isCut = !isDead && now === call && at === when;
      if (now === 'POST power' && at === 'after') cycles += 1;
      if (isCut) await die();
      return isCut;
    };
    const { id } = (await ask('POST', `/hosts/${host}/actions/reinstall`, {})).body as {
      id: number;
    };
    if (call === null) {
      await until(`${name}: boot`, async () => stageOf(await seen(id)) === 'boot');
      await die();
    }
    await killed.promise;
    station = await startStation(t, directory, { token });
    await until(`${name}: boot`, async () => stageOf(await seen(id)) === 'boot');
    // Twice in the same stage.
    await station.end('SIGKILL');
    station = await startStation(t, directory, { token });
    t.equal(stageOf(await seen(id)), 'boot', name);
    number += 1;
    await boots(`boot ${number}`);
    const end = await until(`${name}: its end`, async () => {
      const now = await seen(id);
      return now.state === 'running' ? null : now;
    });
    t.match(end, { state: 'succeeded', done: 6 }, name);
    const most = call === 'POST power' && when === 'before' ? 0 : 1;
    t.equal(cycles, most, `${name}: the machine was cycled ${cycles} times`);
  };

  await trial('PUT boot-device', 'before');
  await trial('PUT boot-device', 'after');
  await trial('POST power', 'before');
  await trial('POST power', 'after');
  await trial(null, 'after');
  await station.end('SIGTERM');
});
