/** `cluster status` before anything is loaded, and while it is watched. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import { folderOf } from '../folder.ts';
import { stationHere } from './station-here.ts';
import { environment, scripts, watch } from './station.ts';
import { typed } from './typed.ts';

const folder = folderOf(t, {
  home: {},
  'facts.yaml': 'cluster: one\nhosts: [{ fqdn: n1.example, roles: [] }]\n',
});
const { url, token } = await stationHere(t);
const env = environment(join(folder, 'home'), { HALCYON_STATION: url, HALCYON_TOKEN: token });

t.test('T61: before anything is loaded the status says so and ends well', async (t) => {
  const { code, out, err } = await typed('halctl cluster status', folder, env);
  t.equal(code, 0, err);
  t.match(out, /^No cluster is loaded yet\. Load one with: /);
  const json = await typed('halctl cluster status --json --only-problems', folder, env);
  t.match(JSON.parse(json.out), { cluster: null, hosts: [] });
  t.equal((await typed('halctl auth whoami', folder, env)).code, 0, 'the station is well');
});

t.test('on a terminal the status is drawn over when it changes, until Ctrl-C', async (t) => {
  const line = `stty cols 80 rows 12; ${join(scripts, 'halctl')} cluster status --watch`;
  const child = spawn('script', ['-qec', line, '/dev/null'], { cwd: folder, env });
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'close');
  const screen = watch(child.stdout);
  await screen.until((text) => text.includes('No cluster is loaded yet'));
  t.ok(screen.text.includes('\u001b[?1049h'), 'the screen is its own');
  const loaded = await typed('halctl cluster load -f facts.yaml', folder, env);
  t.equal(loaded.code, 0, loaded.err);
  await screen.until((text) => text.includes('n1.example'));
  for (let i = 2; i < 12; i += 1) await typed(`halctl system node add n${i}.example`, folder, env);
  await screen.until((text) => /… and \d+ lines more/.test(text));
  t.notMatch(screen.text, /\u001b\[2J/, 'it is never cleared as a whole');
  child.stdin.write('\u0003');
  t.same(await ended, [130, null]);
  t.ok(screen.text.trimEnd().endsWith('\u001b[?25h\u001b[?7h\u001b[?1049l'), 'it is given back');
});

t.test('on a pipe each change is shown once more', async (t) => {
  const child = spawn(
    join(scripts, 'halctl'),
    ['cluster', 'status', '--watch', '--json', '--summary'],
    { cwd: folder, env },
  );
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'close');
  const out = watch(child.stdout);
  await out.until((text) => text.endsWith('\n'));
  await typed('halctl system node add late.example', folder, env);
  await out.until((text) => text.trimEnd().split('\n').length === 2);
  const [before, after] = out.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { revision: number; counts: { hosts: object } });
  t.equal(after!.revision, before!.revision + 1);
  child.kill('SIGINT');
  t.same(await ended, [130, null]);
  const past = await typed('halctl cluster status --watch --at 1', folder, env);
  t.equal(past.code, 2);
});

t.test('what is shown once more is whole, and has no host that is gone', async (t) => {
  const child = spawn(join(scripts, 'halctl'), ['cluster', 'status', '--watch', '--json'], {
    cwd: folder,
    env,
  });
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'close');
  const out = watch(child.stdout);
  /** The hosts of the last document that has come whole. */
  const shown = (): string[] => {
    const last = out.text.slice(0, out.text.lastIndexOf('\n')).split('\n').at(-1)!;
    const seen = JSON.parse(last) as { delta?: object; hosts: { fqdn: string }[] };
    t.equal(seen.delta, undefined);
    return seen.hosts.map(({ fqdn }) => fqdn);
  };
  const after = async (line: string, hosts: readonly string[]): Promise<void> => {
    t.equal((await typed(line, folder, env)).code, 0, line);
    await out.until(() => shown().join() === hosts.join());
  };
  await out.until((text) => text.endsWith('\n'));
  const before = shown();
  await after('halctl system node add also.example', [...before, 'also.example'].sort());
  await after('halctl system node remove also.example', before);
  child.kill('SIGINT');
  t.same(await ended, [130, null]);
});
