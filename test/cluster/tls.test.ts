/** Two stations that speak to each other over TLS, each by a certificate of an authority of the site's own. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { Client } from '../../src/client/client.ts';
import { Executable } from '../agent/executable.ts';
import { Authority } from '../network/authority.ts';
import type { Pair } from '../network/authority.ts';
import { FewStations } from './few-stations.ts';
import { insist, until } from './stations.ts';

t.test('stations find each other over TLS', { timeout: 1_200_000 }, async (t) => {
  const stations = await FewStations.on(t);
  const { folder } = stations;
  const [ours, theirs] = [new Authority(folder), new Authority(folder)];
  const good = ours.sign('good', 'DNS:localhost,IP:127.0.0.1');
  const believing = ['--stations-ca', ours.certificate];
  const ca = readFileSync(ours.certificate, 'utf8');
  /** By a name that all certificates here are for. */
  const urlOf = async (which: string): Promise<string> =>
    `https://${(await stations.place(which)).replace('127.0.0.1', 'localhost')}`;
  const [atA, atB] = [await urlOf('a'), await urlOf('b')];
  const at = (station: string, token = stations.token): Client =>
    stations.client('a', { station, ca, token });
  const served = ({ certificate, key }: Pair, more: readonly string[] = believing) =>
    ({
      scheme: 'https',
      more: ['--tls-cert', certificate, '--tls-key', key, ...more],
    }) as const;

  await stations.first('a', served(good));
  const url = `https://${await stations.place('b')}`;
  await insist((by) => at(atA).addStation({ name: 'b', url }, by));
  await stations.start('b', served(good));

  await t.test('who follows passes a command on, and reads there what it did', async (t) => {
    const key = { idempotencyKey: 'over TLS' };
    const made = await insist(() => at(atB).createProject({ name: 'tomography' }, key));
    t.same(await at(atA).createProject({ name: 'tomography' }, key), made);
    t.match(await at(atB).getProject('tomography'), { name: 'tomography' });
    const { name, role, leader } = await at(atB).station();
    t.match({ name, role, leader }, { name: 'b', role: 'following', leader: { name: 'a' } });
    t.match(await at(atB).listAgents(), {}, 'what only the leader knows');
    const { token } = await at(atA).issueToken({ name: 'new', role: 'viewer' });
    t.match(await at(atB, token).whoami(), { name: 'new' });
  });

  let number = 0;
  /** Asks b for something, and compares why it did not come to a. */
  const refused = async (t: Test, why: RegExp): Promise<void> => {
    const name = `refused-${++number}`;
    await until('b knows who leads', async () => (await at(atB).station()).leader !== null);
    await t.rejects(at(atB).createProject({ name }), {
      ...{ status: 503, code: 'no-leader', message: why },
    });
    await t.rejects(at(atB).getProject(name), { code: 'unknown-project' });
    const { events } = await at(atB).listEvents({ from: 0, types: ['ProjectCreated'] });
    t.equal(events.length, 1);
  };

  await t.test(
    'who follows believes nobody of another authority, and says what to do',
    async (t) => {
      for (const more of [[], ['--stations-ca', theirs.certificate]]) {
        await stations.stop('b');
        await stations.start('b', served(good, more));
        await refused(t, /^a, which leads, .* at https:\S+ \(.*certificate.*: give --stations-ca /);
      }
    },
  );

  await t.test('nor a certificate that has expired, or is of another host', async (t) => {
    for (const [pair, why] of [
      [ours.sign('old', 'DNS:localhost,IP:127.0.0.1', -1), /\(.*certificate has expired/],
      [ours.sign('elsewhere', 'DNS:localhost'), /\(.*127\.0\.0\.1 is not in the cert/],
    ] as const) {
      await stations.stop('b');
      await stations.stop('a');
      const a = await stations.start('a', served(pair));
      await until('a leads', () => a.hasLogged(/this station leads/));
      await stations.start('b', served(good));
      await refused(t, new RegExp(`^a, which leads, .* ${why.source}`));
    }
  });

  await t.test('what would never work is refused at the start', async (t) => {
    await stations.stop('b');
    const tls = served(good, []).more;
    for (const [wrong, why] of [
      [['--stations-ca', good.key], /good\.key holds no certificate; it must be PEM/],
      [[...tls, '--url', 'http://127.0.0.1:7400'], /--url http:\S+ is .*give --url https:/],
    ] as const) {
      const which = ['station', '--data', join(folder, 'b'), '--log', stations.server.url()];
      const station = new Executable(t, [...which, ...wrong]);
      t.match(await station.exit, { code: 1 });
      t.match(station.stderr, why);
    }
  });
});
