/**
 * A ping of a thousand machines by the check, beside fping by itself with the same options: what looking up addresses,
 * gathering and telling cost. In turns; all addresses are of loopback.
 *
 *     scripts/node scripts/bench/ping.ts [MACHINES [ROUNDS]]
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ping } from '../../src/checks/catalogue/ping.ts';
import { settingsOf } from '../../src/checks/settings/settings.ts';
import { timesOf } from '../../src/checks/sweep/fping.ts';
import type { Job } from '../../src/checks/sweep/protocol.ts';
import { Sweeper } from '../../src/checks/sweep/sweeper.ts';
import { median, report } from './report.ts';

const [, , machines = '1000', asked = '5'] = process.argv;
const [count, rounds] = [Number(machines), Number(asked)];

const addresses = Array.from({ length: count }, (_, i) => `127.1.${i >> 8}.${i & 255}`);
const jobs = addresses.map((address, i): Job => ({
  ...{ machine: `n${i}`, address, checks: ['ping'] },
}));

const timed = async (work: () => Promise<number>): Promise<number> => {
  const began = performance.now();
  const alive = await work();
  if (alive !== count) throw new Error(`${alive} of ${count} answered`);
  return performance.now() - began;
};

let told = { count: 0, alive: 0, done: (_alive: number): void => {} };
const sweeper = new Sweeper({
  ...{ settings: settingsOf({ checks: ['ping'] }), now: Date.now },
  tell: (found) => {
    told.count += found.length;
    told.alive += found.filter(({ verdict }) => verdict === 'ok').length;
    if (told.count === count) told.done(told.alive);
  },
});

const byCheck = (): Promise<number> =>
  new Promise((resolve) => {
    told = { count: 0, alive: 0, done: resolve };
    sweeper.look(jobs);
  });

/** Its options are those that the check gives it. */
const byFping = async (): Promise<number> => {
  const timeout = String(Math.round(ping.timeoutSeconds * 1000));
  const child = spawn('fping', ['-C', '1', '-q', '-i', '1', '-t', timeout, '-r', '0'], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
  child.stdin.end(`${addresses.join('\n')}\n`);
  await once(child, 'close');
  return [...timesOf(said).values()].filter((ms) => ms !== null).length;
};

const took = { check: [] as number[], fping: [] as number[] };
for (let round = 0; round < rounds; round += 1) {
  took.check.push(await timed(byCheck));
  took.fping.push(await timed(byFping));
}
sweeper.close();
report(`ping of ${count} machines`, [
  {
    name: 'by the check, all told',
    value: median(took.check),
    unit: 'ms',
    limit: { name: 'fping by itself, ms', value: median(took.fping) },
    target: { atMost: 1.2 },
  },
]);
