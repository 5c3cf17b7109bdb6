/** `halcyon log init`, as an administrator runs it. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { folderOf } from '../folder.ts';
import { startServer } from './servers.ts';

const root = join(import.meta.dirname, '..', '..');

const halcyon = async (
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> => {
  const program = [join(root, 'src', 'halcyon.ts'), ...args];
  const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await ended) as [number];
  return { code, stdout, stderr };
};

t.test('it makes what a station needs, says what it did, and does nothing twice', async (t) => {
  const server = await startServer(t);
  await server.ask('create role station login');
  const data = folderOf(t);
  const start = ['station', '--data', join(data, 'd'), '--listen', '127.0.0.1:0'];
  const refused = await halcyon(...start, '--log', server.url('', 'station'));
  t.equal(refused.code, 1);
  t.match(
    refused.stderr,
    /no log in its schema halcyon: make it with `halcyon log init --log URL`/,
  );
  t.same(await server.ask(`select 1 from pg_namespace where nspname = 'halcyon'`, 'halcyon'), []);

  const first = await halcyon('log', 'init', '--log', server.url(), '--role', 'station');
  t.same(first, {
    code: 0,
    stdout:
      'made schema halcyon in database halcyon\n' +
      'made the tables of a log in schema halcyon, format 1\n' +
      'role station may read and append commits, and read and replace registers\n',
    stderr: '',
  });
  const second = await halcyon('log', 'init', '--log', server.url());
  t.match(second, { code: 0, stdout: 'schema halcyon of database halcyon is ready as it is\n' });
  const denied = await halcyon('log', 'init', '--log', server.url('schema=b', 'station'));
  t.match(denied, { code: 1, stderr: /permission denied for database halcyon/ });
});

t.test('a URL that it cannot use is wrong usage, and is not repeated', async (t) => {
  for (const [url, why] of [
    ['postgres://u:secret@h/d', /holds a password/],
    ['postgres://u:secret@h,i/d', /holds a password/],
    ['postgres://h/secret', /names no user/],
    ['sqlite:/secret', /needs nothing to be made/],
    ['redis:secret', /knows no logs of kind redis/],
  ] as const) {
    const { code, stderr } = await halcyon('log', 'init', '--log', url);
    t.equal(code, 2, url);
    t.match(stderr, why);
    t.notMatch(stderr, /secret/);
  }
  const { code } = await halcyon('log', 'init');
  t.equal(code, 2);
});
