/** halctl as a process: following, Ctrl-C, closed pipes, terminals. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { folderOf } from '../folder.ts';
import { stationHere } from './station-here.ts';
import { environment, scripts, shell, startStation, watch } from './station.ts';
import { typed } from './typed.ts';

const halctl = join(scripts, 'halctl');

t.test('events are followed through a restart of the station, until Ctrl-C', async (t) => {
  const folder = folderOf(t, { home: {} });
  const data = join(folder, 'data');
  const station = await startStation(t, data);
  const env = environment(join(folder, 'home'), {
    HALCYON_STATION: station.url,
    HALCYON_TOKEN: station.token,
  });
  const follower = spawn(halctl, ['events', '--follow', '--json', '--from', '0'], { env });
  t.teardown(() => follower.kill('SIGKILL'));
  const ended = once(follower, 'close');
  const out = watch(follower.stdout);
  const err = watch(follower.stderr);
  await out.until((text) => text.includes('CredentialIssued'));

  await typed('halctl system node add n1.example', folder, env);
  await out.until((text) => text.includes('"fqdn":"n1.example"'));

  await station.stop();
  await err.until((text) => text.includes('trying again'));
  await startStation(t, data, { listen: new URL(station.url).host, first: false });
  const added = await typed('halctl system node add n2.example', folder, env);
  t.equal(added.code, 0, added.err);
  await out.until((text) => text.includes('"fqdn":"n2.example"') && text.endsWith('\n'));
  const events = out.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string });
  t.same(
    events.map(({ id }) => id),
    ['1.0', '2.0', '3.0'],
    'each event once and in order',
  );

  follower.kill('SIGINT');
  t.same(await ended, [130, null]);
});

t.test('a station that falls silent does not hold Ctrl-C up', async (t) => {
  const { createServer } = await import('node:http');
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const env = environment(folderOf(t), { HALCYON_STATION: `http://127.0.0.1:${port}` });
  const child = spawn(halctl, ['cluster', 'status'], { env });
  const ended = once(child, 'close');
  await once(server, 'request');
  child.kill('SIGINT');
  t.same(await ended, [130, null]);
});

t.test('a closed pipe is no error', async (t) => {
  const folder = folderOf(t, { home: {} });
  const line = 'set -o pipefail; halctl completion fish | head -1';
  const { code, err } = await shell(line, folder, environment(join(folder, 'home')));
  t.equal(err, '');
  t.equal(code, 0);
});

/** Runs a program whose reader has gone before it says anything. */
const unread = async (
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  closed: 'stdout' | 'stderr',
): Promise<{ code: number | null; signal: string | null; other: string }> => {
  const child = spawn(join(scripts, program), args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  child[closed].destroy();
  const kept = watch(closed === 'stdout' ? child.stderr : child.stdout);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, other: kept.text };
};

t.test('no tool and no command says a word about a reader that has gone', async (t) => {
  const folder = folderOf(t, { home: {} });
  const station = await stationHere(t);
  const env = environment(join(folder, 'home'), {
    HALCYON_STATION: station.url,
    HALCYON_TOKEN: station.token,
  });
  for (const [program, line] of [
    ['halcyon', '--help'],
    ['halcyon', '--version'],
    ['halcyon', 'station --help'],
    ['halcyon', 'agent --help'],
    ['halctl', '--help'],
    ['halctl', 'cluster process --help'],
    ['halctl', 'cluster status --watch'],
    ['halctl', 'events'],
    ['halctl', 'events --follow --json --from 0'],
    ['halctl', 'auth token list'],
    ['halctl', 'cluster vars get --json'],
    ['halctl', 'system info graph --format kv'],
  ] as const) {
    const end = await unread(program, line.split(' '), env, 'stdout');
    t.match(end, { code: 0, signal: null, other: '' }, `${program} ${line}`);
  }
  for (const [program, line, code] of [
    ['halcyon', 'nonsense', 2],
    ['halcyon', 'station --nonsense', 2],
    ['halctl', 'nonsense', 0],
    ['halctl', 'cluster process show 0x7200000000000001:0x99', 0],
  ] as const) {
    const end = await unread(program, line.split(' '), env, 'stderr');
    t.match(end, { code, signal: null, other: '' }, `${program} ${line}`);
  }
});

t.test('a daemon goes on when nobody reads what it says', async (t) => {
  const data = join(folderOf(t), 'data');
  const args = ['station', '--data', data, '--listen', '127.0.0.1:0'];
  const child = spawn(join(scripts, 'halcyon'), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'close');
  child.stdout.destroy();
  const err = watch(child.stderr);
  await err.until((text) => text.includes('Server listening'));
  const [, url = ''] = /Server listening at (http:[^"]+)/.exec(err.text) ?? [];
  t.equal((await fetch(`${url}/healthz`)).status, 200);
  child.kill('SIGTERM');
  t.same(await ended, [0, null]);
});

t.test('nothing that was written by others drives the terminal', async (t) => {
  const folder = folderOf(t, { home: {} });
  const station = await stationHere(t);
  const env = environment(join(folder, 'home'), {
    HALCYON_STATION: station.url,
    HALCYON_TOKEN: station.token,
  });
  const name = 'a\u009b2Jb\u202ec\u2028d\u0085e';
  const made = await typed(`halctl auth token create '${name}' --role viewer --json`, folder, env);
  t.equal(made.code, 0, made.err);
  t.equal((JSON.parse(made.out) as { name: string }).name, name, 'JSON says the same');
  for (const line of [
    'auth token list',
    'auth token list --json',
    'events',
    'events --json',
    'system info graph --format kv',
    'system info graph --format json',
    'system info graph --format dot',
  ]) {
    const { code, out, err } = await typed(`halctl ${line}`, folder, env);
    t.equal(code, 0, `${line}: ${err}`);
    t.notMatch(out + err, /[\u007f-\u009f\u2028-\u202e]/, line);
  }
});

t.test('a time without a zone is one of the user, who is told which', async (t) => {
  const folder = folderOf(t, { home: {} });
  const station = await stationHere(t);
  const env = environment(join(folder, 'home'), {
    HALCYON_STATION: station.url,
    HALCYON_TOKEN: station.token,
    TZ: 'America/New_York',
  });
  const list = (at: string) => shell(`halctl system node list --at ${at} --json`, folder, env);
  for (const at of ['2026-01-01T00:00', '2026-01-01', "'2026-01-01 00:00'"]) {
    const { code, err } = await list(at);
    t.equal(code, 0, err);
    t.match(err, /is taken in the zone of this machine: 2026-01-01T05:00:00\.000Z/);
  }
  t.match(await list('2026-01-01T00:00Z'), { code: 0, err: '' });
  t.match(await list('99'), { code: 2, err: /the log is at revision 1/ });
  t.match(await list('2100-01-01'), { code: 2, err: /is yet to come/ });
});

t.test('a full disk is an error', async (t) => {
  const folder = folderOf(t, { home: {} });
  const { code, err } = await shell('halctl --version >/dev/full', folder, environment(folder));
  t.equal(code, 1);
  t.match(err, /^halctl: cannot write: /);
});

/** Runs a command line on a terminal of its own, which util-linux's `script` makes. */
const onTerminal = (line: string, folder: string, env: NodeJS.ProcessEnv) =>
  spawn('script', ['-qec', `stty cols 70; ${line}`, '/dev/null'], { cwd: folder, env });

t.test('on a terminal a token is asked for and not shown, and a load asks first', async (t) => {
  const folder = folderOf(t, {
    home: {},
    'facts.yaml': 'cluster: one\nhosts: []\n',
    'other.yaml': 'cluster: one\nhosts: [{ fqdn: n1.example, roles: [] }]\n',
  });
  const { url, token } = await stationHere(t);
  const env = environment(join(folder, 'home'));

  const asking = onTerminal(`halctl config set-context one --station ${url}`, folder, env);
  const asked = once(asking, 'close');
  const screen = watch(asking.stdout);
  await screen.until((text) => text.includes('(not shown): '));
  asking.stdin.write(`${token}\r`);
  await screen.until((text) => text.includes('current one'));
  asking.stdin.end();
  t.same(await asked, [0, null]);
  t.notMatch(screen.text, token);
  t.match(readFileSync(join(folder, 'home/config/halcyon/config.yaml'), 'utf8'), token);

  const first = await typed('halctl cluster load -f facts.yaml', folder, env);
  t.equal(first.code, 0, first.err);
  for (const [answer, exit] of [
    ['n\r', 1],
    ['\u0003', 130],
    ['\u0004', 1],
    ['y\r', 0],
  ] as const) {
    const loading = onTerminal('halctl cluster load -f other.yaml', folder, env);
    const loaded = once(loading, 'close');
    const question = await watch(loading.stdout).until((text) => text.includes('[y/N] '));
    t.match(
      question,
      /\+ host n1.example[^]*1 to add, 0 to change, 0 to remove[^]*Change one as planned/,
    );
    loading.stdin.write(answer);
    t.same(await loaded, [exit, null], JSON.stringify(answer));
  }
});

t.test('several machines are switched by who types how many they are', async (t) => {
  const folder = folderOf(t, { home: {} });
  const { url, token } = await stationHere(t);
  writeFileSync(join(folder, 'token'), token, { mode: 0o600 });
  const env = environment(join(folder, 'home'), {
    HALCYON_STATION: url,
    HALCYON_TOKEN_FILE: join(folder, 'token'),
  });
  await typed("halctl system node add 'n[1-3].example'", folder, env);
  for (const [answer, exit] of [
    ['2\r', 1],
    ['y\r', 1],
    ['\u0003', 130],
    ['\u0004', 1],
    // Then each is asked for; none of them has an OBM.
    ['3\r', 3],
  ] as const) {
    const power = onTerminal("halctl obm power off 'n[1-3].example'", folder, env);
    const ended = once(power, 'close');
    const screen = watch(power.stdout);
    await screen.until((text) => text.includes('to go on: '));
    t.match(screen.text, /power off of 3 machines: n\[1-3\]\.example/);
    power.stdin.write(answer);
    t.same(await ended, [exit, null], JSON.stringify(answer));
    t.equal(screen.text.includes('obm-not-registered'), exit === 3);
  }
});

t.test('on a terminal tables fit and are coloured, unless NO_COLOR is set', async (t) => {
  const folder = folderOf(t, { home: {} });
  const { url, token } = await stationHere(t);
  writeFileSync(join(folder, 'token'), token, { mode: 0o600 });
  const env = environment(join(folder, 'home'), {
    HALCYON_STATION: url,
    HALCYON_TOKEN_FILE: join(folder, 'token'),
  });
  const seen = async (more: NodeJS.ProcessEnv): Promise<string[]> => {
    const child = onTerminal('halctl events', folder, { ...env, ...more });
    const ended = once(child, 'close');
    const text = await watch(child.stdout).until(
      (text) => text.includes('CredentialIssued') && text.endsWith('\n'),
    );
    child.stdin.end();
    await ended;
    return text.split(/\r?\n/);
  };
  const coloured = await seen({});
  t.match(coloured.join('\n'), /\u001b\[1mCredentialIssued/);
  const plain = await seen({ NO_COLOR: '1' });
  t.notMatch(plain.join('\n'), /\u001b/);
  t.match(plain.join('\n'), '…');
  t.same(
    plain.filter((line) => [...line].length > 70),
    [],
  );
});

t.test('a station that has too much to do is waited for, which a terminal shows', async (t) => {
  const folder = folderOf(t, { home: {} });
  const busy = {
    type: 'x',
    title: 'x',
    status: 429,
    code: 'too-many-requests',
    detail: 'busy now',
  };
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    const answer = asked % 2 === 1 ? busy : { ok: true };
    const headers = { 'content-type': 'application/json', 'retry-after': '1' };
    response.writeHead(asked % 2 === 1 ? 429 : 200, headers).end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const env = environment(join(folder, 'home'), {
    HALCYON_STATION: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    HALCYON_TOKEN: 'x',
  });
  const child = onTerminal('halctl auth whoami --json', folder, env);
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'close');
  const screen = watch(child.stdout);
  await screen.until((text) => /halctl: busy now; asking again in 1\.\d s\r\n[^]*"ok"/.test(text));
  child.stdin.end();
  t.same(await ended, [0, null]);
  const piped = await shell('halctl auth whoami --json | cat', folder, env);
  t.match(piped, { code: 0, out: /"ok"/ });
  t.equal(piped.err, '');
  t.equal(asked, 4);
});
