/** A signal opens no debugger: whoever reaches it could do all that the daemon may. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import t from 'tap';
import { folderOf } from '../folder.ts';
import { until } from '../station/harness.ts';
import { environment, scripts } from './station.ts';

const sources = join(scripts, '..', 'src');
/** SIGUSR1 in a set of signals. */
const usr1 = 1n << 9n;

/**
 * Whether a process takes SIGUSR1 in its own way yet: before, the signal ends any process. Shells block all signals for
 * a moment while they start something, and whoever starts a thread does; that is no way of taking one.
 */
const isPrepared = (pid: number): boolean => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [blocked, caught] = ['SigBlk', 'SigCgt'].map((field) =>
    BigInt(`0x${new RegExp(`^${field}:\\s*(\\w+)`, 'm').exec(status)?.[1] ?? '0'}`),
  );
  return blocked === usr1 || ((caught ?? 0n) & usr1) !== 0n;
};

/** The line by which a program is run where it is installed. */
const byItsFirstLine = (program: string): string[] => {
  const file = join(sources, `${program}.ts`);
  const [, interpreter = '', rest = ''] =
    /^#!(\S+) -S (.*)$/.exec(readFileSync(file, 'utf8').split('\n')[0]!) ?? [];
  return [interpreter, '-S', `${rest} ${file}`];
};

t.test('SIGUSR1 opens no debugger, from the first moment on', async (t) => {
  const folder = folderOf(t, { home: {}, token: 'token' });
  // Where nobody answers, halctl and the agent go on trying.
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => {
    silent.closeAllConnections();
    silent.close();
  });
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const commands = {
    station: ['halcyon', 'station', '--data', 'data', '--listen', '127.0.0.1:0'],
    agent: `halcyon agent --station ${url} --state-dir agent --fqdn n1.example`.split(' '),
    halctl: 'halctl events --follow'.split(' '),
  };
  const env = {
    ...environment(join(folder, 'home'), { HALCYON_STATION: url, HALCYON_TOKEN: 'token' }),
    PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
  };
  for (const [name, [program = '', ...args]] of Object.entries(commands))
    for (const line of [[join(scripts, program)], byItsFirstLine(program)]) {
      await t.test(`${name} by ${line[0]}`, async (t) => {
        const child = spawn(line[0]!, [...line.slice(1), ...args], { cwd: folderOf(t, {}), env });
        const ended = once(child, 'exit');
        t.teardown(() => child.kill('SIGKILL'));
        let said = '';
        for (const stream of [child.stdout, child.stderr])
          stream.on('data', (bytes: Buffer) => (said += bytes.toString()));
        const pid = child.pid!;
        await until('node to begin', () => child.exitCode !== null || isPrepared(pid));
        child.kill('SIGUSR1');
        if (name !== 'halctl')
          await until('it to be at work', () => /listening on http|"starting"/.test(said));
        child.kill('SIGUSR1');
        child.kill('SIGTERM');
        t.same(await ended, name === 'halctl' ? [null, 'SIGTERM'] : [0, null], said);
        t.notMatch(said, 'Debugger listening');
      });
    }
});
