/** All machines at a glance, over HTTP. */

import { gunzipSync } from 'node:zlib';
import t from 'tap';
import type { Test } from 'tap';
import type { Observation } from '../../src/checks/observation.ts';
import { inTable, inNodes } from '../../src/checks/view/observations-in.ts';
import { openStation, reported } from '../station/harness.ts';
import type { InProcess, Json } from '../station/harness.ts';
import { free, ours, theirs, twoProjects } from './two-projects.ts';

const seen = (
  machine: string,
  check: string,
  verdict: Observation['verdict'],
  more: Partial<Observation> = {},
): Observation => ({
  machine,
  check,
  verdict,
  value: null,
  text: '',
  observedAt: Date.now(),
  durationMs: 5,
  ...more,
});

interface Fleet extends InProcess {
  readonly get: (path: string, headers?: Record<string, string>) => ReturnType<InProcess['ask']>;
  readonly names: (query: string) => Promise<string[]>;
}

/** Ten machines, one of them up, one that does not answer, one that is worked on. */
const fleetOf = async (t: Test): Promise<Fleet> => {
  const inProcess = await openStation(t);
  const { ask, station } = inProcess;
  for (let i = 1; i <= 10; i += 1) await ask('POST', '/hosts', { fqdn: `n${i}.savio3` });
  await ask('POST', '/hosts', { fqdn: 'ssh' });
  await ask('PUT', '/hosts/n1.savio3/facts', reported('10.0.0.1'));
  await ask('PUT', '/hosts/n4.savio3/maintenance', { reason: 'a fan' });
  station.observations.record([
    seen('n1.savio3', 'ssh', 'ok', { value: true }),
    seen('n2.savio3', 'ssh', 'fail', { cause: 'timeout', text: 'no answer in 5 s' }),
    seen('n2.savio3', 'ping', 'fail'),
    seen('n4.savio3', 'ssh', 'fail', { cause: 'refused' }),
    seen('n10.savio3', 'ssh', 'ok'),
    seen('n10.savio3', 'load', 'warn', { value: 40 }),
  ]);
  const get: Fleet['get'] = (path, headers = {}) => ask('GET', path, undefined, { headers });
  const names = async (query: string): Promise<string[]> =>
    (await get(`/fleet?${query}`)).body.nodes.map(({ name }: { name: string }) => name);
  return { ...inProcess, get, names };
};

t.test('all machines in one answer, problems first and names as people count', async (t) => {
  const { get, names } = await fleetOf(t);
  const { status, body } = await get('/fleet');
  t.equal(status, 200);
  t.match(body.meta, { total: 11, shape: 'nodes', next: null });
  t.equal(body.nodes[0].name, 'n2.savio3');
  t.match(body.nodes[0], {
    state: 'dark',
    reason: 'ssh: no answer in 5 s',
    verdict: 'fail',
    problem: true,
    failing: ['ping', 'ssh'],
    checks: { ssh: { verdict: 'fail', cause: 'timeout' }, agent: { verdict: 'unknown' } },
  });
  t.same(await names('sort=machine'), [
    ...Array.from({ length: 10 }, (_, i) => `n${i + 1}.savio3`),
    'ssh',
  ]);
  t.same(await names('filter=ssh:down'), ['n2.savio3', 'n4.savio3']);
  t.same(await names('nodes=n[1-2].savio3,ssh&sort=machine'), ['n1.savio3', 'n2.savio3', 'ssh']);
  t.same(await names('nodes=n1.savio3&nodes=n2.savio3&sort=machine'), ['n1.savio3', 'n2.savio3']);
  t.match((await get('/hosts/n4.savio3/status')).body.machine, {
    state: 'ping',
    maintenance: { reason: 'a fan' },
  });
  t.match((await get('/hosts/ssh/status')).body.machine, { name: 'ssh', state: 'unknown' });
  t.equal((await get('/hosts/n11.savio3/status')).status, 404);
});

t.test('10: what is misspelt is refused by name, and nothing wider is answered', async (t) => {
  const { get } = await fleetOf(t);
  const wrong: readonly [query: string, field: string, meant: RegExp][] = [
    ['checks=pnig', 'checks', /"pnig"; did you mean "ping"/],
    ['colums=machine', 'colums', /colums/],
    ['columns=machine,shs', 'columns', /"shs"; did you mean "ssh"/],
    ['sort=-machne', 'sort', /"machne"; did you mean "machine"/],
    ['filter=shs:down', 'filter', /"shs", at character 1.*did you mean "ssh"/],
    ['nodes=n[3-1].savio3', 'nodes', /n\[3-1\]|3-1/],
    ['shape=tabel', 'shape', /./],
    ['limit=0', 'limit', /./],
    ['cursor=x', 'cursor', /next/],
    ['groups=,all', 'groups', /empty place/],
    ['shape=table&orient=split', 'orient', /one of them/],
  ];
  for (const [query, field, meant] of wrong) {
    const { status, body } = await get(`/fleet?${query}`);
    t.equal(status, 400, query);
    t.match(body, { field, detail: meant }, query);
  }
});

t.test('9: an unknown group or machine is not found, with what was meant', async (t) => {
  const { get } = await fleetOf(t);
  t.match(await get('/fleet?groups=al'), {
    status: 404,
    body: { code: 'unknown-group', detail: /"@al"\. Did you mean "@all"/ },
  });
  t.match(await get('/fleet?filter=@savoi3'), { status: 404, body: { code: 'unknown-group' } });
  t.match(await get('/fleet?nodes=n11.savio3'), {
    status: 404,
    body: { code: 'unknown-host', detail: /n11.savio3; did you mean "n1\.savio3"/ },
  });
  t.equal((await get('/fleet?groups=all')).body.meta.total, 11);
});

t.test('every shape and form tells the same', async (t) => {
  const { get } = await fleetOf(t);
  const nodes = (await get('/fleet')).body.nodes;
  const table = (await get('/fleet?shape=table')).body;
  const texts = (all: readonly Observation[]): string[] =>
    all.map((one) => JSON.stringify(one, Object.keys(one).sort())).sort();
  t.same(texts(inTable(table.meta.columns, table.rows)), texts(inNodes(nodes)));
  const lines = (await get('/fleet', { accept: 'application/x-ndjson' })).text.trim().split('\n');
  t.same(
    lines.map((line) => JSON.parse(line) as unknown),
    nodes,
  );
  t.same(
    (await get('/fleet?shape=check&checks=ssh')).body.checks.ssh
      .map(({ nodes }: Json) => nodes)
      .sort(),
    ['n1.savio3', 'n10.savio3', 'n2.savio3', 'n4.savio3'],
  );
  const folded = (await get('/fleet?shape=value&sort=machine')).body.groups;
  t.match(
    folded.find(({ count }: Json) => count > 1),
    { state: 'unknown', count: 7, nodes: /n\[3,5-9\]\.savio3/ },
  );
  t.match((await get('/fleet?orient=index')).body.table['n2.savio3'], { 'ssh.verdict': 'fail' });
  const csv = await get('/fleet?columns=machine,state,ssh&nodes=n[1-2].savio3', {
    accept: 'text/csv',
  });
  t.match(csv.headers['content-type'], /^text\/csv/);
  t.equal(
    csv.text,
    'machine,state,ssh\r\nn2.savio3,dark,fail: no answer in 5 s\r\nn1.savio3,up,yes\r\n',
  );
  const text = await get('/fleet?format=text&nodes=n[1-2].savio3');
  t.match(text.headers['content-type'], /^text\/plain/);
  t.match(text.text, /^MACHINE +STATE .*\nn2\.savio3 +✗ dark .*\nn1\.savio3 +✓ up/);
});

t.test('304 while nothing has changed, and another tag when it has', async (t) => {
  const { get, station, ask } = await fleetOf(t);
  const first = await get('/fleet');
  const tag = first.headers['etag']!;
  t.match(await get('/fleet', { 'if-none-match': tag }), { status: 304, text: '' });
  t.not((await get('/fleet?sort=machine')).headers['etag'], tag);
  await ask('PUT', '/hosts/n3.savio3/maintenance', { reason: 'a disk' });
  const after = await get('/fleet', { 'if-none-match': tag });
  t.equal(after.status, 200);
  t.match(
    after.body.nodes.find(({ name }: Json) => name === 'n3.savio3'),
    { maintenance: { reason: 'a disk' } },
    'what was just done is seen',
  );
  station.observations.record([seen('n3.savio3', 'ssh', 'ok')]);
  t.equal((await get('/fleet?format=json', { 'if-none-match': tag })).status, 200);
});

t.test('long answers are short for those who take gzip', async (t) => {
  const { app, admin } = await fleetOf(t);
  const ask = async (encoding: string): Promise<{ encoding: unknown; bytes: Buffer }> => {
    const { headers, rawPayload } = await app.inject({
      url: '/api/v1/fleet',
      headers: { authorization: `Bearer ${admin}`, 'accept-encoding': encoding },
    });
    return { encoding: headers['content-encoding'], bytes: rawPayload };
  };
  const [plain, short] = [await ask('identity'), await ask('br, gzip')];
  t.equal(plain.encoding, undefined);
  t.equal(short.encoding, 'gzip');
  t.same(gunzipSync(short.bytes), plain.bytes);
  t.equal((await ask('gzip;q=0')).encoding, undefined);
});

t.test('28: pages are of one moment, without a machine twice or none', async (t) => {
  const { get, ask, station, tokenOf } = await fleetOf(t);
  const first = await get('/fleet?limit=4&sort=machine');
  t.equal(first.body.nodes.length, 4);
  await ask('DELETE', '/hosts/n5.savio3');
  await ask('POST', '/hosts', { fqdn: 'n0.savio3' });
  station.observations.record([seen('n9.savio3', 'ssh', 'fail')]);
  const names = first.body.nodes.map(({ name }: Json) => name);
  for (let next = first.body.meta.next; next !== null;) {
    const page = await get(`/fleet?limit=4&sort=machine&cursor=${next}`);
    t.equal(page.body.meta.version, first.body.meta.version);
    for (const { name } of page.body.nodes) names.push(name);
    next = page.body.meta.next;
  }
  t.same(names, [...Array.from({ length: 10 }, (_, i) => `n${i + 1}.savio3`), 'ssh']);
  const { next } = first.body.meta;
  t.match(await get(`/fleet?limit=4&cursor=${next}`), { status: 400, body: { field: 'cursor' } });
  const viewer = await tokenOf('viewer');
  t.match(
    await ask('GET', `/fleet?limit=4&sort=machine&cursor=${next}`, undefined, { token: viewer }),
    {
      status: 410,
      body: { code: 'page-gone' },
    },
  );
});

t.test('what the cluster knew at a moment, without what only checks knew', async (t) => {
  const { get, station, ask } = await fleetOf(t);
  const before = station.head;
  await ask('DELETE', '/hosts/n4.savio3/maintenance');
  const { body } = await get(`/fleet?at=${before}&nodes=n4.savio3`);
  t.match(body, { meta: { revision: before }, nodes: [{ maintenance: { reason: 'a fan' } }] });
  t.notOk(body.nodes[0].checks.ssh);
  t.match(await get(`/fleet?at=${before}&limit=2`), { status: 400, body: { field: 'at' } });
});

t.test('what checks had confirmed at a moment is told of it, for all and for one', async (t) => {
  const { get, station, ask } = await fleetOf(t);
  const confirm = (verdict: 'ok' | 'fail', cause: 'timeout' | null): Promise<unknown> =>
    station.submit(
      {
        type: 'ReportChecks',
        changes: [
          ...['n2.savio3', 'n10.savio3'].map((fqdn) => ({
            ...{ fqdn, check: 'ssh', verdict, cause, text: 'told', seen: 1_790_000_000_000 },
          })),
        ],
      },
      { actor: 'station' },
      () => null,
    );
  await confirm('fail', 'timeout');
  const failed = station.head;
  await confirm('ok', null);
  await ask('POST', '/hosts', { fqdn: 'later.savio3' });
  const found = { verdict: 'fail', value: null, cause: 'timeout', at: 1_790_000_000_000 };
  const { body } = await get(`/fleet?at=${failed}&sort=machine`);
  const machines = body.nodes.map(({ name }: Json) => name);
  t.notOk(machines.includes('later.savio3'));
  t.ok(machines.indexOf('n2.savio3') < machines.indexOf('n10.savio3'), 'as people count');
  for (const name of ['n2.savio3', 'n10.savio3'])
    t.match(body.nodes.find((one: Json) => one.name === name).checks.ssh, found);
  const one = await get(`/hosts/n2.savio3/status?at=${failed}`);
  t.match(one.body, { revision: failed, machine: { name: 'n2.savio3', checks: { ssh: found } } });
  t.match((await get(`/hosts/n2.savio3/status?at=${failed + 1}`)).body.machine.checks.ssh, {
    verdict: 'ok',
  });
  t.match(await get(`/hosts/later.savio3/status?at=${failed}`), {
    status: 404,
    body: { code: 'unknown-host' },
  });
  t.match(await get(`/hosts/n2.savio3/status?at=${failed}&max_age=5`), {
    status: 400,
    body: { field: 'max_age' },
  });
  const then = (await get(`/fleet/summary?at=${failed}`)).body;
  t.match(then, {
    revision: failed,
    total: machines.length,
    checks: { ssh: { verdicts: { fail: 2 } } },
  });
  const narrowed = (await get(`/fleet/summary?at=${failed}&filter=ssh:down`)).body;
  t.match(narrowed, { total: 2 });
  t.match((await get(`/fleet/summary?at=${station.head}`)).body, {
    total: machines.length + 1,
    checks: { ssh: { verdicts: { ok: 2 } } },
  });
  for (const path of ['/operations', '/incidents', '/suggestions', '/hosts/n2.savio3/suggestion'])
    t.match(await get(`${path}?at=${failed}`), {
      status: 400,
      body: { field: 'at', detail: /is about now only/ },
    });
});

t.test('a member of a project sees its machines only, in every form', async (t) => {
  const { ask, viewer, station } = await twoProjects(t);
  station.observations.record([ours, theirs, free].map((one) => seen(one, 'ssh', 'fail')));
  const asked = { token: viewer };
  for (const query of ['', '?format=csv', '?format=text', '?shape=check', '?orient=split']) {
    const { status, text } = await ask('GET', `/fleet${query}`, undefined, asked);
    t.equal(status, 200);
    t.match(text, ours);
    t.notMatch(text, theirs);
    t.notMatch(text, free);
  }
  t.match((await ask('GET', '/fleet/summary', undefined, asked)).body, { total: 1 });
  t.equal((await ask('GET', `/fleet?nodes=${theirs}`, undefined, asked)).status, 404);
  t.not((await ask('GET', `/hosts/${theirs}/status`, undefined, asked)).status, 200);
  t.equal((await ask('GET', `/hosts/${ours}/status`, undefined, asked)).status, 200);
});

t.test('how many machines are in which state, and how old is what is known', async (t) => {
  const { get } = await fleetOf(t);
  t.match((await get('/fleet/summary')).body, {
    total: 11,
    maintenance: 1,
    states: { up: 2, dark: 1, ping: 1, unknown: 7 },
    checks: { ssh: { verdicts: { ok: 2, fail: 2 }, newest: Number } },
  });
  t.match((await get('/fleet/summary?filter=ssh:down')).body, { total: 2 });
  const { columns } = (await get('/fleet/columns')).body;
  t.ok(columns.some(({ id }: Json) => id === 'ssh.age'));
});
