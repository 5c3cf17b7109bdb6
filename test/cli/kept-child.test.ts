import t from 'tap';
import { KeptChild } from '../../src/cli/kept-child.ts';
import type { End } from '../../src/cli/kept-child.ts';
import { statOf } from '../../src/agent/supervision/proc.ts';
import { until } from '../agent/played-station.ts';

const ended = (script: string): Promise<End> =>
  new KeptChild().run({ command: 'sh', args: ['-c', script], env: process.env }, () => undefined);

t.test('how a child ended is told as it was', async (t) => {
  t.same(await ended('exit 0'), { code: 0 });
  t.same(await ended('exit 3'), { code: 3 });
  t.same(await ended('exit 163'), { code: 163 });
  t.same(await ended('kill -TERM $$'), { signal: 'SIGTERM' });
  t.same(await ended('kill -KILL $$'), { signal: 'SIGKILL' });
  for (const signal of [34, 35, 50, 64]) t.same(await ended(`kill -${signal} $$`), { signal });
});

t.test('news of its end that come late do not change it', async (t) => {
  const late = (): boolean => process.emit('SIGCHLD', 'SIGCHLD');
  // Each end is seen by whoever looks first: at its beginning, or when the system tells of it.
  for (let i = 0; i < 30; i += 1) {
    const end = ended('kill -35 $$');
    const again = setInterval(late, 1);
    t.same(await end, { signal: 35 });
    clearInterval(again);
  }
});

t.test('a child that halts and goes on has not ended', async (t) => {
  const child = new KeptChild();
  const command = { command: 'sh', args: ['-c', 'kill -STOP $$; exit 4'], env: process.env };
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const end = child.run(command, resolve);
  await begun;
  const pid = child.pid!;
  // What told of an earlier child may come late: only its own state says that it has halted.
  await until('it halts', () => statOf(pid)?.state === 'T');
  process.kill(pid, 'SIGCONT');
  t.same(await end, { code: 4 });
  t.equal(child.pid, undefined);
});

t.test('a command that cannot begin is an error of the system', async (t) => {
  const run = (command: string): Promise<End> =>
    new KeptChild().run({ command, args: [], env: process.env }, () => undefined);
  await t.rejects(run('/nowhere/to/be/found'), { code: 'ENOENT' });
  await t.rejects(run('/etc/passwd'), { code: 'EACCES' });
});
