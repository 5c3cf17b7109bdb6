/**
 * All machines in one answer: 10,000 machines with 8 checks each, as JSON, as a table, compressed, and where nothing has
 * changed; then the same while a hundred observations a second come in.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createServer } from '../../src/api/server.ts';
import type { Observation } from '../../src/checks/observation.ts';
import { Station } from '../../src/station/station.ts';
import { startReader } from './plain-reader.ts';
import type { Got } from './plain-reader.ts';
import { median, report } from './report.ts';

const machines = 10_000;
const rounds = 25;
const checks = ['load', 'memory', 'ping', 'ssh', 'tcp', 'uptime', 'users', 'dstate'];

const directory = mkdtempSync(join(tmpdir(), 'halcyon-fleet-'));
const logger = pino({ level: 'silent' });
const station = await Station.open({ directory, logger });
const app = await createServer(station, { logger, paces: {} });
await app.listen({ host: '127.0.0.1', port: 0 });
const { port } = app.server.address() as AddressInfo;
const token = (await station.access.bootstrap())!;

const name = (i: number): string => `n${String(i).padStart(5, '0')}.savio3`;
const found = (machine: string, check: string, i: number): Observation => ({
  ...{ machine, check, verdict: i % 50 === 0 ? 'fail' : 'ok' },
  value: check === 'uptime' ? 86_400 + i * 7 : check === 'memory' ? (i % 97) / 100 : i % 13,
  ...{ text: i % 50 === 0 ? 'no answer in 5 s' : 'as it should be' },
  ...{ observedAt: Date.now() - (i % 60_000), durationMs: i % 40 },
});

// A log takes many commits a sync.
for (let from = 0; from < machines; from += 1000)
  await Promise.all(
    Array.from({ length: 1000 }, (_, i) =>
      station.submit(
        { type: 'RegisterHost', fqdn: name(from + i) },
        { actor: 'token:bench' },
        () => null,
      ),
    ),
  );
for (let i = 0; i < machines; i += 1)
  station.observations.record(checks.map((check) => found(name(i), check, i)));

const reader = startReader();

const get = (path: string, headers: Record<string, string> = {}): Promise<Got> => {
  const lines = Object.entries({ host: 'bench', authorization: `Bearer ${token}`, ...headers });
  const head = [
    `GET /api/v1${path} HTTP/1.1`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n');
  return reader.get({ port, head: `${head}\r\n\r\n` });
};

const measured = async (
  path: string,
  headers: Record<string, string> = {},
  before: (round: number) => Promise<unknown> = () => Promise.resolve(),
): Promise<{ p50: number; worst: number; bytes: number }> => {
  await get(path, headers);
  const all: Got[] = [];
  for (let i = 0; i < rounds; i += 1) {
    await before(i);
    all.push(await get(path, headers));
  }
  const times = all.map(({ ms }) => ms);
  return { p50: median(times), worst: Math.max(...times), bytes: all[0]!.bytes };
};

/** A machine changes, so that no answer is there that was made before. */
const change = (round: number): Promise<unknown> =>
  station.submit(
    { type: 'AddNote', fqdn: name(round * 37), text: `round ${round}`, by: 'bench' } as never,
    { actor: 'token:bench' },
    () => null,
  );

const gzip = { 'accept-encoding': 'gzip' };
const first = await get('/fleet');
const whole = await measured('/fleet');
const anew = await measured('/fleet', {}, change);
const anewShort = await measured('/fleet', gzip, change);
const anewRows = await measured('/fleet?shape=table', {}, change);
const short = await measured('/fleet', gzip);
const rows = await measured('/fleet?shape=table', gzip);
const { tag } = await get('/fleet');
const same = await measured('/fleet', { 'if-none-match': tag });
let i = 0;
const coming = setInterval(() => {
  for (let n = 0; n < 10; n += 1, i += 37)
    station.observations.record([found(name(i % machines), 'load', i)]);
}, 100);
const busy = await measured('/fleet', gzip);
clearInterval(coming);
await reader.end();
await app.close();
await station.close();
rmSync(directory, { recursive: true, force: true });

const allowed = { limit: { name: 'allowed, ms', value: 50 }, target: { atMost: 1 } } as const;
report('fleet', [
  { name: 'the first answer, rows made', value: first.ms, unit: 'ms' },
  { name: 'all as JSON, p50', value: whole.p50, unit: 'ms', ...allowed },
  { name: 'the same, slowest', value: whole.worst, unit: 'ms' },
  { name: 'made anew after a change, p50', value: anew.p50, unit: 'ms', ...allowed },
  { name: 'made anew and compressed, p50', value: anewShort.p50, unit: 'ms' },
  { name: 'made anew as a table, p50', value: anewRows.p50, unit: 'ms', ...allowed },
  { name: 'its size', value: whole.bytes / 1024, unit: 'KiB' },
  { name: 'compressed, p50', value: short.p50, unit: 'ms', ...allowed },
  { name: 'its size compressed', value: short.bytes / 1024, unit: 'KiB' },
  { name: 'as a table, compressed, p50', value: rows.p50, unit: 'ms', ...allowed },
  {
    name: 'its size as a table, compressed',
    value: rows.bytes / 1000,
    unit: 'kB',
    limit: { name: 'allowed, kB', value: 400 },
    target: { atMost: 1 },
  },
  { name: 'nothing has changed (304), p50', value: same.p50, unit: 'ms', ...allowed },
  { name: 'while 100 observations a second come, p50', value: busy.p50, unit: 'ms', ...allowed },
  { name: 'the same, slowest', value: busy.worst, unit: 'ms' },
]);
