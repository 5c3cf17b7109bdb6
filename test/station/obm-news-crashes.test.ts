/** `kill -9` of the station and of the OBM daemon while machines are switched: each change is in the log once. */

import t from 'tap';
import type { ObmdEvent } from '../../src/contract/obmd-events.ts';
import { Daemon } from '../obm/daemon.ts';
import { EventReader } from '../obm/event-reader.ts';
import { startStation, temporary, until } from './harness.ts';
import type { Answer, Child } from './harness.ts';

const hosts = ['n1.example', 'n2.example'];

interface Taken {
  readonly type: string;
  readonly data: { readonly fqdn: string; readonly state: string; readonly seen: number };
}

t.test('no news is lost and none is doubled, whoever is killed', async (t) => {
  const daemon = await Daemon.start(t, ['--poll', '1', '--no-console-log']);
  const directory = temporary(t);
  let station: Child = await startStation(t, directory);
  const token = station.admin!;
  const ask = (method: string, path: string, body?: object): Promise<Answer> =>
    station.ask(method, path, body, { token });
  const body = { obmd: daemon.url, admin_token: daemon.admin, type: 'dummy' };
  for (const fqdn of hosts) {
    await ask('POST', '/hosts', { fqdn });
    const registered = await ask('PUT', `/hosts/${fqdn}/obm`, { ...body, info: { boot_ms: 0 } });
    t.equal(registered.status, 201, registered.text);
    t.equal((await ask('POST', `/hosts/${fqdn}/obm/enable`)).status, 200);
  }
  await daemon.register('stranger', 'dummy', { boot_ms: 0 });
  const all = [...hosts, 'stranger'];

  /** Switches all of them, as somebody does who is at the daemon; what is cut off may have been done. */
  const switchAll = async (action: string): Promise<void> => {
    for (const label of all)
      await daemon.asAdmin('POST', `/v2/obms/${label}/power`, { action }).catch(() => undefined);
  };
  for (const [victim, action] of [
    ['station', 'on'],
    ['obmd', 'off'],
    ['both', 'on'],
  ] as const) {
    const switching = switchAll(action);
    if (victim !== 'obmd') {
      await station.end('SIGKILL');
      if (victim === 'both') await daemon.process.stop('SIGKILL');
      await switching;
      if (victim === 'both') await daemon.run();
      station = await startStation(t, directory, { token });
    } else {
      await switching;
      await daemon.process.stop('SIGKILL');
      await daemon.run();
    }
  }

  const reader = await EventReader.start(daemon, '?from=0');
  const told = async (): Promise<Taken[]> =>
    ((await ask('GET', '/events?type=ObmPowerChanged&limit=10000')).body as { events: Taken[] })
      .events;
  const isPower = (event: ObmdEvent): boolean => event.type === 'power-changed';
  const seen = (): { fqdn: string; state: string; seen: number }[] =>
    reader.events
      .filter(isPower)
      .flatMap(({ label: fqdn, at, data }) =>
        hosts.includes(fqdn) ? [{ fqdn, state: (data as { state: string }).state, seen: at }] : [],
      );
  const lastOf = (fqdn: string): string | undefined =>
    seen().findLast((one) => one.fqdn === fqdn)?.state;
  for (const action of ['on', 'off', 'on', 'off']) {
    await switchAll(action);
    await until('it is seen', () => hosts.every((fqdn) => lastOf(fqdn) === action));
  }
  await until('all is told', async () => (await told()).length >= seen().length);
  const taken = (await told()).map(({ data: { fqdn, state, seen } }) => ({ fqdn, state, seen }));
  t.same(taken, seen(), 'as the daemon has it, in its order');
  reader.stop();
  await station.end('SIGTERM');
});
