/** Secrets of several stations: what one keeps, all have; and all have one key. */

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { openSharedMemoryLog, SharedMemory } from '../../src/log/shared-memory.ts';
import { FileSecrets } from '../../src/station/access/file-secrets.ts';
import { keysOf } from '../../src/station/access/keys.ts';
import { secretsOf } from '../../src/station/access/secrets-of.ts';
import type { Secrets } from '../../src/station/access/secrets.ts';
import { sharing } from '../../src/station/sharing.ts';
import { HandTime } from './hand-time.ts';
import { temporary } from './harness.ts';
import { Cluster } from './leadership/cluster.ts';

const key = randomBytes(32);
const secret = (password: string) => ({ user: 'oper', password });

interface Opened {
  readonly secrets: Secrets;
  readonly time: HandTime;
  readonly directory: string;
}

const open = async (
  t: Test,
  storage: SharedMemory,
  { directory = temporary(t), with: own = key } = {},
): Promise<Opened> => {
  const time = new HandTime();
  const log = openSharedMemoryLog({ storage });
  const nothing = (): void => undefined;
  const logger = { info: nothing, warn: nothing, error: nothing };
  const keys = keysOf(own);
  const secrets = await secretsOf({ log, directory, keys, ...sharing(time, logger) });
  t.teardown(async () => {
    secrets.close();
    await log.close();
  });
  return { secrets, time, directory };
};

t.test(
  'what one station keeps, another has within seconds, and so has one that starts',
  async (t) => {
    const storage = new SharedMemory();
    const a = await open(t, storage);
    const b = await open(t, storage);
    await a.secrets.put(new Map([['bmc', secret('p1')]]));
    await b.time.pass(6_000);
    t.same(b.secrets.get('bmc'), secret('p1'));
    t.same((await open(t, storage)).secrets.names, ['bmc']);
    await b.secrets.change(new Map([['other', secret('p2')]]), ['bmc']);
    await a.time.pass(6_000);
    t.same(a.secrets.names, ['other']);
  },
);

t.test('changes that come at once are all kept', async (t) => {
  const storage = new SharedMemory();
  const stations = [await open(t, storage), await open(t, storage), await open(t, storage)];
  await Promise.all(
    stations.flatMap(({ secrets }, i) =>
      [0, 1, 2].map(async (n) => secrets.put(new Map([[`${i}.${n}`, secret(`${i}${n}`)]]))),
    ),
  );
  const { secrets } = await open(t, storage);
  t.equal(secrets.names.length, 9);
  for (const name of secrets.names) t.same(secrets.get(name), secret(name.replace('.', '')));
});

t.test('what two stations change of one secret at once is both in it', async (t) => {
  const storage = new SharedMemory();
  const stations = [await open(t, storage), await open(t, storage), await open(t, storage)];
  await stations[0]!.secrets.put(new Map([['list', secret('')]]));
  const added = (word: string) => (present?: { password: string }) =>
    secret(`${present?.password ?? ''} ${word}`);
  await Promise.all(
    stations.flatMap(({ secrets }, i) =>
      [0, 1].map(async (n) => secrets.update('list', added(`${i}${n}`))),
    ),
  );
  const { secrets } = await open(t, storage);
  const words = secrets.get('list')?.password.trim().split(' ').sort();
  t.same(words, ['00', '01', '10', '11', '20', '21'], 'each of them, and each once');
  const names = secrets.names.length;
  await secrets.update('nothing', () => null);
  t.equal(secrets.names.length, names, 'and what is to stay stays');
});

t.test('whoever led before writes no more once another has begun to lead', async (t) => {
  const storage = new SharedMemory();
  const a = await open(t, storage);
  const b = await open(t, storage);
  await a.secrets.catchUp(1);
  await a.secrets.put(new Map([['bmc', secret('p1')]]));
  await b.secrets.catchUp(2);
  const refused = { code: 'not-leading' };
  // It has not looked since, and is at what it wrote last.
  await t.rejects(a.secrets.put(new Map([['bmc', secret('p2')]])) as Promise<void>, refused);
  await t.rejects(a.secrets.change(new Map(), ['bmc']) as Promise<void>, refused);
  await t.rejects(a.secrets.update('bmc', () => secret('p3')) as Promise<void>, refused);
  const { secrets } = await open(t, storage);
  t.same([secrets.names, secrets.get('bmc')], [['bmc'], secret('p1')]);
  await b.secrets.put(new Map([['bmc', secret('p4')]]));
  await t.rejects(a.secrets.catchUp(1) as Promise<void>, refused, 'nor does it begin late');
  await a.secrets.catchUp(3);
  t.same(a.secrets.get('bmc'), secret('p4'));
  await a.secrets.put(new Map([['bmc', secret('p5')]]));
  await t.rejects(b.secrets.put(new Map([['bmc', secret('p6')]])) as Promise<void>, refused);
});

t.test('a station with another key does not start, and says what to do', async (t) => {
  const storage = new SharedMemory();
  await open(t, storage);
  await t.rejects(open(t, storage, { with: randomBytes(32) }), {
    name: 'StationUnavailableError',
    message: /this station.key is not that of the cluster: copy station.key of another station/,
  });
});

t.test('the first station brings its secrets along, once', async (t) => {
  const storage = new SharedMemory();
  const [first, second] = [temporary(t), temporary(t)];
  for (const [directory, password] of [
    [first, 'p1'],
    [second, 'p2'],
  ] as const) {
    mkdirSync(directory, { recursive: true });
    new FileSecrets(directory, keysOf(key)).put(new Map([['bmc', secret(password)]]));
  }
  const a = await open(t, storage, { directory: first });
  t.same(a.secrets.get('bmc'), secret('p1'));
  t.notOk(existsSync(join(first, 'secrets.json')));
  t.ok(existsSync(join(first, 'secrets.json.moved')));
  const b = await open(t, storage, { directory: second });
  t.same(b.secrets.get('bmc'), secret('p1'), 'those of the cluster count');
  t.ok(existsSync(join(second, 'secrets.json')), 'and what is not taken over stays');
});

t.test('stations of a cluster have one store and one key', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.open('a');
  const b = await cluster.open('b');
  await a.station.secrets.put(new Map([['bmc', secret('p1')]]));
  await cluster.pass(6_000);
  t.same(b.station.secrets.get('bmc'), secret('p1'));
  const text = readFileSync(join(a.station.directory, 'station.key'));
  t.ok(text.equals(readFileSync(join(b.station.directory, 'station.key'))));
  const stranger = temporary(t);
  mkdirSync(stranger, { recursive: true });
  writeFileSync(join(stranger, 'station.key'), randomBytes(32), { mode: 0o600 });
  const other = new Cluster(t);
  Object.assign(other, { storage: cluster.storage });
  await t.rejects(other.open('c', { directory: stranger }), /not that of the cluster/);
});

t.test('whoever begins to lead has read what was kept before, first of all', async (t) => {
  const cluster = new Cluster(t);
  const [a, b, c] = await cluster.three();
  cluster.kill(c);
  // No look that comes by chance helps.
  Object.assign(b.station.secrets, { look: async () => undefined });
  let known: unknown = 'b has not led';
  b.station.whenLeading(() => (known = b.station.secrets.get('bmc')));
  await a.station.secrets.put(new Map([['bmc', secret('p1')]]));
  cluster.kill(a);
  await cluster.until('b leads', () => cluster.leaders.includes(b));
  t.same(known, secret('p1'));
});
