/** What happened to a machine, and what people wrote down about it, over HTTP. */

import t from 'tap';
import { notesKeptMax } from '../../src/core/values/notes.ts';
import { openStation, reported, temporary, until } from '../station/harness.ts';
import type { InProcess, Json } from '../station/harness.ts';
import { ours, theirs, twoProjects } from './two-projects.ts';

const host = 'n1.example';

/** What the station finds out by itself comes when it comes. */
const isOwn = (text: string): boolean => /agent is|heard from/.test(text);

const said = ({ body }: { body: Json }): string[] =>
  body.entries
    .filter(({ text }: Json) => !isOwn(text))
    .map(({ kind, text }: Json) => `${kind}: ${text}`);

const filled = async (opened: InProcess, hasAgent = true): Promise<void> => {
  const { ask, station } = opened;
  for (const fqdn of [host, 'n2.example']) await ask('POST', '/hosts', { fqdn });
  if (hasAgent) await ask('PUT', `/hosts/${host}/facts`, reported('10.0.0.1'));
  await ask('PUT', `/hosts/${host}/maintenance`, { reason: 'a fan' });
  await ask('POST', `/hosts/${host}/notes`, { text: 'the disk in bay 3 is slow' });
  await ask('POST', '/hosts/n2.example/notes', { text: 'another machine' });
  await ask('DELETE', `/hosts/${host}/maintenance`);
  const seen = { cause: 'no-banner', text: 'no banner in 10 s', seen: Date.now() } as const;
  await station.submit(
    { type: 'ReportChecks', changes: [{ fqdn: host, check: 'ssh', verdict: 'fail', ...seen }] },
    { actor: 'station' },
    () => null,
  );
};

t.test(
  '23: all that happened to a machine, newest first, in the order of the station',
  async (t) => {
    const opened = await openStation(t);
    const { ask } = opened;
    await filled(opened);
    const all = await ask('GET', `/hosts/${host}/history`);
    const known = said(all).filter((line) => !line.startsWith('other'));
    t.match(known, [
      'check: ssh is fail: no banner in 10 s',
      'maintenance: maintenance ended (asked)',
      'note: the disk in bay 3 is slow',
      'maintenance: in maintenance: a fan',
      /^boot: up/,
    ]);
    t.notMatch(all.text, 'another machine');
    const times = all.body.entries.map(({ id }: Json) => Number(id.split('.')[0]));
    t.same(
      times,
      times.toSorted((a: number, b: number) => b - a),
    );
    t.match(all.body.entries.find(({ kind }: Json) => kind === 'note').by, /^token:/);
    t.same(said(await ask('GET', `/hosts/${host}/history?kind=note`)), [
      'note: the disk in bay 3 is slow',
    ]);
    const pages: string[] = [];
    for (let cursor = ''; ;) {
      const page = await ask('GET', `/hosts/${host}/history?limit=2${cursor}`);
      pages.push(...said(page));
      if (page.body.next === null) break;
      cursor = `&cursor=${page.body.next}`;
    }
    t.same(pages, said(all), 'page by page');
    t.same(said(await ask('GET', `/hosts/${host}/history?since=${Date.now() + 60_000}`)), []);
    t.equal((await ask('GET', '/hosts/n9.example/history')).status, 404);
    t.equal((await ask('GET', `/hosts/${host}/history?kind=bot`)).status, 400);
  },
);

t.test(
  'the history is the same by the index of the log and without it, and goes on under a new name',
  async (t) => {
    const opened = await openStation(t);
    const { ask, station } = opened;
    await filled(opened, false);
    const before = said(await ask('GET', `/hosts/${host}/history`));
    await until('the index', async () => {
      await station.index.fill();
      return station.index.position >= station.log.head();
    });
    const indexed = await ask('GET', `/hosts/${host}/history`);
    t.equal(indexed.status, 200, indexed.text);
    t.same(said(indexed), before);
    const renamed = await ask('POST', `/hosts/${host}/rename`, { to: 'n3.example' });
    t.equal(renamed.status, 200, renamed.text);
    await ask('POST', '/hosts', { fqdn: host });
    await ask('POST', `/hosts/${host}/notes`, { text: 'a new machine of the old name' });
    await until('the index', async () => {
      await station.index.fill();
      return station.index.position >= station.log.head();
    });
    const after = await ask('GET', '/hosts/n3.example/history');
    t.ok(before.every((line) => said(after).includes(line)));
    t.notMatch(after.text, 'a new machine');
    t.same(said(await ask('GET', `/hosts/${host}/history?kind=note`)), [
      'note: a new machine of the old name',
    ]);
    t.match((await ask('GET', '/hosts/n3.example/notes')).body.notes, [
      { text: 'the disk in bay 3 is slow' },
    ]);
  },
);

/** What is in the log by now is in the index. */
const indexed = ({ station }: InProcess): Promise<unknown> =>
  until('the index', async () => {
    await station.index.fill();
    return station.index.position >= station.log.head();
  });

t.test('what ran on a machine and is gone is in its history, and in no other one', async (t) => {
  const directory = temporary(t);
  const opened = await twoProjects(t, { directory });
  const { ask, viewer, ourProcess, ourNode, theirProcess } = opened;
  const kinds = '?kind=process&kind=operation';
  t.match(await ask('PUT', `/processes/${ourProcess}/state`, { state: 'online' }), { status: 200 });
  t.match(await ask('PUT', `/processes/${ourProcess}/state`, { state: 'offline' }), {
    status: 200,
  });
  const ended = await ask('DELETE', `/nodes/${ourNode}`);
  t.ok(ended.status < 300, ended.text);
  t.equal((await ask('GET', `/processes/${ourProcess}`)).status, 404, 'it is gone');
  t.equal((await ask('GET', `/nodes/${ourNode}`)).status, 404, 'and so is its node');
  const told = async (token?: string): Promise<Json> =>
    (await ask('GET', `/hosts/${ours}/history${kinds}`, undefined, token ? { token } : {})).body
      .entries;
  const before = await told();
  const lines = before.map(({ text }: Json) => text);
  for (const line of [
    `${ourProcess} was removed`,
    /is offline/,
    /is online/,
    /was added/,
    `it is node ${ourNode} of the cluster now`,
    `it is node ${ourNode} no more`,
  ])
    t.ok(
      lines.some((one: string) => (typeof line === 'string' ? one === line : line.test(one))),
      String(line),
    );
  t.notMatch(JSON.stringify(before), theirProcess);
  const online = before.find(({ text }: Json) => text === `${ourProcess} is online`);
  t.match(online, {
    kind: 'process',
    process: ourProcess,
    changes: [{ of: ourProcess, from: null, to: 'online' }],
    revision: Number(online.id.split('.')[0]),
  });
  const wanted = before.find(({ text }: Json) => text === 'its node is to be removed');
  t.match((await ask('GET', `/operations/${wanted.operation}`)).body, { state: 'succeeded' });
  const all = await told(viewer);
  t.ok(
    all.some(({ text }: Json) => text === `${ourProcess} was removed`),
    'members are told too',
  );

  await indexed(opened);
  t.same(await told(), before, 'the same by the index');
  const neighbours = (await ask('GET', `/hosts/${theirs}/history`)).text;
  t.notMatch(neighbours, ourProcess);
  t.match(neighbours, theirProcess);
  await opened.close();
  const again = await openStation(t, { directory, admin: opened.admin });
  await indexed(again);
  const after = await again.ask('GET', `/hosts/${ours}/history${kinds}`);
  t.same(after.body.entries, before, 'the same after a restart');
});

t.test(
  'the history of a machine is there after it has left, and of none that never was',
  async (t) => {
    const opened = await twoProjects(t);
    const { ask, viewer, ourProcess } = opened;
    await ask('POST', `/hosts/${ours}/notes`, { text: 'to be scrapped' });
    await ask('POST', '/projects/ours/detach', { hosts: [ours] });
    const left = await ask('DELETE', `/hosts/${ours}`);
    t.ok(left.status < 300, left.text);
    t.equal((await ask('GET', `/hosts/${ours}`)).status, 404);
    const path = `/hosts/${ours}/history`;
    const told = async (): Promise<Json> => (await ask('GET', path)).body.entries;
    const before = await told();
    const lines = before.map(({ text }: Json) => text);
    for (const line of ['host removed', 'to be scrapped', `${ourProcess} was removed`])
      t.ok(lines.includes(line), line);
    await indexed(opened);
    t.same(await told(), before, 'the same by the index');
    t.equal((await ask('GET', path, undefined, { token: viewer })).status, 404, 'not to members');
    t.equal((await ask('GET', '/hosts/never.example/history')).status, 404);
    t.equal((await ask('GET', '/hosts/never.example/history?kind=boot')).status, 404);
    const later = await ask('GET', `${path}?since=${Date.now() + 60_000}`);
    t.match(later, { status: 200, body: { entries: [] } });
  },
);

t.test('times and kinds narrow the history, whatever came since', async (t) => {
  const { ask } = await openStation(t);
  await ask('POST', '/hosts', { fqdn: host });
  const note = async (text: string): Promise<number> => {
    await ask('POST', `/hosts/${host}/notes`, { text });
    return (await ask('GET', `/hosts/${host}/history?limit=1`)).body.entries[0].at;
  };
  const first = await note('one');
  while (Date.now() <= first) await new Promise((resolve) => setImmediate(resolve));
  const second = await note('two');
  const texts = async (query: string): Promise<string[]> =>
    said(await ask('GET', `/hosts/${host}/history?kind=note${query}`));
  t.same(await texts(`&until=${first}`), ['note: one']);
  t.same(await texts(`&since=${second}`), ['note: two']);
  t.same(await texts(`&kind=boot&until=${second}`), ['note: two', 'note: one']);
  t.same(await texts('&until=1'), []);
  t.match(await ask('GET', `/hosts/${host}/history?kind=note&kind=bot`), {
    status: 400,
    body: { field: 'kind' },
  });
});

t.test('notes are one line, of operators, the last of which stay with the machine', async (t) => {
  const { ask, tokenOf } = await openStation(t);
  await ask('POST', '/hosts', { fqdn: host });
  const wrong = [{}, { text: '' }, { text: 'two\nlines' }, { text: 'x'.repeat(1025) }, { text: 5 }];
  for (const body of wrong)
    t.match(await ask('POST', `/hosts/${host}/notes`, body), {
      status: 400,
      body: { field: 'text' },
    });
  t.equal((await ask('POST', '/hosts/n9.example/notes', { text: 'x' })).status, 404);
  const token = await tokenOf('viewer');
  t.equal((await ask('POST', `/hosts/${host}/notes`, { text: 'x' }, { token })).status, 403);
  for (let i = 0; i <= notesKeptMax; i += 1)
    await ask('POST', `/hosts/${host}/notes`, { text: `note ${i}` });
  const { notes } = (await ask('GET', `/hosts/${host}/notes`)).body;
  t.equal(notes.length, notesKeptMax);
  t.equal(notes[0].text, `note ${notesKeptMax}`);
  t.match((await ask('GET', `/hosts/${host}/status`)).body.machine.note, {
    text: `note ${notesKeptMax}`,
  });
  const { body } = await ask('GET', `/hosts/${host}/history?kind=note&limit=1000`);
  t.equal(body.entries.length, notesKeptMax + 1, 'the history has all');
});

t.test('a member is told what happened to its machines since it has them', async (t) => {
  const { ask, viewer, station } = await twoProjects(t);
  for (const fqdn of [ours, theirs]) await ask('POST', `/hosts/${fqdn}/notes`, { text: 'since' });
  const asked = { token: viewer };
  const { status, body } = await ask('GET', `/hosts/${ours}/history`, undefined, asked);
  t.equal(status, 200);
  t.match(body.entries[0], { kind: 'note', text: 'since' });
  const lent = station.graph.must('host', ours).lent!;
  t.ok(body.entries.every(({ id }: Json) => Number(id.split('.')[0]) >= lent));
  t.not((await ask('GET', `/hosts/${theirs}/history`, undefined, asked)).status, 200);
});
