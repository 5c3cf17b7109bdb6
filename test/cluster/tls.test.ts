/** Two stations that speak to each other over TLS, each by a certificate of an authority of the site's own. */

import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { createClient } from '../../src/client/client.ts';
import type { Client } from '../../src/client/client.ts';
import { Executable } from '../agent/executable.ts';
import { Authority } from '../network/authority.ts';
import type { Pair } from '../network/authority.ts';
import { init } from '../postgres/ready.ts';
import { startServer } from '../postgres/servers.ts';
import { temporary } from '../station/harness.ts';
import { freePort } from '../station/sshd.ts';
import { insist, patience, until } from './stations.ts';

const here = 'DNS:localhost,IP:127.0.0.1';

t.test('stations find each other over TLS', { timeout: 1_200_000 }, async (t) => {
  const folder = temporary(t);
  const [ours, theirs] = [new Authority(folder), new Authority(folder)];
  const good = ours.sign('good', here);
  const server = await startServer(t);
  await init(server.url());
  const ports: Record<string, number> = { a: await freePort(), b: await freePort() };
  const urlOf = (name: string): string => `https://127.0.0.1:${ports[name]}`;
  const running = new Map<string, Executable>();
  let token = '';
  const client = (name: string): Client => {
    // By a name that all certificates here are for.
    const station = `https://localhost:${ports[name]}`;
    const ca = readFileSync(ours.certificate, 'utf8');
    return createClient({ station, token, ca, timeoutMs: patience, busyMs: 0 });
  };
  const start = async (
    name: string,
    pair: Pair,
    others: readonly string[],
  ): Promise<Executable> => {
    const data = join(folder, name);
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const [first, own] = [join(folder, 'a', 'station.key'), join(data, 'station.key')];
    if (!existsSync(own) && existsSync(first)) copyFileSync(first, own);
    const station = new Executable(
      t,
      [
        ...['station', '--data', data, '--log', server.url(), '--name', name],
        ...['--listen', `127.0.0.1:${ports[name]}`, '--url', urlOf(name)],
        ...['--tls-cert', pair.certificate, '--tls-key', pair.key, ...others],
      ],
      { NODE_OPTIONS: '' },
    );
    running.set(name, station);
    await station.says(/listening on (https:\S+)/);
    return station;
  };
  const stop = async (name: string): Promise<void> => {
    await running.get(name)?.stop('SIGTERM');
    running.delete(name);
  };
  const leads = (name: string, station: Executable): Promise<unknown> =>
    until(`${name} leads`, () => station.hasLogged(/this station leads/));
  const believing = ['--stations-ca', ours.certificate];
  const first = await start('a', good, believing);
  await leads('a', first);
  token = await first.says(/bootstrap admin token: (\S+)/);
  await insist((by) => client('a').addStation({ name: 'b', url: urlOf('b') }, by));
  await start('b', good, believing);

  await t.test('who follows passes a command on, and reads there what it did', async (t) => {
    const key = { idempotencyKey: 'over TLS' };
    const made = await insist(() => client('b').createProject({ name: 'tomography' }, key));
    t.same(await client('a').createProject({ name: 'tomography' }, key), made);
    t.match(await client('b').getProject('tomography'), { name: 'tomography' });
    const { name, role, leader } = await client('b').station();
    t.match({ name, role, leader }, { name: 'b', role: 'following', leader: { name: 'a' } });
    t.match(await client('b').listAgents(), {}, 'what only the leader knows');
    const issued = await client('a').issueToken({ name: 'new', role: 'viewer' });
    const station = `https://localhost:${ports['b']}`;
    const ca = readFileSync(ours.certificate, 'utf8');
    t.match(await createClient({ station, ca, token: issued.token }).whoami(), { name: 'new' });
  });

  let number = 0;
  /** Asks b for something, and compares why it did not come to a. */
  const refused = async (t: Test, why: RegExp): Promise<void> => {
    const name = `refused-${++number}`;
    await until('b knows who leads', async () => (await client('b').station()).leader !== null);
    const asked = client('b').createProject({ name });
    await t.rejects(asked, { status: 503, code: 'no-leader', message: why });
    await t.rejects(client('b').getProject(name), { code: 'unknown-project' });
    const { events } = await client('b').listEvents({ from: 0, types: ['ProjectCreated'] });
    t.equal(events.length, 1);
  };

  await t.test(
    'who follows believes nobody of another authority, and says what to do',
    async (t) => {
      for (const others of [[], ['--stations-ca', theirs.certificate]]) {
        await stop('b');
        await start('b', good, others);
        await refused(t, /^a, which leads, .* at https:\S+ \(.*certificate.*: give --stations-ca /);
      }
      t.equal(number, 2);
    },
  );

  await t.test('nor a certificate that has expired, or is of another host', async (t) => {
    for (const [pair, why] of [
      [ours.sign('expired', here, -1), /^a, which leads, .* \(.*certificate has expired/],
      [
        ours.sign('elsewhere', 'DNS:localhost'),
        /^a, which leads, .* \(.*127\.0\.0\.1 is not in the cert/,
      ],
    ] as const) {
      await stop('b');
      await stop('a');
      await leads('a', await start('a', pair, believing));
      await start('b', good, believing);
      await refused(t, why);
    }
  });

  await t.test('what would never work is refused at the start', async (t) => {
    await stop('b');
    const served = ['--tls-cert', good.certificate, '--tls-key', good.key];
    for (const [wrong, why] of [
      [['--stations-ca', good.key], /good\.key holds no certificate; it must be PEM/],
      [[...served, '--url', 'http://127.0.0.1:7400'], /--url http:\S+ is .*give --url https:/],
    ] as const) {
      const which = ['station', '--data', join(folder, 'b'), '--log', server.url()];
      const station = new Executable(t, [...which, ...wrong]);
      t.match(await station.exit, { code: 1 });
      t.match(station.stderr, why);
    }
  });
});
