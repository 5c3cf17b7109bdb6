/** A station whose certificate is of the operator's own making. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createClient } from '../../src/client/index.ts';
import { Executable } from '../agent/executable.ts';
import { until } from '../agent/played-station.ts';
import { folderOf } from '../folder.ts';
import { environment, shell } from './station.ts';
import { typed } from './typed.ts';

const folder = folderOf(t, { home: {}, state: {} });
const at = (name: string): string => join(folder, name);

const openssl = (...args: string[]): void =>
  void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
const authority = (name: string): void =>
  openssl(
    'req',
    '-x509',
    ...ec,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.pem`,
    '-subj',
    `/CN=${name}`,
  );
authority('ours');
authority('theirs');
openssl(
  'req',
  ...ec.slice(0, -2),
  '-keyout',
  'station.key',
  '-out',
  'station.csr',
  '-subj',
  '/CN=station',
);
writeFileSync(at('names'), 'subjectAltName=IP:127.0.0.1');
openssl(
  ...['x509', '-req', '-in', 'station.csr', '-CA', 'ours.pem', '-CAkey', 'ours.key', '-days', '2'],
  ...['-CAcreateserial', '-extfile', 'names', '-out', 'station.pem'],
);

const station = new Executable(t, [
  ...['station', '--data', at('data'), '--listen', '127.0.0.1:0'],
  ...['--tls-cert', at('station.pem'), '--tls-key', at('station.key')],
]);
const url = await station.says(/listening on (https:\S+)/);
const token = await station.says(/bootstrap admin token: (\S+)/);
const env = environment(at('home'), { HALCYON_STATION: url, HALCYON_TOKEN: token });
const halctl = async (line: string, more: NodeJS.ProcessEnv = {}) =>
  typed(`halctl ${line}`, folder, { ...env, ...more });

t.test('halctl trusts what --ca, HALCYON_CA or the context names, and nothing else', async (t) => {
  const doubting = await halctl('system station status');
  t.equal(doubting.code, 5);
  t.match(doubting.err, /not trusted here|cannot be verified/);
  t.match(doubting.err, '--ca FILE');
  t.equal((await halctl('system station status --ca ours.pem')).code, 0);
  t.equal((await halctl('system station status', { HALCYON_CA: at('ours.pem') })).code, 0);
  const others = await halctl('system station status --ca theirs.pem', { HALCYON_CA: 'ours.pem' });
  t.equal(others.code, 5, 'the flag wins');
  const bare = { HALCYON_STATION: '', HALCYON_TOKEN: '' };
  const kept = await shell(
    `halctl config set-context ours --station ${url} --ca ours.pem --token-file -`,
    folder,
    { ...env, ...bare },
    token,
  );
  t.equal(kept.code, 0, kept.err);
  t.equal((await typed('halctl auth whoami', at('home'), { ...env, ...bare })).code, 0);
  const changed = await halctl(`config set-context ours --station ${url}`, bare);
  t.equal(changed.code, 0, 'what is not named stays');
  t.equal((await halctl('auth whoami', bare)).code, 0);
  t.match(await halctl('auth whoami --ca nowhere.pem'), { code: 2, err: /nowhere\.pem/ });
  t.match(await halctl('auth whoami --ca names'), { code: 2, err: /names holds no certificate/ });
});

t.test('streams, events and errors come over it as over any other', async (t) => {
  const ca = readFileSync(at('ours.pem'), 'utf8');
  const client = createClient({ station: url, token, ca });
  t.ok(await client.healthy());
  await client.addHost({ fqdn: 'n9.example' });
  const leave = new AbortController();
  for await (const { type } of client.followEvents({ from: 0, signal: leave.signal }))
    if (type === 'HostRegistered') break;
  await t.rejects(client.getHost('n8.example'), { code: 'unknown-host', status: 404 });
  await t.rejects(createClient({ station: url, token }).status(), { name: 'UnreachableError' });
  const gone = createClient({ station: 'https://127.0.0.1:1', token, ca });
  await t.rejects(gone.status(), { message: /connection refused/ });
  const late = new AbortController();
  late.abort(new Error('enough'));
  await t.rejects(client.status({ signal: late.signal }), { message: 'enough' });
});

t.test('an agent takes HALCYON_CA as well as --ca', async (t) => {
  const ca = readFileSync(at('ours.pem'), 'utf8');
  const client = createClient({ station: url, token, ca });
  const { token: own } = await client.issueToken({ name: 'n1', role: 'agent', host: 'n1.example' });
  mkdirSync(at('state'), { recursive: true });
  writeFileSync(at('agent.token'), own, { mode: 0o600 });
  const agent = new Executable(
    t,
    [
      ...['agent', '--station', url, '--token-file', at('agent.token'), '--fqdn', 'n1.example'],
      ...['--state-dir', at('state'), '--sysconfig-dir', at('sysconfig')],
    ],
    { HALCYON_CA: at('ours.pem') },
  );
  await until('its report', () => agent.hasLogged(/the station took the report/), 30_000);
  t.match(await client.getAgent('n1.example'), { connected: true });
});
