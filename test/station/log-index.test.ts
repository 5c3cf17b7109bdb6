/** The index of the log: it saves reading, and never changes an answer. */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import t from 'tap';
import type { Test } from 'tap';
import type { Commit, EventRecord } from '../../src/core/events/commit.ts';
import type { Graph } from '../../src/core/graph/graph.ts';
import { keyOf, shownKinds } from '../../src/core/graph/resources.ts';
import { revision } from '../../src/core/values/revision.ts';
import type { Revision } from '../../src/core/values/revision.ts';
import { openSqliteLog } from '../../src/log/sqlite/sqlite-log.ts';
import type { EventLog } from '../../src/log/log.ts';
import { Turns } from '../../src/station/fair-use/turns.ts';
import { explain, stepsMax } from '../../src/station/queries/why.ts';
import type { Found } from '../../src/station/queries/why.ts';
import { LogIndex } from '../../src/station/replica/log-index.ts';
import type { Term } from '../../src/station/replica/log-index.ts';
import { systemTime } from '../../src/station/time.ts';
import { check, Clock, commandOf, step } from '../core/random-commands.ts';
import { newEngine } from '../core/scenario.ts';
import { openStation, startStation, temporary, until } from './harness.ts';
import type { Ask } from './harness.ts';

const start = revision(0);
const batchCommits = 7;
/** Of one run, that are asked for at every lag. */
const resourcesMax = 200;
const aTurn = () => new Turns().begin('test', new AbortController().signal);

/** A log of a directory and an index of it that takes in a batch when it is told to. */
const opened = async (t: Test, directory = temporary(t), commits = batchCommits) => {
  const log = await openSqliteLog({ directory });
  const said: string[] = [];
  const say = (_: object, message: string): number => said.push(message);
  const logger = { info: say, warn: say, error: say };
  const index = new LogIndex({ log, directory, logger, time: systemTime, batchCommits: commits });
  const close = async (): Promise<void> => {
    await index.close();
    await log.close();
  };
  t.teardown(close);
  const path = join(directory, 'index.db');
  return { log, index, said, close, directory, path };
};

const append = async (log: EventLog, commits: readonly Commit[]): Promise<void> => {
  for (let i = 0; i < commits.length; i += 10_000)
    await Promise.all(
      commits
        .slice(i, i + 10_000)
        .map((commit) => log.append(commit, revision(commit.revision - 1))),
    );
};

const commitOf = (at: number, ...events: EventRecord[]): Commit => ({
  revision: revision(at),
  at,
  actor: 'test',
  correlation: 'c',
  command: 'Test',
  events,
});

const nodeUp = (fqdn: string): EventRecord => ({ type: 'NodeUp', v: 1, data: { fqdn } });

/** So many commits, each with a host's report. */
const reports = (count: number, name = (i: number) => `n${i % 20}`): Commit[] =>
  Array.from({ length: count }, (_, i) => commitOf(i + 1, nodeUp(name(i))));

const aHost = (fqdn: string, created: number, changed: number): Found =>
  ({ kind: 'host', key: fqdn, row: { fqdn, created, changed } }) as unknown as Found;

/** The revisions of commits with an event of one of some types, as a page of events finds them. */
const withTypes = async (
  log: EventLog,
  index: LogIndex,
  types: readonly string[],
  after = start,
): Promise<Revision[]> => {
  const terms = types.map((type): Term => `type ${type}`);
  const found: Revision[] = [];
  for await (const stretch of index.stretches(terms, after, log.head()))
    for await (const { revision, events } of log.read(stretch.after, stretch.to))
      if (events.some(({ type }) => types.includes(type))) found.push(revision);
  return found;
};

/** As `withTypes`, by looking at every commit. */
const expectedWith = (
  commits: readonly Commit[],
  types: readonly string[],
  after = start,
): Revision[] =>
  commits
    .filter(({ events }) => events.some(({ type }) => types.includes(type)))
    .map(({ revision }) => revision)
    .filter((revision) => revision > after);

/** Kinds whose resources may be called like hosts: events are about them by kind and key. */
const byKind: readonly string[] = ['station', 'leadership'];

/** What a resource was called at a revision: a host that was renamed had other names before. */
const calledAt = ({ kind, key, row }: Found, at: Revision): (string | undefined)[] => {
  if (byKind.includes(kind)) return [`${kind}/${key}`];
  const { formerly = [], process } = row as {
    formerly?: { name: string; until: Revision }[];
    process?: string;
  };
  const before = formerly.filter(({ until }, i) => {
    const from = formerly[i - 1]?.until ?? 0;
    return from <= at && at <= until;
  });
  const isByNow = (formerly.at(-1)?.until ?? 0) <= at;
  return [...before.map(({ name }) => name), ...(isByNow ? [key] : []), process];
};

/** Events that are about more than one thing, whatever set them off: the fields of the others. */
const alsoAbout: Readonly<Record<string, readonly string[]>> = {
  ObmDeclared: ['host'],
  CredentialIssued: ['id', 'user'],
  GrantGiven: ['credential'],
  GrantUsed: ['id', 'credential'],
  MachineAttached: ['project'],
  MachineDetached: ['project'],
  ProjectJoined: ['project', 'token'],
  ProjectLeft: ['project', 'token'],
};

/** Events of stations that are about the leadership, too: who leads, or may. */
const ofLeadership = ['StationLed', 'StationRetired'];

/** What an event is about, as its schema says. */
const aboutIn = ({ type, data }: EventRecord): (string | undefined)[] => {
  const fields = data as Record<string, string | undefined>;
  const { fid, fqdn, name, id, from, to, station } = fields;
  if (type === 'HostRenamed') return [from, to];
  if (type.startsWith('Station'))
    return [
      `station/${station}`,
      ...(ofLeadership.includes(type) ? ['leadership/leadership'] : []),
    ];
  return [fid ?? fqdn ?? name ?? id, ...(alsoAbout[type] ?? []).map((other) => fields[other])];
};

/** The steps that a resource's reasons have, by looking at every commit of the log. */
const expectedSteps = (commits: readonly Commit[], found: Found): Revision[] => {
  const { row } = found;
  const steps = commits.filter(({ revision, events }) => {
    const names = calledAt(found, revision).filter((name) => name !== undefined);
    return (
      revision >= row.created &&
      (found.kind === 'host' || revision <= row.changed) &&
      events.some((event) => aboutIn(event).some((about) => names.includes(about!)))
    );
  });
  const all = steps.map(({ revision }) => revision);
  return all.length <= stepsMax ? all : [all[0]!, ...all.slice(1 - stepsMax)];
};

const stepsOf = async (log: EventLog, index: LogIndex, found: Found): Promise<Revision[]> =>
  (await explain(log, index, found, await aTurn())).map(({ commit }) => commit.revision);

/** Runs something before the index has anything, after each batch, and when it has everything. */
const atEveryLag = async (
  { log, index }: { log: EventLog; index: LogIndex },
  look: () => Promise<void>,
): Promise<void> => {
  for (;;) {
    await look();
    const { position } = index;
    if (position === log.head()) return;
    await index.fill();
    if (index.position <= position) throw new Error('the index stands still');
  }
};

const resourcesOf = (graph: Graph): Found[] =>
  shownKinds.flatMap((kind) =>
    Array.from(graph.all(kind), (row) => ({ kind, key: keyOf(kind, row), row })),
  );

t.test('reasons and types are the same at every lag of the index', async (t) => {
  const runs: { commits: Commit[]; graph: Graph }[] = [];
  const random = fc.property(fc.array(step, { minLength: 40, maxLength: 60 }), (steps) => {
    const [engine, clock, commits] = [newEngine(), new Clock(), [] as Commit[]];
    for (const one of steps) {
      const submission = clock.submission(one);
      const outcome = engine.submit(commandOf(one, engine.graph), submission);
      if (outcome.kind === 'committed') commits.push(outcome.commit);
    }
    runs.push({ commits, graph: engine.graph });
  });
  const seed = check(t, random, 5);
  for (const [i, { commits, graph }] of runs.entries()) {
    const opening = await opened(t);
    const { log, index } = opening;
    await append(log, commits);
    const types = [...new Set(commits.flatMap(({ events }) => events.map(({ type }) => type)))];
    const all = resourcesOf(graph);
    // Some runs add thousands of processes, whose reasons are much alike.
    const resources = all.filter((_, k) => k % Math.ceil(all.length / resourcesMax) === 0);
    const steps = new Map(resources.map((found) => [found, expectedSteps(commits, found)]));
    const pages = types.flatMap((type, k) =>
      [[type], [type, types[k - 1] ?? 'Nothing', type]].map((wanted) => {
        const after = revision(k % (log.head() + 1));
        return { wanted, after, expected: expectedWith(commits, wanted, after) };
      }),
    );
    const mustBe = (got: Revision[], expected: Revision[], what: string): void => {
      if (String(got) === String(expected)) return;
      t.same(got, expected, `${what} (index at ${index.position}, run ${i}, HALCYON_SEED=${seed})`);
    };
    await atEveryLag(opening, async () => {
      for (const [found, expected] of steps)
        mustBe(await stepsOf(log, index, found), expected, `${found.kind} ${found.key}`);
      for (const { wanted, after, expected } of pages)
        mustBe(await withTypes(log, index, wanted, after), expected, wanted.join());
    });
    t.equal(index.position, log.head(), `${all.length} resources, ${types.length} types`);
    await opening.close();
  }
});

t.test('of many steps the first and the latest are told, at every lag', async (t) => {
  const all = await opened(t, undefined, 53);
  const { log, index } = all;
  const commits = reports(500, (i) => (i % 2 === 0 ? 'often' : i % 3 === 0 ? 'seldom' : `n${i}`));
  await append(log, commits);
  const found = [
    aHost('often', 1, 500),
    aHost('often', 1, 499),
    aHost('often', 1, 199),
    aHost('often', 7, 211),
    aHost('seldom', 4, 500),
    aHost('n2', 3, 3),
  ];
  await atEveryLag(all, async () => {
    for (const one of found) t.same(await stepsOf(log, index, one), expectedSteps(commits, one));
  });
});

t.test('a term with more commits than are looked up at a time is found whole', async (t) => {
  const all = await opened(t, undefined, 1300);
  const { log, index } = all;
  const commits = reports(4500).map((commit, i) =>
    i % 3 === 0 ? commitOf(i + 1, { type: 'HostUp', v: 1, data: { fqdn: 'x' } }) : commit,
  );
  await append(log, commits);
  await atEveryLag(all, async () => {
    for (const types of [['NodeUp'], ['HostUp'], ['NodeUp', 'HostUp'], ['HostUp', 'None']])
      t.same(await withTypes(log, index, types), expectedWith(commits, types), types.join());
  });
});

t.test('what is rare in 20,000 commits costs a handful of them', async (t) => {
  const { log, index } = await opened(t, undefined, 5000);
  const rare = new Set([11, 10_000, 19_999]);
  const commits = reports(20_000).map((commit) =>
    rare.has(commit.revision)
      ? commitOf(commit.revision, { type: 'HostRemoved', v: 1, data: { fqdn: 'rare' } })
      : commit,
  );
  await append(log, commits);
  let read = 0;
  const counted = new Proxy(log, {
    get: (_, name) => {
      if (name !== 'read') {
        const value: unknown = Reflect.get(log, name);
        return typeof value === 'function' ? (value.bind(log) as unknown) : value;
      }
      return async function* (from: Revision, to?: Revision): AsyncGenerator<Commit> {
        for await (const commit of log.read(from, to)) {
          read += 1;
          yield commit;
        }
      };
    },
  });
  t.same(await withTypes(counted, index, ['HostRemoved']), [...rare]);
  t.equal(read, 20_000, 'without the index all are looked through');
  await until('the whole log in the index', async () => {
    await index.fill();
    return index.position === log.head();
  });

  read = 0;
  t.same(await withTypes(counted, index, ['HostRemoved']), [...rare]);
  t.equal(read, 3);
  read = 0;
  t.same(await stepsOf(counted, index, aHost('rare', 11, 20_000)), [...rare]);
  t.ok(read <= 6, `${read} for the reasons of what changed 3 times`);
  read = 0;
  t.equal((await stepsOf(counted, index, aHost('n3', 1, 20_000))).length, stepsMax);
  t.ok(read <= 2 * stepsMax, `${read} for the reasons of what changed 1,000 times`);
});

t.test('a restart goes on where the index was', async (t) => {
  const first = await opened(t);
  await append(first.log, reports(30));
  await first.index.fill();
  await first.index.fill();
  t.equal(first.index.position, 2 * batchCommits);
  t.equal(statSync(first.path).mode & 0o777, 0o600);
  await first.close();
  const second = await opened(t, first.directory);
  await second.index.fill();
  t.equal(second.index.position, 3 * batchCommits);
  t.same(
    await withTypes(second.log, second.index, ['NodeUp']),
    expectedWith(reports(30), ['NodeUp']),
  );
  t.same(second.said, []);
});

const sql = (path: string, text: string): void => {
  const database = new DatabaseSync(path);
  database.exec(text);
  database.close();
};

/** What may have become of an index that was whole; it is made anew. */
const damages: Readonly<Record<string, (path: string) => void>> = {
  removed: (path) => rmSync(path),
  empty: (path) => truncateSync(path),
  cut: (path) => truncateSync(path, statSync(path).size - 4096),
  'cut within a page': (path) => truncateSync(path, 5000),
  text: (path) => writeFileSync(path, 'no database at all\n'.repeat(1000)),
  'a page of zeros': (path) => {
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0, bytes.length - 4096));
  },
  'the database of another program': (path) => {
    rmSync(path);
    sql(
      path,
      'CREATE TABLE terms (id INTEGER); CREATE TABLE entries (x); CREATE TABLE position (y)',
    );
  },
  'of another release': (path) => sql(path, 'PRAGMA user_version = 999999'),
  'without its position': (path) => sql(path, 'DELETE FROM position'),
  'without a table': (path) => sql(path, 'DROP TABLE entries'),
};

t.test('an index that is damaged or foreign is made anew', async (t) => {
  const whole = await opened(t);
  await append(whole.log, reports(100));
  await until('all of it', async () => {
    await whole.index.fill();
    return whole.index.position === 100;
  });
  await whole.close();
  for (const [what, damage] of Object.entries(damages))
    await t.test(what, async (t) => {
      const directory = temporary(t);
      for (const name of ['log.db', 'head', 'index.db'])
        copyFileSync(join(whole.directory, name), join(directory, name));
      damage(join(directory, 'index.db'));
      const all = await opened(t, directory, 30);
      await all.index.fill();
      t.equal(all.index.position, 30, 'it begins anew');
      await atEveryLag(all, async () => {
        const found = aHost('n3', 1, 100);
        t.same(await stepsOf(all.log, all.index, found), expectedSteps(reports(100), found));
      });
    });
});

t.test('an index of another log, or ahead of its log, is made anew', async (t) => {
  const ahead = await opened(t, undefined, 100);
  await append(ahead.log, reports(50));
  await ahead.index.fill();
  await ahead.close();
  const restored = { 'an older log': reports(30), 'another log': reports(60, () => 'other') };
  for (const [what, commits] of Object.entries(restored))
    await t.test(what, async (t) => {
      const all = await opened(t);
      await append(all.log, commits);
      copyFileSync(ahead.path, all.path);
      await all.index.fill();
      t.equal(all.index.position, batchCommits);
      await atEveryLag(all, async () => {
        const found = aHost('other', 1, commits.length);
        t.same(await stepsOf(all.log, all.index, found), expectedSteps(commits, found));
        t.equal((await withTypes(all.log, all.index, ['NodeUp'])).length, commits.length);
      });
    });
});

t.test('what happens to the index while it is used changes no answer', async (t) => {
  const accidents: Readonly<Record<string, (path: string) => void>> = {
    removed: (path) => rmSync(path),
    cut: (path) => truncateSync(path),
    'its write-ahead log is cut': (path) => truncateSync(`${path}-wal`),
    overwritten: (path) => writeFileSync(path, Buffer.alloc(statSync(path).size, 0x5a)),
    'replaced by a directory': (path) => {
      rmSync(path);
      mkdirSync(path);
    },
  };
  for (const [what, happen] of Object.entries(accidents))
    await t.test(what, async (t) => {
      const { log, index, path, said, directory, close } = await opened(t, undefined, 500);
      const commits = reports(2000, (i) => `n${i % 500}`);
      await append(log, commits);
      await index.fill();
      await index.fill();
      happen(path);
      const found = aHost('n3', 1, 2000);
      const look = async (): Promise<void> => {
        t.same(await stepsOf(log, index, found), expectedSteps(commits, found));
        t.equal((await withTypes(log, index, ['NodeUp'])).length, 2000);
      };
      await look();
      for (let i = 0; i < 6; i += 1) await index.fill();
      await look();
      t.ok(said.length <= 2, said.join('\n'));
      await close();
      const next = await opened(t, directory, 2000);
      await next.index.fill();
      t.same(await stepsOf(next.log, next.index, found), expectedSteps(commits, found));
    });
});

/** What may stand in the place of the index that the station cannot have, and leaves alone. */
const strangers: Readonly<Record<string, (path: string) => void>> = {
  'a directory': (path) => mkdirSync(path),
  'a FIFO': (path) => execFileSync('mkfifo', [path]),
  'a link to nowhere': (path) => symlinkSync('nowhere', path),
  'a FIFO beside it': (path) => execFileSync('mkfifo', [`${path}-wal`]),
};

const isAboutIndex = (text: string): boolean => text.includes('index of the log');

/** A station that does without its index answers as others do. */
const answersWithout = async (t: Test, ask: Ask): Promise<void> => {
  t.equal((await ask('POST', '/hosts', { fqdn: 'new.example' })).status, 201);
  t.equal((await ask('GET', '/why/new.example')).body.steps.length, 1);
  t.equal((await ask('GET', '/events?type=HostRegistered')).body.events.length, 1);
};

t.test('what stands where the index is neither stops nor hangs a start', async (t) => {
  for (const [what, make] of Object.entries(strangers))
    await t.test(what, async (t) => {
      const directory = temporary(t);
      make(join(directory, 'index.db'));
      const { ask, logged, close } = await openStation(t, { directory });
      await answersWithout(t, ask);
      await close();
      t.equal(logged.filter(isAboutIndex).length, 1, 'said once');
    });
});

t.test('a file of another user where the index is neither stops nor hangs a start', async (t) => {
  const directory = temporary(t);
  chmodSync(directory, 0o700);
  execFileSync('chown', ['65534:65534', directory]);
  writeFileSync(join(directory, 'index.db'), '');
  const through = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const station = await startStation(t, directory, { through });
  await until('a word about it', () => isAboutIndex(station.stderr()));
  await answersWithout(t, station.ask);
  t.equal((await station.end('SIGTERM')).code, 0);
  t.equal(station.stderr().split('index of the log').length, 2, 'said once');
});

t.test('a station follows its log, and answers by the index', async (t) => {
  const { station, ask, fill, close, directory } = await openStation(t);
  await fill();
  const before = [
    await ask('GET', '/events?type=NodeUp&type=HostRegistered'),
    await ask('GET', '/why/node2.halcyon.example'),
  ];
  await until('the whole log in the index', () => station.index.position === station.log.head());
  t.same(
    [
      (await ask('GET', '/events?type=NodeUp&type=HostRegistered')).body,
      (await ask('GET', '/why/node2.halcyon.example')).body,
    ],
    before.map(({ body }) => body as unknown),
  );
  t.ok((before[0]!.body.events as unknown[]).length > 0);
  await close();
  t.ok(existsSync(join(directory, 'index.db')));
  t.notOk(existsSync(join(directory, 'index.db-wal')), 'closed cleanly');
});
