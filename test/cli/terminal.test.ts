/** halctl as a process: following, Ctrl-C, closed pipes, terminals. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { environment, scripts, shell, startStation, watch } from './station.ts';

const halctl = join(scripts, 'halctl');

t.test('events are followed through a restart of the station, until Ctrl-C', async (t) => {
  const folder = t.testdir({ home: {} });
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

  await shell('halctl system node add n1.example', folder, env);
  await out.until((text) => text.includes('"fqdn":"n1.example"'));

  await station.stop();
  await err.until((text) => text.includes('trying again'));
  await startStation(t, data, { listen: new URL(station.url).host, first: false });
  const added = await shell('halctl system node add n2.example', folder, env);
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
  const env = environment(t.testdir(), { HALCYON_STATION: `http://127.0.0.1:${port}` });
  const child = spawn(halctl, ['cluster', 'status'], { env });
  const ended = once(child, 'close');
  await once(server, 'request');
  child.kill('SIGINT');
  t.same(await ended, [130, null]);
});

t.test('a closed pipe is no error', async (t) => {
  const folder = t.testdir({ home: {} });
  const line = 'set -o pipefail; halctl completion fish | head -1';
  const { code, err } = await shell(line, folder, environment(join(folder, 'home')));
  t.equal(err, '');
  t.equal(code, 0);
});

t.test('a full disk is an error', async (t) => {
  const folder = t.testdir({ home: {} });
  const { code, err } = await shell('halctl --version >/dev/full', folder, environment(folder));
  t.equal(code, 1);
  t.match(err, /^halctl: cannot write: /);
});

/** Runs a command line on a terminal of its own, which util-linux's `script` makes. */
const onTerminal = (line: string, folder: string, env: NodeJS.ProcessEnv) =>
  spawn('script', ['-qec', `stty cols 70; ${line}`, '/dev/null'], { cwd: folder, env });

t.test('on a terminal a token is asked for and not shown, and a load asks first', async (t) => {
  const folder = t.testdir({
    home: {},
    'facts.yaml': 'cluster: one\nhosts: []\n',
    'other.yaml': 'cluster: one\nhosts: [{ fqdn: n1.example, roles: [] }]\n',
  });
  const { url, token } = await startStation(t, join(folder, 'data'));
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

  const first = await shell('halctl cluster load -f facts.yaml', folder, env);
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

t.test('on a terminal tables fit and are coloured, unless NO_COLOR is set', async (t) => {
  const folder = t.testdir({ home: {} });
  const { url, token } = await startStation(t, join(folder, 'data'));
  writeFileSync(join(folder, 'token'), token);
  const env = environment(join(folder, 'home'), {
    HALCYON_STATION: url,
    HALCYON_TOKEN_FILE: join(folder, 'token'),
  });
  const seen = async (more: NodeJS.ProcessEnv): Promise<string[]> => {
    const child = onTerminal('halctl events', folder, { ...env, ...more });
    const text = await watch(child.stdout).until(
      (text) => text.includes('CredentialIssued') && text.endsWith('\n'),
    );
    child.stdin.end();
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
