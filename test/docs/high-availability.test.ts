/** `docs/high-availability.md`, as somebody walks through it who tries several stations on one machine. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { folderOf } from '../folder.ts';
import { root } from '../station/harness.ts';
import { alike, examplesOf, fits } from './page.ts';
import { Terminal } from './terminal.ts';

/** For one command, ms: three servers are made, and one is waited for until it is taken for dead. */
const longest = 400_000;

/** The page's ports could be somebody's; each run has its own. */
const port = 20_000 + (process.pid % 300) * 40;

t.test('several stations are tried on one machine', { timeout: 1_500_000 }, async (t) => {
  const folder = folderOf(t, { home: {} });
  // Servers need a folder into which another user may look.
  const place = join(tmpdir(), `halcyon-cluster-test-${process.pid}`);
  const script = join(root, 'scripts', 'cluster');
  t.teardown(async () => {
    if (existsSync(join(place, 'layout.json')))
      await promisify(execFile)(script, ['down', '--dir', place]);
  });
  const terminal = new Terminal(folder, {
    PATH: `${join(root, 'scripts')}:${process.env['PATH'] ?? ''}`,
    HOME: join(folder, 'home'),
    TMPDIR: tmpdir(),
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    HALCYON_JOINED: process.env['HALCYON_JOINED'],
    LC_ALL: 'C.UTF-8',
    TERM: 'dumb',
  });
  t.teardown(() => terminal.close());
  const ownPorts = (text: string): string =>
    text
      .replace(/\b76(\d\d)\b/g, (_, digits: string) => String(port + Number(digits)))
      .replace(/scripts\/cluster (\w+)/g, `${script} $1 --dir ${place}`)
      .replace(/ up --dir/, ` up --port ${port} --dir`);
  const pagesPorts = (text: string): string =>
    text
      .replaceAll(/\b\d{5}\b/g, (found) => {
        const index = Number(found) - port;
        return index >= 0 && index < 40 ? String(7600 + index) : found;
      })
      .replaceAll(` --dir ${place}`, '')
      .replace(/after \d+ s/g, 'after N s');
  // On a busy machine `a` may have lost the lead before it is killed: whoever is, is the page's `a`.
  let killed = 'a';
  const swapped = (text: string): string => {
    const other = (name: string): string => (name === killed ? 'a' : name === 'a' ? killed : name);
    return text
      .replace(/(?<=start |retire |^)[abc]\b(?= is |: |$)/gm, other)
      .replace(/(?<=:760)[123]\b/g, (n) => String(' abc'.indexOf(other(' abc'.charAt(Number(n))))));
  };
  for (const { commands } of examplesOf(join(root, 'docs', 'high-availability.md'), 'cluster'))
    for (const { line, output: shown } of commands) {
      const { code, output, failed } = await terminal.run(ownPorts(swapped(line)), longest);
      if (line.endsWith('kill leader')) killed = output.slice(0, 1);
      const actual = swapped(pagesPorts(output));
      t.equal(code, 0, `${line}: ${failed}\n${output}`);
      if (shown === null) continue;
      if (fits(shown, actual)) t.pass(line);
      else t.equal(alike(actual), alike(shown), line);
    }
});
