/** Lists of operations: what somebody ordered, newest first, whatever the index of the log holds. */

import t from 'tap';
import type { Test } from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import type { Revision } from '../../src/core/values/revision.ts';
import { listOperations } from '../../src/station/queries/operation-list.ts';
import type { PageEffort, Sought } from '../../src/station/queries/operation-list.ts';
import { openStation, reported } from './harness.ts';
import type { InProcess, Json } from './harness.ts';

const node = (n: number): string => `node${n}.halcyon.example`;

interface Filled extends InProcess {
  /** A managed process of node1. */
  readonly fid: string;
  readonly list: (query?: string, token?: string) => Promise<Json>;
}

/** A station with the example, whose processes nobody runs. */
const filled = async (t: Test): Promise<Filled> => {
  const opened = await openStation(t);
  await opened.fill();
  const { items } = (await opened.ask('GET', `/processes?host=${node(1)}`)).body;
  const { fid } = items.find(({ type }: Json) => type === 'ha');
  const list = async (query = '', token?: string): Promise<Json> => {
    const asked = token === undefined ? {} : { token };
    const { status, body, text } = await opened.ask('GET', `/operations${query}`, undefined, asked);
    if (status !== 200) throw new Error(text);
    return body;
  };
  return { ...opened, fid, list };
};

/** Lets the index hold all that the log has. */
const indexed = async ({ station }: InProcess): Promise<void> => {
  while (station.index.position < station.log.head()) await station.index.fill();
};

const idsOf = ({ items }: Json): number[] => items.map(({ id }: Json) => id);

t.test('what was ordered is listed, newest first, with who did and how far it is', async (t) => {
  const { ask, tokenOf, fid, list, station } = await filled(t);
  t.match(await list(), { items: [], next: null }, 'loading is no operation');
  const token = await tokenOf('operator');
  const start = (await ask('POST', `/processes/${fid}/start`)).body;
  await ask('PUT', `/hosts/${node(2)}/facts`, reported('10.0.0.2', { memory_mib: 5 }));
  const removal = (await ask('DELETE', `/hosts/${node(3)}`, undefined, { token })).body;
  const { revision: head, items } = await list();
  t.equal(head, station.head);
  t.match(items, [
    { id: removal.id, kind: 'remove', subject: node(3), actor: `token:${token.split('_')[1]}` },
    {
      ...{ id: start.id, kind: 'start', subject: fid, state: 'running', actor: /^token:/ },
      ...{ stage: '0 of 1 online', total: 1, done: 0, at: Number },
    },
  ]);
  t.equal(items.length, 2);
  await ask('PUT', `/processes/${fid}/override`, { state: 'online', reason: 'seen by hand' });
  t.match((await list()).items[1], { state: 'succeeded', stage: '1 of 1 online' });
  await ask('POST', `/processes/${fid}/stop`);
  t.match((await list()).items, [{ kind: 'stop' }, {}, { state: 'cancelled' }]);
});

t.test('those of a kind, a state, a machine, a process or somebody are found', async (t) => {
  const opened = await filled(t);
  const { ask, tokenOf, fid, list } = opened;
  const token = await tokenOf('operator');
  const other = await tokenOf('operator');
  const idOf = async (method: string, path: string): Promise<number> =>
    (await ask(method, path, undefined, { token })).body.id;
  const start = await idOf('POST', `/processes/${fid}/start`);
  const all = await idOf('POST', '/cluster/start');
  const removal = await idOf('DELETE', `/hosts/${node(3)}`);
  for (const isIndexed of [false, true]) {
    if (isIndexed) await indexed(opened);
    const finds = async (query: string, ids: number[]): Promise<void> => {
      t.same(idsOf(await list(query)), ids, query);
    };
    await finds('', [removal, all, start]);
    await finds('?kind=start', [all, start]);
    await finds('?kind=power-cycle', []);
    await finds(`?host=${node(1)}`, [start]);
    await finds(`?host=${node(3)}`, [removal]);
    await finds('?host=none.example', []);
    await finds(`?process=${fid}`, [start]);
    await finds(`?process=${fid.toUpperCase().replaceAll('X', 'x')}`, [start]);
    await finds(`?actor=token:${token.split('_')[1]}`, [removal, all, start]);
    await finds(`?actor=token:${other.split('_')[1]}`, []);
    const { items } = await list();
    for (const state of ['running', 'succeeded', 'failed', 'cancelled'])
      await finds(
        `?state=${state}`,
        idsOf({ items: items.filter((one: Json) => one.state === state) }),
      );
  }
  for (const [query, field] of [
    ['kind=explode', 'kind'],
    ['state=done', 'state'],
    ['host=N1', 'host'],
    ['process=1', 'process'],
    ['cursor=x', 'cursor'],
    ['limit=1001', 'limit'],
  ] as const)
    t.match(await ask('GET', `/operations?${query}`), { status: 400, body: { field } }, query);
});

t.test('a list is had page by page, each going on where the one before ended', async (t) => {
  const opened = await filled(t);
  const { ask, fid, list } = opened;
  const ids: number[] = [];
  for (let i = 0; i < 45; i += 1) {
    const { body } = await ask('POST', `/processes/${fid}/${i % 2 === 0 ? 'start' : 'stop'}`);
    ids.unshift(body.id);
    // The index holds the older half, by the end.
    if (i === 20) await indexed(opened);
  }
  const found: number[] = [];
  let cursor = '';
  for (let pages = 0; pages < 7; pages += 1) {
    const page = await list(`?limit=7${cursor}`);
    found.push(...idsOf(page));
    t.equal(page.next, pages < 6 ? String(found.at(-1)) : null);
    cursor = `&cursor=${page.next}`;
  }
  t.same(found, ids);
  t.same(idsOf(await list('?cursor=1')), []);
});

t.test('what lies between operations is not read where the index tells', async (t) => {
  const opened = await filled(t);
  const { ask, fid, list, station } = opened;
  const { id } = (await ask('POST', `/processes/${fid}/start`)).body;
  for (let i = 1; i <= 50; i += 1)
    await ask('PUT', `/hosts/${node(2)}/facts`, reported('10.0.0.2', { memory_mib: i }));
  await indexed(opened);
  const read: Revision[] = [];
  const { log } = station;
  const original = log.read.bind(log);
  log.read = (from, to) => {
    for (let at = from + 1; at <= (to ?? log.head()); at += 1) read.push(revision(at));
    return original(from, to);
  };
  t.same(idsOf(await list()), [id]);
  t.same(read, [id]);
});

t.test('a page ends where it has looked at much, and the next one goes on', async (t) => {
  const opened = await filled(t);
  const { ask, fid, station } = opened;
  const { id } = (await ask('POST', `/processes/${fid}/start`)).body;
  for (let i = 1; i <= 1500; i += 1)
    await station.submit(
      { type: 'SetVars', vars: { keepalive_timeout: 60 + (i % 2) } },
      { actor: 'station' },
      () => null,
    );
  const sought: Sought = {
    before: revision(station.log.head() + 1),
    limit: 10,
    matches: () => true,
    accepts: () => true,
  };
  const page = async (before: Revision, effort?: PageEffort) => {
    const turn = await station.turns.begin('test', new AbortController().signal);
    // It follows the log in its own time: one that has not begun leaves all of it to be looked at.
    const index = { position: revision(0), newest: async () => null };
    const parts = { log: station.log, index, graph: () => station.graph };
    return listOperations(parts, { ...sought, before }, turn, effort);
  };
  const first = await page(sought.before, { commits: 100, processes: 100 });
  t.same(first.operations, []);
  t.ok(first.next! > id && first.next! < station.log.head() - 100);
  const second = await page(first.next!, { commits: 100, processes: 100 });
  t.match(second.operations, [{ id }]);
  t.match(await page(sought.before), { operations: [{ id }], next: null });

  const stop = (await ask('POST', `/processes/${fid}/stop`)).body;
  const last = revision(stop.id + 1);
  const few = await page(last, { commits: 10_000, processes: 1 });
  t.match(few, { next: stop.id }, 'a look at one process is all that it takes');
  t.match(
    few.operations.map(({ id: one }) => one),
    [stop.id],
  );
});

t.test('members are told of the operations of their machines, and of no other', async (t) => {
  const { ask, tokenOf, fid, list } = await filled(t);
  await ask('POST', '/projects', { name: 'climate' });
  await ask('POST', '/projects/climate/attach', { hosts: [node(1)] });
  const token = await tokenOf('member', { projects: [{ name: 'climate', role: 'viewer' }] });
  const mine = (await ask('POST', `/processes/${fid}/start`)).body.id;
  await ask('POST', '/cluster/start');
  await ask('DELETE', `/hosts/${node(3)}`);
  t.equal((await list()).items.length, 3);
  t.same(idsOf(await list('', token)), [mine]);
  t.same(idsOf(await list(`?host=${node(3)}`, token)), []);
  await ask('POST', '/projects/climate/detach', { hosts: [node(1)] });
  t.same(idsOf(await list('', token)), [], 'nor of one that is not theirs any more');
});
