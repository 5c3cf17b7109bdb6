/** Commands on their way into the log: concurrency, limits, failures of the log, snapshots, secrets at rest. */

import {
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join, relative } from 'node:path';
import t from 'tap';
import { Client } from 'undici';
import type { Command } from '../../src/core/commands/index.ts';
import { eventsPerCommit } from '../../src/core/engine.ts';
import { openSqliteLog } from '../../src/log/sqlite/sqlite-log.ts';
import { FileSecrets } from '../../src/station/access/file-secrets.ts';
import { keysOf } from '../../src/station/access/keys.ts';
import { load as loadOf, roleSource } from '../core/scenario.ts';
import { bodyOf, host, openStation, temporary, until } from './harness.ts';
import type { InProcess, Json } from './harness.ts';

const sender = { actor: 'station' };
const register = (n: number): Command => ({ type: 'RegisterHost', fqdn: `h${n}.example` });

t.test(
  'two clients that add at the same time never get one endpoint or one value of a range',
  async (t) => {
    const { app, admin, fill, ask } = await openStation(t);
    const facts =
      'cluster: x\nhosts:\n  - { fqdn: a.example, roles: [], variables: { lnid: 10.0.0.1@tcp } }\n';
    const roles = `- role: app
  processes:
    - name: app
      type: client
      ownership: independent
      endpoint: "{{ lnid }}:12345:41:1"
      environment: { PORT: { range: [20000, 20399] } }
      services: [RMS]
`;
    await fill();
    t.equal((await ask('POST', '/load', bodyOf(facts, roles))).status, 200);
    await app.listen({ host: '127.0.0.1', port: 0 });
    const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    const addAll = async (): Promise<{ endpoint: string; environment: { PORT: string } }[]> => {
      const client = new Client(origin, { pipelining: 1 });
      const added = [];
      for (let i = 0; i < 200; i += 1) {
        const { statusCode, body } = await client.request({
          method: 'POST',
          path: '/api/v1/processes',
          headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
          body: JSON.stringify({ host: 'a.example', role: 'app' }),
        });
        const answer = (await body.json()) as Json;
        if (statusCode !== 201) throw new Error(JSON.stringify(answer));
        added.push(...answer.processes);
      }
      await client.close();
      return added;
    };
    const all = (await Promise.all([addAll(), addAll()])).flat();
    t.equal(all.length, 400);
    t.equal(new Set(all.map(({ endpoint }) => endpoint)).size, 400);
    t.equal(new Set(all.map(({ environment }) => environment.PORT)).size, 400);
    const last = await ask('POST', '/processes', { host: 'a.example', role: 'app' });
    t.match(last, { status: 409, body: { code: 'environment-range-exhausted' } });
  },
);

t.test('T03: equal requests at the same time with one key are one', async (t) => {
  const { fill, ask, station } = await openStation(t);
  await fill();
  const body = { host, role: 'clovis-app', tokens: true };
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => ask('POST', '/processes', body, { key: 'same' })),
  );
  t.equal(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1);
  t.equal([...station.graph.all('process')].filter(({ role }) => role === 'clovis-app').length, 1);
});

t.test('one commit holds so many events and no more', async (t) => {
  const { station } = await openStation(t);
  // Not by a file of as many lines, whose reading would take longer than all else.
  const load = (roles: number) =>
    station.dryRun(
      loadOf({ roles: Array.from({ length: roles }, (_, i) => roleSource(`r${i}`)) }),
      sender,
    );
  const few = load(1);
  const others = few.ok ? few.events.length - 1 : 0;
  const refused = load(eventsPerCommit - others + 1);
  t.match(refused, { ok: false, rejection: { code: 'too-large' } });
  const taken = load(eventsPerCommit - others);
  t.equal(taken.ok && taken.events.length, eventsPerCommit);
  t.equal(station.head, 1);
});

t.test(
  'more commands than may wait: the one too many is refused, all others are kept',
  async (t) => {
    const [directory, kept] = [temporary(t), temporary(t)];
    // As many as a station takes by itself would take their time, and no other way.
    const limits = { queueCommits: 4096 };
    const log = await openSqliteLog({ directory: kept, limits });
    const { station, admin, close, ask } = await openStation(t, { directory, log });
    const count = limits.queueCommits + 100;
    const submitted = Array.from({ length: count }, (_, i) =>
      station.submit(register(i), sender, () => i),
    );
    const read = ask('GET', '/hosts/h1.example');
    const results = await Promise.allSettled(submitted);
    const codes = results.map((one) => (one.status === 'fulfilled' ? 'kept' : one.reason.code));
    const taken = codes.filter((code) => code === 'kept').length;
    t.equal(taken, limits.queueCommits);
    t.same([...new Set(codes)], ['kept', 'log-busy']);
    t.same(codes.lastIndexOf('kept'), taken - 1, 'the last ones were refused');
    t.equal((await read).status, 200, 'a read meanwhile');
    t.equal(station.head, station.log.head());
    t.equal(station.graph.count('host'), taken);
    const next = await station.submit(register(count), sender, () => 'next');
    t.match(next, { ok: true, reply: 'next' }, 'and it goes on');
    const digest = station.graph.digest();
    await close();
    const again = await openStation(t, { directory, admin, log: `sqlite:${kept}` });
    t.equal(again.station.graph.digest(), digest);
  },
);

t.test('a command whose answer cannot be made is not made either', async (t) => {
  const { station } = await openStation(t);
  const digest = station.graph.digest();
  const head = station.head;
  const broken = station.submit(register(1), sender, () => {
    throw new Error('no answer');
  });
  await t.rejects(broken, { message: 'no answer' });
  t.equal(station.head, head);
  t.equal(station.graph.digest(), digest);
  const next = await station.submit(register(2), sender, () => null);
  t.match(next, { ok: true, revision: head + 1 });
});

/** A station with a snapshot in its directory, closed. */
const withSnapshot = async (
  t: Parameters<typeof openStation>[0],
): Promise<InProcess & { digest: string; file: string }> => {
  const opened = await openStation(t, { snapshotEvery: 20 });
  for (let i = 0; i < 30; i += 1) await opened.station.submit(register(i), sender, () => null);
  await until('a snapshot', () => opened.station.archive.snapshots.length > 0);
  const digest = opened.station.graph.digest();
  await opened.close();
  const folder = join(opened.directory, 'snapshots');
  const [name] = readdirSync(folder).toSorted();
  return { ...opened, digest, file: join(folder, name!) };
};

t.test('a snapshot and the rest of the log give the digest of the whole log', async (t) => {
  const { directory, admin, digest, file } = await withSnapshot(t);
  t.equal(statSync(file).mode & 0o077, 0, 'for its user only');
  const { station, logged } = await openStation(t, { directory, admin });
  t.equal(station.graph.digest(), digest);
  t.notMatch(logged.join(''), /discarded/);
});

t.test('a snapshot that is wrong is discarded, and the digest is the same', async (t) => {
  const change = (path: string, from: RegExp, to: string): void =>
    writeFileSync(path, readFileSync(path, 'latin1').replace(from, to), 'latin1');
  const damages: Record<string, (file: string) => void> = {
    'a changed row': (file) => change(file, /h7\.example/, 'h7.exampla'),
    'cut off': (file) => truncateSync(file, statSync(file).size - 10),
    'cut in the middle': (file) => truncateSync(file, Math.floor(statSync(file).size / 2)),
    empty: (file) => truncateSync(file, 0),
    nonsense: (file) => writeFileSync(file, 'nonsense\n'.repeat(100)),
    'of other rules': (file) => change(file, /rules \d+/, 'rules 0'),
    'of another digest': (file) => change(file, /"digest":"[0-9a-f]{4}/, '"digest":"0000'),
    'of another log': (file) => change(file, /"crc":\d/, '"crc":9'),
  };
  const whole = await withSnapshot(t);
  const { admin, digest } = whole;
  for (const [what, damage] of Object.entries(damages)) {
    const directory = temporary(t);
    cpSync(whole.directory, directory, { recursive: true });
    damage(join(directory, relative(whole.directory, whole.file)));
    const again = await openStation(t, { directory, admin });
    t.equal(again.station.graph.digest(), digest, what);
    t.equal((await again.ask('GET', '/hosts')).body.items.length, 30);
    await again.close();
  }
});

t.test('a snapshot of another log is not used', async (t) => {
  const [one, other] = [await withSnapshot(t), await openStation(t)];
  for (let i = 0; i < 40; i += 1)
    await other.station.submit(register(1000 + i), sender, () => null);
  const digest = other.station.graph.digest();
  await other.close();
  const folder = join(other.directory, 'snapshots');
  mkdirSync(folder, { recursive: true });
  const name = one.file.slice(one.file.lastIndexOf('/'));
  writeFileSync(folder + name, readFileSync(one.file));
  const again = await openStation(t, { directory: other.directory, admin: other.admin });
  t.equal(again.station.graph.digest(), digest);
  t.match(again.logged.join(''), /is discarded: it belongs to another log/);
});

t.test('secrets are kept sealed, under their own name, by this key', async (t) => {
  const directory = temporary(t);
  const key = Buffer.alloc(32, 7);
  const store = new FileSecrets(directory, keysOf(key));
  t.equal(store.get('a'), undefined);
  const secret = { user: 'root', password: 'a password' };
  store.put(
    new Map([
      ['a', secret],
      ['b', { user: '', password: '' }],
    ]),
  );
  const path = join(directory, 'secrets.json');
  t.equal(statSync(path).mode & 0o777, 0o600);
  const text = readFileSync(path, 'utf8');
  t.notMatch(text, /a password|root/);
  t.same(store.get('a'), secret);
  t.same(new FileSecrets(directory, keysOf(key)).get('a'), secret, 'after a restart');

  store.put(new Map([['a', secret]]));
  t.equal(readFileSync(path, 'utf8'), text, 'what is there is not written again');

  t.throws(
    () => new FileSecrets(directory, keysOf(Buffer.alloc(32, 8))).get('a'),
    'with another key',
  );
  const { a, b } = JSON.parse(text);
  writeFileSync(path, JSON.stringify({ a: b, b: a }));
  t.throws(() => new FileSecrets(directory, keysOf(key)).get('a'), 'under another name');
  writeFileSync(path, '{');
  t.throws(() => new FileSecrets(directory, keysOf(key)), {
    code: 'station-unavailable',
    message: /cannot be read/,
  });
});

t.test('a secret that cannot be written is not there, and is written next time', async (t) => {
  const directory = temporary(t);
  const store = new FileSecrets(directory, keysOf(Buffer.alloc(32, 7)));
  const path = join(directory, 'secrets.json');
  // In the place of the draft is something that cannot be replaced.
  mkdirSync(`${path}.new`);
  const one = new Map([['a', { user: 'u', password: 'p' }]]);
  t.throws(() => store.put(one), {
    code: 'append-failed',
    message: /secrets\.json cannot be written/,
  });
  t.equal(store.get('a'), undefined);
  rmdirSync(`${path}.new`);
  store.put(one);
  t.equal(new FileSecrets(directory, keysOf(Buffer.alloc(32, 7))).get('a')?.password, 'p');
});
