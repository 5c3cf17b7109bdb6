/** What a station says about commits that earlier versions wrote. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { EventRing } from '../../src/api/event-ring.ts';
import { definitionOf } from '../../src/core/events/catalogue.ts';
import type { EventType } from '../../src/core/events/catalogue.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import { revision } from '../../src/core/values/revision.ts';
import { openSqliteLog } from '../../src/log/sqlite/sqlite-log.ts';
import { recordedLogs } from '../core/record-log.ts';
import { openStation, temporary, until } from './harness.ts';
import type { InProcess, Json } from './harness.ts';

const recorded = new Map(
  recordedLogs().map(({ name, log }) => [name, log.map(({ commit }) => commit)]),
);

/** A station on a data directory as the version that recorded the log had left it. */
const stationOn = async (t: Test, name: string): Promise<InProcess & { commits: Commit[] }> => {
  const commits = recorded.get(name)!;
  const directory = temporary(t);
  const log = await openSqliteLog({ directory });
  await Promise.all(commits.map((commit) => log.append(commit, revision(commit.revision - 1))));
  await log.close();
  writeFileSync(join(directory, 'station.key'), Buffer.alloc(32, 1), { mode: 0o600 });
  const opened = await openStation(t, { directory });
  const admin = await opened.station.access.adminToken('reader');
  const ask: InProcess['ask'] = (method, path, body) =>
    opened.ask(method, path, body, { token: admin });
  return { ...opened, ask, commits };
};

/** What a token is known by is shown to nobody. */
const hashed: readonly EventType[] = ['CredentialIssued', 'ObmEnabled'];

for (const name of recorded.keys())
  t.test(`${name}: events are shown in the version of today`, async (t) => {
    const { ask, commits } = await stationOn(t, name);
    const { body } = await ask('GET', '/events?limit=10000');
    const shown = (body.events as Json[]).slice(
      0,
      commits.flatMap(({ events }) => events).length,
    ) as { type: EventType; v: number; data: object }[];
    for (const { type, v, data } of shown) {
      const { version, check } = definitionOf(type);
      t.equal(v, version, type);
      if (!hashed.includes(type)) t.equal(check(data), null, `${type} ${v}`);
    }
  });

t.test('a stream of events tells old ones as the page does', async (t) => {
  const { station, ask } = await stationOn(t, 'first.jsonl');
  const { body } = await ask('GET', '/events?limit=10000');
  const ring = new EventRing(() => []);
  const told = (await Array.fromAsync(station.log.read(revision(0)))).flatMap((commit) => [
    ...ring.read(commit).events,
  ]);
  t.same(
    told.map(({ text }) => JSON.parse(/^data: (.*)$/m.exec(text)![1]!) as unknown),
    body.events,
  );
});

/** Removals whose processes left by the first, the second and the present version of the event. */
for (const [name, version] of [
  ['first.jsonl', 1],
  ['leases.jsonl', 2],
  ['removals.jsonl', 3],
] as const)
  t.test(`a removal of version ${version} is followed, found and explained`, async (t) => {
    const { ask, commits, station } = await stationOn(t, name);
    const removal = commits.find(({ events }) =>
      events.some(({ type, v }) => type === 'ProcessRemoved' && v === version),
    )!;
    const { fid } = removal.events.find(({ type }) => type === 'ProcessRemoved')!.data as {
      fid: string;
    };
    const operation = await ask('GET', `/operations/${removal.revision}`);
    t.match(operation.body, { kind: 'remove', state: 'succeeded' });
    t.ok(operation.body.done >= 1, 'it is counted');
    await until('the index', () => station.index.position === station.log.head());
    const { body } = await ask('GET', '/events?type=ProcessRemoved&limit=10000');
    t.match(
      (body.events as Json[]).find(({ data }) => data.fid === fid),
      { v: 3, data: version === 1 ? { node: null, cools_until: null } : { node: /^0x6e/ } },
    );
    const [process] = station.graph.all('process');
    if (!process) return;
    const why = await ask('GET', `/why/${process.fid}`);
    t.ok(why.body.steps.length > 0);
    for (const step of why.body.steps as Json[])
      for (const { type, v } of step.events as { type: EventType; v: number }[])
        t.equal(v, definitionOf(type).version, type);
  });
