/** Faults of the whole station: killed, without space, damaged, given wrong flags. All with the real executable. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { revision } from '../../src/core/values/revision.ts';
import { servingOf } from '../../src/daemons/serving.ts';
import { openSqliteLog } from '../../src/log/sqlite/sqlite-log.ts';
import {
  fillFrom,
  host,
  openStation,
  runStation,
  secretOf,
  startStation,
  temporary,
  until,
} from './harness.ts';
import type { Answer, Ask } from './harness.ts';

const soak = process.env['HALCYON_SOAK'] === '1';

const add = (ask: Ask, key: string, more = {}): Promise<Answer> =>
  ask('POST', '/processes', { host, role: 'clovis-app', ...more }, { key });

/** Endpoints and fids of all processes; both must be unique. */
const checkUnique = async (t: Test, ask: Ask): Promise<Map<string, string>> => {
  const { items } = (await ask('GET', '/processes?limit=10000')).body;
  const endpoints = new Map<string, string>();
  for (const { fid, endpoint } of items) endpoints.set(fid, endpoint);
  t.equal(endpoints.size, items.length, 'no fid twice');
  t.equal(new Set(endpoints.values()).size, items.length, 'no endpoint twice');
  return endpoints;
};

/** The digest that a station says it has, and that a replay from zero gives. */
const checkReplay = async (t: Test, directory: string, admin: string): Promise<void> => {
  const copy = temporary(t);
  for (const name of ['log.db', 'station.key', 'head'])
    copyFileSync(join(directory, name), join(copy, name));
  rmSync(join(copy, 'snapshots'), { recursive: true, force: true });
  const [given, replayed] = [
    await openStation(t, { directory, admin }),
    await openStation(t, { directory: copy, admin }),
  ];
  t.equal(replayed.station.head, given.station.head);
  t.equal(replayed.station.graph.digest(), given.station.graph.digest(), 'replay gives the digest');
  await given.close();
  await replayed.close();
};

t.test(
  'kill -9 in the middle of 1,000 concurrent adds: each acknowledged one is there, none twice',
  async (t) => {
    const directory = temporary(t);
    let station = await startStation(t, directory);
    const admin = station.admin!;
    await fillFrom(station.ask);
    const loaded = await checkUnique(t, station.ask);
    const rounds = soak ? 10 : 1;
    const told: { fid: string; endpoint: string }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const keys = Array.from({ length: 1000 / rounds }, (_, i) => `${round}.${i}`);
      const answers = new Map<string, string>();
      // A fifth of them is under way at any time: the station cannot be further ahead of its answers.
      const addAll = (answered: () => void = () => undefined): Promise<unknown> => {
        const next = keys.values();
        const addSome = async (): Promise<void> => {
          for (const key of next) {
            const { status, text } = await add(station.ask, key, { tokens: true });
            const before = answers.get(key);
            if (status !== 201) t.fail(text);
            else if (before !== undefined && before !== text)
              t.fail('another answer', { before, text });
            answers.set(key, text);
            answered();
          }
        };
        return Promise.allSettled(Array.from({ length: keys.length / 5 }, addSome));
      };
      // Killed from an answer itself, however slowly this process comes to see it.
      await addAll(() => {
        if (answers.size > (30 * (round + 1)) / rounds) station.process.kill('SIGKILL');
      });
      await station.end('SIGKILL');
      const acknowledged = answers.size;
      t.ok(acknowledged < keys.length, `${acknowledged} were acknowledged`);
      station = await startStation(t, directory, { token: admin });
      await addAll();
      t.equal(answers.size, keys.length);
      told.push(...[...answers.values()].flatMap((text) => JSON.parse(text).processes));
    }
    t.equal(told.length, 1001, 'one for each key, and one that they require');
    const endpoints = await checkUnique(t, station.ask);
    t.equal(endpoints.size, loaded.size + told.length, 'no more than those');
    t.same(
      told.filter(({ fid, endpoint }) => endpoints.get(fid) !== endpoint),
      [],
    );
    t.equal((await station.end('SIGTERM')).code, 0);
    await checkReplay(t, directory, admin);
  },
);

t.test(
  'T67: kill -9 after the commit and before the reply: a retry gets the answer, even of what is gone',
  async (t) => {
    const directory = temporary(t);
    let station = await startStation(t, directory);
    const admin = station.admin!;
    await fillFrom(station.ask);
    const head = (): number =>
      Number(/ (\d{16}) /.exec(readFileSync(join(directory, 'head'), 'latin1'))?.[1]);
    for (let attempt = 0; attempt < (soak ? 50 : 1); attempt += 1) {
      const key = `lost ${attempt}`;
      const body = JSON.stringify({ host, role: 'clovis-app', tokens: true });
      const socket = connect(Number(new URL(station.url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      const before = head();
      socket.write(
        [
          'POST /api/v1/processes HTTP/1.1',
          'Host: x',
          `Authorization: Bearer ${admin}`,
          'Content-Type: application/json',
          `Content-Length: ${body.length}`,
          `Idempotency-Key: ${key}`,
          '',
          body,
        ].join('\r\n'),
      );
      // Nobody reads the answer: for who asked it is lost. The commit is durable by then.
      await once(socket, 'readable');
      t.equal(head(), before + 1);
      await station.end('SIGKILL');
      socket.destroy();
      station = await startStation(t, directory, { token: admin });
      const retried = await add(station.ask, key, { tokens: true });
      t.equal(retried.status, 201);
      t.equal(retried.body.revision, before + 1, 'the answer of the commit before the crash');
      const { fid, token } = retried.body.processes.at(-1);
      t.equal((await station.ask('GET', `/processes/${fid}`, undefined, { token })).status, 200);
      t.equal((await station.ask('DELETE', `/processes/${fid}`)).status, 200);
      t.equal(
        (await add(station.ask, key, { tokens: true })).text,
        retried.text,
        'although it is gone',
      );
    }
  },
);

t.test(
  'a disk without space: 507, reads go on, nothing is half done; with space all goes on',
  async (t) => {
    const directory = temporary(t);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m,mode=700', 'tmpfs', directory]);
    t.teardown(() => execFileSync('umount', ['-l', directory]));
    const station = await startStation(t, directory);
    const { ask, admin } = station;
    await fillFrom(ask);
    const { digest } = (await ask('GET', '/log')).body;
    const filler = join(directory, 'filler');
    const free = execFileSync('df', ['--output=avail', '-B1', directory])
      .toString()
      .split('\n')[1]!;
    writeFileSync(filler, Buffer.alloc(Number(free) - 512 * 1024));

    let kept = 0;
    const failures = new Set<string>();
    const reads = new Set<number>();
    const many = (multiplicity: number): object => ({ overrides: { multiplicity } });
    for (let i = 0, together = 4; i < 400 && together > 0; i += 1) {
      const adds = Array.from({ length: together }, (_, n) => add(ask, `${i}.${n}`, many(50)));
      reads.add((await ask('GET', '/processes?role=clovis-app&limit=1')).status);
      for (const { status, body, headers } of await Promise.all(adds)) {
        if (status === 201) kept += 50;
        else {
          t.match(headers['content-type'], /problem\+json/);
          failures.add(`${status} ${body.code}`);
        }
      }
      // What is too much together may still fit one by one.
      if (failures.size > 0) together = together > 1 || i % 8 !== 0 ? 1 : 0;
    }
    t.ok(kept > 0);
    t.same([...failures], ['507 append-failed']);
    t.same([...reads], [200]);
    for (const path of ['/status', '/processes', '/graph', '/events', '/log', '/vars', '/readyz'])
      t.equal((await ask('GET', path)).status, 200, path);
    // The index beside the log may have given some space back.
    let more = { key: 'more', answer: await add(ask, 'more', many(100)) };
    for (let i = 0; more.answer.status === 201 && i < 100; i += 1) {
      kept += 100;
      more = { key: `more ${i}`, answer: await add(ask, `more ${i}`, many(100)) };
    }
    t.match(more.answer, { status: 507 });
    const { items } = (await ask('GET', '/processes?role=clovis-app&limit=10000')).body;
    t.equal(items.length, kept, 'what failed left no trace');
    const full = (await ask('GET', '/log')).body;
    t.not(full.digest, digest);

    rmSync(filler);
    const after = await add(ask, more.key, many(100));
    t.equal(after.status, 201);
    await checkUnique(t, ask);
    const end = (await ask('GET', '/log')).body;
    t.equal((await station.end('SIGTERM')).code, 0);
    const again = await openStation(t, { directory, admin: admin! });
    t.equal(again.station.head, end.head);
    t.equal(again.station.graph.digest(), end.digest, 'the graph was what the log holds');
    await again.close();
  },
);

t.test('a damaged end of the log is refused, in words, and nothing is touched', async (t) => {
  const { directory, ask, fill, close } = await openStation(t);
  await fill();
  for (let i = 0; i < 20; i += 1) await add(ask, `k${i}`);
  await close();
  const path = join(directory, 'log.db');
  const whole = readFileSync(path);
  const at = whole.lastIndexOf('clovis-app');
  t.ok(at > 0);
  const damaged = Buffer.from(whole);
  damaged.write('CLOVIS-APP', at);
  writeFileSync(path, damaged);
  const refused = runStation(t, ['--data', directory, '--listen', '127.0.0.1:0']);
  t.equal(await refused.ended, 1);
  t.match(
    refused.stderr(),
    /halcyon station: .*log\.db is damaged: .*revision \d+.*Nothing was changed/s,
  );
  t.notMatch(refused.stdout(), /listening/);
  t.ok(readFileSync(path).equals(damaged));

  writeFileSync(path, whole.subarray(0, whole.length - 4096));
  await t.rejects(openStation(t, { directory }), { message: /log\.db is damaged/ });
});

t.test(
  'T65: an event that this version does not know stops it, unless it may be skipped',
  async (t) => {
    const commit = (at: number, record: object): object => ({
      revision: at,
      at: 1_790_000_000_000,
      actor: 'station',
      correlation: 'c',
      command: 'Future',
      events: [record],
    });
    for (const [what, record, said] of [
      ['type', { type: 'HostTeleported', v: 1, data: {} }, /HostTeleported.*newer version/],
      ['version', { type: 'HostRegistered', v: 99, data: {} }, /version 99 of HostRegistered/],
      ['nothing', { type: 'HostTeleported', v: 1, data: {}, ignorable: true }, null],
    ] as const) {
      const directory = temporary(t);
      const log = await openSqliteLog({ directory });
      await log.append(commit(1, record) as never, revision(0));
      await log.close();
      writeFileSync(join(directory, 'station.key'), Buffer.alloc(32, 1), { mode: 0o600 });
      if (said === null) {
        const opened = await openStation(t, { directory });
        t.equal(opened.station.head, 2, 'the unknown one and the first token');
        await opened.close();
        continue;
      }
      await t.rejects(openStation(t, { directory }), { message: said }, what);
      if (what !== 'type') continue;
      const run = runStation(t, ['--data', directory, '--listen', '127.0.0.1:0']);
      t.equal(await run.ended, 1, what);
      t.match(run.stderr(), said);
      t.notMatch(run.stderr(), /\n\s+at /, 'no stack trace');
    }
  },
);

t.test('a data directory is for one station', async (t) => {
  const { directory } = await openStation(t);
  const second = runStation(t, ['--data', directory, '--listen', '127.0.0.1:0']);
  t.equal(await second.ended, 1);
  t.match(second.stderr(), /lock\.db is in use: another process/);
});

t.test('the first token is printed once', async (t) => {
  const directory = temporary(t);
  const first = await startStation(t, directory);
  const token = first.admin!;
  t.equal(first.stdout().split(token).length, 2);
  t.equal((await first.ask('GET', '/whoami')).body.role, 'admin');
  await first.end('SIGTERM');
  const second = await startStation(t, directory, { token });
  t.equal(second.admin, null);
  t.notMatch(second.stdout(), /token/);
  t.equal((await second.ask('GET', '/whoami')).body.name, 'bootstrap');
  for (const said of [first.stderr(), second.stderr()]) t.notOk(said.includes(secretOf(token)));
});

t.test(
  'who runs the station gets in again when every token of an administrator is lost',
  async (t) => {
    const { directory, close } = await openStation(t);
    await close();
    const run = runStation(t, [
      '--data',
      directory,
      '--listen',
      '127.0.0.1:0',
      '--new-admin-token',
    ]);
    const token = await until(
      'the token',
      () => /^new admin token: (\S+)$/m.exec(run.stdout())?.[1],
    );
    run.process.kill('SIGTERM');
    t.equal(await run.ended, 0);
    t.notOk(run.stderr().includes(secretOf(token)));
    const second = await openStation(t, { directory, admin: token });
    const { items } = (await second.ask('GET', '/tokens')).body;
    t.strictSame(items.map(({ name }: { name: string }) => name).sort(), [
      'bootstrap',
      'new admin',
    ]);
  },
);

t.test('the key of a station is its own, whole, and not lost', async (t) => {
  const { directory, admin, fill, close } = await openStation(t);
  await fill();
  await close();
  const path = join(directory, 'station.key');
  t.equal(statSync(path).mode & 0o777, 0o600);
  const key = readFileSync(path);
  const refused = async (message: RegExp): Promise<void> => {
    await t.rejects(openStation(t, { directory, admin }), { message });
  };
  const executed = async (): Promise<string> => {
    const run = runStation(t, ['--data', directory, '--listen', '127.0.0.1:0']);
    t.equal(await run.ended, 1);
    t.notOk(run.stderr().includes(key.toString('hex')));
    return run.stderr();
  };
  chmodSync(path, 0o644);
  await refused(/station\.key is readable by others; run: chmod 600/);
  chmodSync(path, 0o600);
  writeFileSync(path, key.subarray(1));
  t.match(await executed(), /station\.key is damaged: it has 31 bytes, not 32/);
  rmSync(path);
  await refused(/station\.key is missing.*restore it from a backup/);
  writeFileSync(path, key, { mode: 0o600 });
  const again = await openStation(t, { directory, admin });
  t.equal((await again.ask('GET', '/whoami')).status, 200);
});

t.test('tokens are not served in the clear to others, unless one insists', async (t) => {
  const run = async (...flags: string[]): Promise<{ code: number | null; said: string }> => {
    const { ended, stderr } = runStation(t, ['--data', temporary(t), ...flags]);
    return { code: await ended, said: stderr() };
  };
  const inTheClear = /give --tls-cert and --tls-key, or --insecure/;
  for (const listen of ['[::]:0', '10.9.9.9:0'])
    t.throws(() => servingOf({ listen }), { message: inTheClear }, listen);
  for (const listen of ['nonsense', '127.0.0.1:99999'])
    t.throws(() => servingOf({ listen }), { message: /is not <address>:<port>/ }, listen);
  const alone = { listen: '127.0.0.1:0', tlsCert: 'x.pem' };
  t.throws(() => servingOf(alone), { message: /go together/ });
  t.match(await run('--listen', '0.0.0.0:0'), { code: 1, said: inTheClear });
  t.match(await run('--wrong'), { code: 2, said: /unknown option/ });
  const insecure = runStation(t, ['--data', temporary(t), '--listen', '0.0.0.0:0', '--insecure']);
  await until('it to listen', () => insecure.stdout().includes('listening on http://0.0.0.0:'));
  insecure.process.kill('SIGTERM');
  t.equal(await insecure.ended, 0);
});

t.test('a port that is taken and a certificate that is none are refused at once', async (t) => {
  const first = createServer().listen(0, '127.0.0.1');
  t.teardown(() => first.close());
  await once(first, 'listening');
  const { port } = first.address() as AddressInfo;
  const taken = runStation(t, ['--data', temporary(t), '--listen', `127.0.0.1:${port}`]);
  t.equal(await taken.ended, 1);
  t.match(taken.stderr(), /EADDRINUSE/);
  const directory = temporary(t);
  for (const name of ['cert', 'key']) writeFileSync(join(directory, name), 'nonsense');
  const tls = ['--tls-cert', join(directory, 'cert'), '--tls-key', join(directory, 'key')];
  const bad = runStation(t, ['--data', temporary(t), '--listen', '127.0.0.1:0', ...tls]);
  t.equal(await bad.ended, 1);
  t.match(bad.stderr(), /^halcyon station: /m);
});

t.test('TLS works, and plain HTTP is not answered there', async (t) => {
  const directory = temporary(t);
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  execFileSync(
    'openssl',
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -keyout ${key} -out ${cert}`.split(
      ' ',
    ),
    { stdio: 'ignore' },
  );
  mkdirSync(join(directory, 'data'), { mode: 0o700 });
  const flags = ['--tls-cert', cert, '--tls-key', key];
  const station = await startStation(t, join(directory, 'data'), { flags });
  t.match(station.url, /^https:/);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const headers = { authorization: `Bearer ${station.admin!}` };
    httpsRequest(`${station.url}/api/v1/status`, { ca: readFileSync(cert), headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on('error', reject)
      .end();
  });
  t.equal(status, 200);
  await t.rejects(fetch(station.url.replace('https', 'http')));
  t.equal((await station.end('SIGTERM')).code, 0);
});

t.test('SIGTERM is clean and quick, whoever is connected', async (t) => {
  const directory = temporary(t);
  const station = await startStation(t, directory);
  const admin = station.admin!;
  await fillFrom(station.ask);
  const { port } = new URL(station.url);
  const sockets: Socket[] = [];
  const open = async (...lines: string[]): Promise<Socket> => {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    if (lines.length > 0) socket.write(lines.join('\r\n'));
    return socket;
  };
  t.teardown(() => sockets.forEach((socket) => socket.destroy()));
  const auth = `Authorization: Bearer ${admin}`;
  await open();
  await open('GET /api/v1/status HTTP/1.1', 'Host: x', '');
  await once(await open('GET /api/v1/status HTTP/1.1', 'Host: x', auth, '', ''), 'data');
  const stream = await open(
    'GET /api/v1/events HTTP/1.1',
    'Host: x',
    'Accept: text/event-stream',
    auth,
    '',
    '',
  );
  await once(stream, 'data');
  const stalled = await open(
    'GET /api/v1/events HTTP/1.1',
    'Host: x',
    'Accept: text/event-stream',
    auth,
    '',
    '',
  );
  stalled.pause();
  const agent = new WebSocket(`${station.url.replace('http', 'ws')}/api/v1/agent`, {
    headers: { authorization: `Bearer ${admin}` },
  });
  await once(agent, 'open');
  agent.send(JSON.stringify({ type: 'hello', protocol: 1, fqdn: 'agent.example' }));
  await once(agent, 'message');
  // An agent that has hung answers no close.
  const hung = await open(
    'GET /api/v1/agent HTTP/1.1',
    'Host: x',
    auth,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==',
    '',
    '',
  );
  await once(hung, 'data');
  hung.pause();
  const closed = once(agent, 'close');
  const { code } = await station.end('SIGTERM');
  // It ends with another code where that takes 10 s.
  t.equal(code, 0, station.stderr());
  t.match(station.stderr(), /"msg":"stopped"/);
  await closed;
  // A busy machine may hold one up; a station that waits for nobody to leave would wait 2 s each time.
  let quickest = Infinity;
  for (let tries = 0; tries < 5 && quickest >= 2000; tries += 1) {
    const again = await startStation(t, directory, { token: admin });
    t.equal((await again.end('SIGINT')).code, 0);
    const lines = again.stderr().trim().split('\n');
    const said = lines.map((line) => JSON.parse(line) as { msg: string; time: number });
    const at = (msg: string): number => said.find((line) => line.msg === msg)!.time;
    quickest = Math.min(quickest, at('stopped') - at('stopping'));
  }
  t.ok(quickest < 2000, `idle: ${quickest} ms`);
});
