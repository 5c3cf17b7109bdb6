/**
 * What starting costs, in processor time: the daemons until they listen and the operator's tool, beside Node.js by
 * itself; and a station that is opened and closed in a process that has opened one before.
 *
 *     scripts/node scripts/bench/starts.ts [ROUNDS]
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { createServer } from '../../src/api/server.ts';
import { Station } from '../../src/station/station.ts';
import { joinPrograms } from '../checks/joined-programs.ts';
import { median, report } from './report.ts';
import { withDirectory } from './station.ts';

const rounds = Number(process.argv[2] ?? 5);
const root = join(import.meta.dirname, '..', '..');
const env = { ...process.env, HALCYON_JOINED: await joinPrograms() };
/** Of the clock that Linux counts processor time by, ms. */
const tick = 10;

/** Fields 14 to 17 of proc(5)'s `stat`: of a process, and of those that it has waited for. */
const spent = (pid: number | 'self'): { own: number; waitedFor: number } => {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user = 0, system = 0, ofUser = 0, ofSystem = 0] = fields.slice(11, 15).map(Number);
  return { own: (user + system) * tick, waitedFor: (ofUser + ofSystem) * tick };
};

const whole = async (program: string, args: readonly string[]): Promise<number> => {
  const before = spent('self').waitedFor;
  const child = spawn(join(root, 'scripts', program), args, { env, stdio: 'ignore' });
  await once(child, 'close');
  return spent('self').waitedFor - before;
};

/** Until it says that it listens, on an empty directory. */
const daemon = (what: 'station' | 'obmd'): Promise<number> =>
  withDirectory(async (data) => {
    const args = [what, '--data', data, '--listen', '127.0.0.1:0', '--log-level', 'silent'];
    const child = spawn(join(root, 'scripts/halcyon'), args, {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'close');
    let ms: number | undefined;
    for await (const said of createInterface({ input: child.stdout })) {
      if (!said.startsWith('listening on ')) continue;
      ms = spent(child.pid!).own;
      child.kill('SIGTERM');
    }
    await ended;
    if (ms === undefined) throw new Error(`${what} has ended without having listened`);
    return ms;
  });

const logger = pino({ level: 'silent' });

const opened = (): Promise<number> =>
  withDirectory(async (directory) => {
    const before = process.cpuUsage();
    const station = await Station.open({ logger, directory });
    const app = await createServer(station, { logger });
    await app.ready();
    await app.close();
    await station.close();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });

const figures = {
  'halcyon station until it listens': () => daemon('station'),
  'halcyon obmd until it listens': () => daemon('obmd'),
  'halctl --version': () => whole('halctl', ['--version']),
  'a station opened and closed in this process': opened,
};
const alone = (): Promise<number> => whole('node', ['--eval', '0']);

// What is compiled is kept for the next time.
for (const measure of [alone, ...Object.values(figures)]) await measure();
const bare: number[] = [];
const took = Object.keys(figures).map((): number[] => []);
for (let round = 0; round < rounds; round += 1) {
  bare.push(await alone());
  for (const [i, measure] of Object.values(figures).entries()) took[i]!.push(await measure());
}
const limit = { name: 'Node.js by itself, ms', value: median(bare) };
report(
  'starts',
  Object.keys(figures).map((name, i) => ({ name, value: median(took[i]!), unit: 'ms', limit })),
);
