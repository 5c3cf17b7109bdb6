/** `halctl status` as a process: files, pipes, terminals, full disks, and watching. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import { folderOf } from '../folder.ts';
import { stationHere } from './station-here.ts';
import { environment, scripts, shell, watch } from './station.ts';
import { typed } from './typed.ts';

const halctl = join(scripts, 'halctl');

// One fleet for all tests: they look at it, or leave it as it was.
const folder = folderOf(t, { home: {} });
const { url, token } = await stationHere(t);
const env = environment(join(folder, 'home'), { HALCYON_STATION: url, HALCYON_TOKEN: token });
const added = await typed("halctl system node add 'n[1-300].example'", folder, env);
t.equal(added.code, 0, added.err);

t.test(
  '32: what goes to a file or a pipe is complete and plain, and a full disk is told',
  async (t) => {
    const run = (line: string) => shell(line, folder, env);
    const table = await run('halctl status > table; wc -l < table; grep -c "n300.example" table');
    t.equal(table.out, '301\n1\n');
    t.notMatch((await run('cat table')).out, /\u001b/);
    t.equal((await run('halctl status --csv > table.csv; wc -l < table.csv')).out, '301\n');
    const head = await run('halctl status --wide | head -2');
    t.equal(head.out.split('\n').length, 3);
    t.equal(head.err, '', 'a reader that has enough is no error');
    const full = await run('halctl status > /dev/full');
    t.equal(full.code, 1);
    t.match(full.err, /cannot write: .*ENOSPC/);
  },
);

t.test('a terminal gets what fits it, with counts, and no machine is lost', async (t) => {
  const { out } = await shell('script -qec "stty cols 60; halctl status" /dev/null', folder, {
    ...env,
    TERM: 'xterm',
  });
  const plain = out.replace(/\u001b\[[0-9;]*m/g, '').replaceAll('\r', '');
  t.equal(plain.split('\n').filter((line) => /^n\d+\.example/.test(line)).length, 300);
  t.match(plain, /300 machines: 300 unknown/);
  for (const line of plain.split('\n').filter((one) => /^n\d/.test(one)))
    t.ok([...line].length <= 60, line);
});

t.test('--watch tells each change at once, until Ctrl-C', async (t) => {
  const watcher = spawn(halctl, ['status', '--watch', '--json', '-f', 'maintenance~*'], { env });
  t.teardown(() => watcher.kill('SIGKILL'));
  const ended = once(watcher, 'close');
  const out = watch(watcher.stdout);
  await out.until((text) => text.includes('"nodes":[]'));
  await typed("halctl maintenance begin n7.example --reason 'a fan'", folder, env);
  await out.until((text) => text.includes('"name":"n7.example"'));
  await typed('halctl maintenance end n7.example', folder, env);
  await out.until((text) => /"nodes":\[\]\}\n$/.test(text) && text.split('\n').length >= 4);
  watcher.kill('SIGINT');
  t.same(await ended, [130, null]);
});

t.test('--fresh and --max-age have what is older looked at, and say what is not', async (t) => {
  const fresh = async (flags: string): Promise<unknown> => {
    const { out, err, code } = await typed(`halctl status n1.example --json ${flags}`, folder, env);
    t.equal(code, 0, err);
    return (JSON.parse(out) as { meta: { fresh?: unknown } }).meta.fresh;
  };
  t.equal(await fresh(''), undefined);
  t.match(await fresh('--fresh'), { run: String, looks: 3, pending: 0 });
  t.match(await fresh('--max-age 1d'), { run: null, looks: 0, pending: 0 });
  for (const wrong of ['--fresh --max-age 1d', '--fresh --watch', '--max-age 5'])
    t.equal((await typed(`halctl status ${wrong}`, folder, env)).code, 2, wrong);
  const shown = await typed('halctl status show n1.example --fresh', folder, env);
  t.match(shown, { code: 0, out: /n1\.example/ });
});
