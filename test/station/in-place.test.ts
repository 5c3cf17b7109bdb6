/** A station whose files are taken from it acknowledges nothing, says so, and goes on when they are back. */

import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import { fillFrom, openStation, startStation, temporary, until } from './harness.ts';
import type { Ask } from './harness.ts';

interface Displacement {
  readonly take: (data: string) => void;
  /** Puts it back as it was; absent: nothing can. */
  readonly giveBack?: (data: string) => void;
  readonly says: RegExp;
  /** With the real executable, which ends by a signal. */
  readonly isExecuted?: true;
}

const move = (name: string): Displacement => ({
  take: (data) => renameSync(join(data, name), join(data, '..', 'away')),
  giveBack: (data) => renameSync(join(data, '..', 'away'), join(data, name)),
  says: new RegExp(`data/${name}`.replace(/\/$/, '')),
});

const remove = (name: string): Displacement => ({
  take: (data) => rmSync(join(data, name)),
  says: new RegExp(`data/${name} was removed or renamed`),
});

const displacements: Readonly<Record<string, Displacement>> = {
  'the directory is removed': {
    take: (data) => rmSync(data, { recursive: true }),
    says: /data was removed or renamed/,
    isExecuted: true,
  },
  'the directory is renamed': { ...move(''), isExecuted: true },
  'the directory is replaced by a copy': {
    take: (data) => {
      renameSync(data, `${data}.old`);
      execFileSync('cp', ['-a', `${data}.old`, data]);
    },
    giveBack: (data) => {
      rmSync(data, { recursive: true });
      renameSync(`${data}.old`, data);
    },
    says: /data was replaced by another/,
  },
  'the directory is replaced by a link to where it is now': {
    take: (data) => {
      renameSync(data, `${data}.old`);
      symlinkSync(`${data}.old`, data);
    },
    giveBack: (data) => {
      rmSync(data);
      renameSync(`${data}.old`, data);
    },
    says: /data was replaced by a symbolic link/,
  },
  'something is mounted over it': {
    take: (data) => execFileSync('mount', ['-t', 'tmpfs', 'none', data]),
    giveBack: (data) => execFileSync('umount', [data]),
    says: /data was replaced by another, or something was mounted over it/,
  },
  'nothing can be made in it any more': {
    take: (data) => execFileSync('chattr', ['+i', data]),
    giveBack: (data) => execFileSync('chattr', ['-i', data]),
    says: /nothing can be written to .*data/,
  },
  'the log is removed': remove('log.db'),
  'its write-ahead log is removed': remove('log.db-wal'),
  'its shared memory is removed': remove('log.db-shm'),
  'its lock is removed': remove('lock.db'),
  'the log is cut': {
    take: (data) => truncateSync(join(data, 'log.db')),
    says: /log\.db was cut/,
    isExecuted: true,
  },
  'the log is replaced by a copy': {
    take: (data) => {
      copyFileSync(join(data, 'log.db'), join(data, 'copy'));
      renameSync(join(data, 'copy'), join(data, 'log.db'));
    },
    says: /log\.db was replaced by another/,
  },
  'the key is removed': {
    take: (data) => renameSync(join(data, 'station.key'), join(data, '..', 'away')),
    // A copy is as good.
    giveBack: (data) => {
      copyFileSync(join(data, '..', 'away'), join(data, 'station.key'));
      chmodSync(join(data, 'station.key'), 0o600);
    },
    says: /station\.key was removed or renamed/,
  },
  'the key is another one': {
    take: (data) => {
      renameSync(join(data, 'station.key'), join(data, '..', 'away'));
      writeFileSync(join(data, 'station.key'), Buffer.alloc(32, 7), { mode: 0o600 });
    },
    giveBack: (data) => renameSync(join(data, '..', 'away'), join(data, 'station.key')),
    says: /station\.key is another key/,
  },
  'the secrets are removed': move('secrets.json'),
};

const facts = (cluster: string): object => ({
  facts: {
    name: 'facts.yaml',
    text: `cluster: ${cluster}
hosts:
  - fqdn: n1.example
    roles: []
    obm: { type: ipmi, address: 10.1.0.1, user: admin, password: secret }
`,
  },
  roles: [],
});

const add = async (
  station: { readonly ask: Ask },
  name: string,
): Promise<{ status: number; body: Json }> =>
  station.ask('POST', '/hosts', { fqdn: `${name}.example` });
type Json = ReturnType<typeof JSON.parse>;

/** The station looks four times a second; a busy machine lets it wait. */
const lateMs = 15_000;

/** Adds hosts all the while, many a second, and remembers which were acknowledged and when they were asked for. */
const adding = (
  station: { readonly ask: Ask },
  prefix: string,
): {
  stop: () => Promise<{ name: string; asked: number }[]>;
} => {
  const acknowledged: { name: string; asked: number }[] = [];
  let isOver = false;
  const work = (async () => {
    for (let i = 0; !isOver; i += 1) {
      const name = `${prefix}${i}`;
      const asked = performance.now();
      const { status } = await add(station, name);
      if (status === 201) acknowledged.push({ name: `${name}.example`, asked });
      await pause(20);
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await work;
      return acknowledged;
    },
  };
};

/** One of which the files are taken. */
interface Robbed {
  readonly data: string;
  readonly ask: Ask;
  /** What it has logged. */
  readonly said: () => string;
  readonly end: () => Promise<void>;
  /** What it finds who opens the files that it leaves when it is killed now. */
  readonly left: (t: Test) => Promise<Ask>;
}

/** What is in the files of one that is killed is in a copy of them. Another process copies: SQLite's locks are this one's. */
const opened = async (t: Test, data: string, admin: string): Promise<Ask> => {
  const copy = join(temporary(t), 'data');
  execFileSync('cp', ['-a', data, copy]);
  return (await openStation(t, { directory: copy, admin })).ask;
};

const inProcess = async (t: Test, data: string): Promise<Robbed> => {
  const { ask, admin, logged, close } = await openStation(t, { directory: data });
  return {
    data,
    ask,
    said: () => logged.join('\n'),
    end: close,
    left: (of) => opened(of, data, admin),
  };
};

const executed = async (t: Test, data: string): Promise<Robbed> => {
  const station = await startStation(t, data);
  return {
    data,
    ask: station.ask,
    said: station.stderr,
    end: async () => {
      t.equal((await station.end('SIGTERM')).code, 0);
    },
    left: async (of) => {
      await station.end('SIGKILL');
      return (await startStation(of, data, { token: station.admin! })).ask;
    },
  };
};

const whole = t;
/** One to which everything was given back: the next displacement finds it. None after one that failed. */
let kept: Robbed | null = null;

for (const [number, [what, { take, giveBack, says, isExecuted }]] of Object.entries(
  displacements,
).entries())
  t.test(`when ${what}, nothing is acknowledged and it is said why`, async (t: Test) => {
    const isKept = giveBack !== undefined && !isExecuted;
    const begin = isExecuted ? executed : inProcess;
    const of = isKept ? whole : t;
    const station = (isKept && kept) || (await begin(of, join(temporary(of), 'data')));
    if (isKept) kept = null;
    const { data } = station;
    const before = station.said().length;
    t.equal((await station.ask('POST', '/load', facts('c'))).status, 200);
    let isBack = false;
    t.teardown(() => isBack || giveBack?.(data));
    const { head } = (await station.ask('GET', '/log')).body;
    const busy = adding(station, `busy${number}-`);
    await until('work', async () => (await station.ask('GET', '/log')).body.head > head + 8);
    const taken = performance.now();
    take(data);
    const ready = await until('the station to notice', async () => {
      const answer = await station.ask('GET', '/readyz');
      // What is done in several steps is seen in between as well, with other words.
      return answer.status === 503 && says.test(answer.body.detail) ? answer : null;
    });
    t.match(ready.body, { code: 'not-in-place', detail: says });
    const refused = await add(station, `refused${number}`);
    t.match(refused, { status: 503, body: { code: 'not-in-place', detail: /Put it back/ } });
    t.equal((await station.ask('POST', '/load', facts('d'))).status, 503);
    t.equal((await station.ask('GET', '/hosts')).status, 200, 'reads go on');
    t.equal((await station.ask('GET', '/healthz')).status, 200, 'it lives');
    const acknowledged = await busy.stop();
    t.ok(acknowledged.length > 0);
    const late = acknowledged.filter(({ asked }) => asked > taken + lateMs);
    t.same(late, [], 'nothing was acknowledged for longer than it takes to notice');
    const saidOf = (text: string): number => station.said().slice(before).split(text).length - 1;
    await until('a line in the log', () => saidOf('"trouble":') > 0);
    if (giveBack !== undefined) {
      giveBack(data);
      isBack = true;
      await until(
        'it to be ready',
        async () => (await station.ask('GET', '/readyz')).status === 200,
      );
      t.equal((await add(station, `again${number}`)).status, 201);
      await until('the end in the log', () => saidOf('all files are where they were') > 0);
      const { digest } = (await station.ask('GET', '/log')).body;
      const ask = await station.left(t);
      t.equal((await ask('GET', '/log')).body.digest, digest, 'all that was shown is kept');
      const hosts = (await ask('GET', '/hosts?limit=10000')).body.items;
      const names = new Set(hosts.map(({ fqdn }: { fqdn: string }) => fqdn));
      t.ok(acknowledged.every(({ name }) => names.has(name)));
      t.notOk(names.has(`refused${number}.example`), 'what was refused is not there');
      if (isKept) kept = station;
    } else {
      await station.end();
      t.notOk(what.includes('directory') && existsSync(data), 'nothing was made in its place');
    }
    const troubles =
      station
        .said()
        .slice(before)
        .match(/"trouble":"(?:[^"\\]|\\.)*"/g) ?? [];
    t.ok(troubles.length > 0);
    t.same(troubles, [...new Set(troubles)], 'each once');
  });

t.test('what was given back so often is served by a station that ends cleanly', async (t) => {
  t.ok(kept);
  await kept?.end();
});

t.test('without its write-ahead log, what was acknowledged is in the log itself', async (t) => {
  const data = join(temporary(t), 'data');
  const station = await inProcess(t, data);
  await fillFrom(station.ask);
  const { digest } = (await station.ask('GET', '/log')).body;
  rmSync(join(data, 'log.db-wal'));
  await until('it to notice', async () => (await station.ask('GET', '/readyz')).status === 503);
  const ask = await station.left(t);
  t.equal((await ask('GET', '/log')).body.digest, digest);
});

t.test('a head file that is taken away is made again', async (t) => {
  const data = join(temporary(t), 'data');
  const station = await inProcess(t, data);
  await fillFrom(station.ask);
  for (const spoil of [
    () => rmSync(join(data, 'head')),
    () =>
      (writeFileSync(join(data, 'new'), 'x') as never) ??
      renameSync(join(data, 'new'), join(data, 'head')),
  ]) {
    spoil();
    const { head } = (await station.ask('GET', '/log')).body;
    await until('the head', () => {
      const text = existsSync(join(data, 'head')) ? readFileSync(join(data, 'head'), 'utf8') : '';
      return text.includes(String(head).padStart(16, '0'));
    });
    t.equal((await station.ask('GET', '/readyz')).status, 200);
  }
});

t.test('a file system that becomes read-only is noticed by an idle station', async (t) => {
  const mounted = temporary(t);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,mode=700', 'none', mounted]);
  t.teardown(() => execFileSync('umount', ['-l', mounted]));
  const station = await inProcess(t, join(mounted, 'data'));
  await fillFrom(station.ask);
  // With files open for writing the kernel refuses to remount, as it does not after an error: those that are open are not
  // of this mount, and one by which others were opened since is left to them.
  await until('the mount to become read-only', () => {
    execFileSync('mount', ['--bind', mounted, mounted]);
    if (spawnSync('mount', ['-o', 'remount,bind,ro', mounted]).status === 0) return true;
    execFileSync('umount', ['-l', mounted]);
    return false;
  });
  t.teardown(() => execFileSync('umount', ['-l', mounted]));
  const ready = await until('it to notice', async () => {
    const answer = await station.ask('GET', '/readyz');
    return answer.status === 503 ? answer : null;
  });
  t.match(ready.body.detail, /read-only now/);
  execFileSync('mount', ['-o', 'remount,bind,rw', mounted]);
  await until('it to be ready', async () => (await station.ask('GET', '/readyz')).status === 200);
  t.equal((await add(station, 'again')).status, 201);
});
