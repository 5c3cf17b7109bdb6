/** What must be refused, and how: the status, the code, the place; and that nothing happened. */

import t from 'tap';
import type { Test } from 'tap';
import { loadBytesMax } from '../../src/contract/load.ts';
import { bodyBytesMax } from '../../src/api/server.ts';
import { nestingMax } from '../../src/api/nesting.ts';
import { systemTime } from '../../src/station/time.ts';
import { bodyOf, host, openStation, reported } from '../station/harness.ts';
import type { Answer, InProcess } from '../station/harness.ts';

/** Runs something that must leave log and graph as they are. */
const harmless = async <T>(t: Test, { station }: InProcess, act: () => Promise<T>): Promise<T> => {
  const [head, digest] = [station.log.head(), station.graph.digest()];
  const result = await act();
  t.equal(station.log.head(), head, 'the log is untouched');
  t.equal(station.graph.digest(), digest, 'the graph is untouched');
  return result;
};

/** A refusal as RFC 9457 says it. */
const refused = (
  t: Test,
  answer: Answer,
  status: number,
  code: string,
  more: object = {},
): void => {
  t.equal(answer.status, status, answer.text);
  t.match(answer.headers['content-type'], /^application\/problem\+json/);
  t.match(answer.body, {
    type: `https://halcyon.invalid/errors/${code}`,
    title: String,
    status,
    code,
    detail: String,
    instance: /^urn:uuid:/,
    ...more,
  });
};

t.test('malformed YAML: file, line and column; nothing is loaded', async (t) => {
  const opened = await openStation(t);
  const body = bodyOf('cluster: x\nhosts:\n  - fqdn: [a\n', '- role: r\n   bad: 1\n');
  const answer = await harmless(t, opened, () => opened.ask('POST', '/load', body));
  refused(t, answer, 422, 'invalid-files');
  const files = answer.body.errors.map(({ file }: { file: string }) => file);
  t.ok(files.includes('facts.yaml') && files.includes('roles.yaml'), 'every error at once');
  for (const { line, column, message } of answer.body.errors) {
    t.ok(line > 0 && column > 0);
    t.ok(message);
  }
});

t.test(
  'every error of the files at once: duplicate hosts, unknown roles, wrong types',
  async (t) => {
    const opened = await openStation(t);
    const facts = `cluster: x
hosts:
  - fqdn: a.example
    roles: [nope]
  - fqdn: a.example
    roles: []
  - fqdn: b.example
    rolls: []
`;
    const answer = await harmless(t, opened, () => opened.ask('POST', '/load', bodyOf(facts)));
    refused(t, answer, 422, 'invalid-files');
    const at = (line: number): boolean =>
      answer.body.errors.some((error: { line: number }) => error.line === line);
    t.ok(at(4), 'the unknown role');
    t.ok(at(5), 'the second a.example');
    t.ok(at(8) || at(7), 'the misspelt field');
    t.match(answer.body.errors[0], { file: 'facts.yaml', path: String, message: String });
  },
);

t.test('a load that a rule refuses does not change credentials of OBMs', async (t) => {
  const opened = await openStation(t);
  const { ask, station } = opened;
  const facts = (password: string): string =>
    `cluster: x\nhosts:\n  - fqdn: a.example\n    roles: []\n    obm: { type: dummy, address: o, user: root, password: ${password} }\n`;
  t.equal((await ask('POST', '/load', bodyOf(facts('one')))).status, 200);
  const stored = (): string | undefined =>
    station.secrets.get(station.graph.must('obm', 'a.example').secret!)?.password;
  t.equal(stored(), 'one');
  await harmless(t, opened, () => ask('POST', '/load?dry_run=true', bodyOf(facts('two'))));
  t.equal(stored(), 'one', 'a dry run');
  const stale = { headers: { 'if-match': '"0"' } };
  refused(t, await ask('POST', '/load', bodyOf(facts('two')), stale), 412, 'revision-mismatch');
  t.equal(stored(), 'one', 'a refused load');
  const loaded = await ask('POST', '/load', bodyOf(facts('two')), { key: 'k' });
  t.match(loaded.body, { changed: false });
  t.equal(stored(), 'two', 'a password alone is no event');
  t.equal((await ask('POST', '/load', bodyOf(facts('two'), ''), { key: 'k2' })).status, 200);
});

t.test('T16, T65: what does not exist is named', async (t) => {
  const opened = await openStation(t);
  const { ask } = opened;
  const add = (body: object): Promise<Answer> => ask('POST', '/processes', body);
  await harmless(t, opened, async () => {
    refused(t, await add({ host, role: 'x' }), 409, 'cluster-not-loaded');
  });
  await opened.fill();
  const fid = '0x7200000000000001:0xffff';
  await harmless(t, opened, async () => {
    refused(t, await add({ host, role: 'nope' }), 404, 'unknown-role', { field: 'nope' });
    refused(t, await add({ host: 'no.example', role: 'ha' }), 404, 'unknown-host');
    refused(
      t,
      await add({ host, role: 'clovis-app', overrides: { colour: 1 } }),
      422,
      'unknown-override',
      {
        detail: /colour/,
        field: 'colour',
      },
    );
    for (const name of ['constructor', 'toString', 'hasOwnProperty'])
      refused(
        t,
        await add({ host, role: 'clovis-app', overrides: { [name]: 1 } }),
        422,
        'unknown-override',
      );
    for (const name of ['constructor', '__proto__', 'toString'])
      refused(t, await add({ host, role: name }), 404, 'unknown-role');
    for (const path of ['', '/configuration'])
      refused(t, await ask('GET', `/processes/${fid}${path}`), 404, 'unknown-process', {
        detail: `there is no process ${fid}`,
      });
    refused(t, await ask('DELETE', `/processes/${fid}`), 404, 'unknown-process');
    refused(
      t,
      await ask('PUT', `/processes/${fid}/state`, { state: 'online' }),
      404,
      'unknown-process',
    );
    refused(t, await ask('GET', '/nodes/0x6e00000000000001:0xffff'), 404, 'unknown-node');
    refused(t, await ask('GET', '/hosts/no.example'), 404, 'unknown-host');
    refused(t, await ask('GET', '/status?host=no.example'), 404, 'unknown-host');
    refused(t, await ask('DELETE', '/tokens/0123456789ab'), 404, 'unknown-credential');
    refused(t, await ask('GET', '/why/nothing'), 404, 'not-found');
    refused(t, await ask('GET', '/nowhere'), 404, 'not-found');
    refused(t, await ask('PATCH', '/hosts', {}), 405, 'method-not-allowed');
  });
});

t.test(
  'T16: a template error names file, line and variable, and harms no other role',
  async (t) => {
    const opened = await openStation(t);
    const facts =
      'cluster: x\nhosts:\n  - fqdn: a.example\n    roles: []\n    variables: { lnid: l }\n';
    const roles = `- role: good
  processes:
    - { name: good, type: client, endpoint: "a.example:100", services: [RMS] }
- role: bad
  processes:
    - name: bad
      type: client
      endpoint: "{{ missing }}:1"
      services: [RMS]
`;
    const loaded = await opened.ask('POST', '/load', bodyOf(facts, roles));
    t.equal(loaded.status, 200, loaded.text);
    const add = (role: string) => opened.ask('POST', '/processes', { host: 'a.example', role });
    const answer = await harmless(t, opened, () => add('bad'));
    refused(t, answer, 422, 'unknown-variable', {
      field: 'missing',
      errors: [{ file: 'roles.yaml', line: 8, message: /missing/ }],
    });
    t.equal((await add('good')).status, 201);
  },
);

t.test('JSON of the wrong shape: the field is named', async (t) => {
  const opened = await openStation(t);
  await opened.fill();
  const { ask } = opened;
  const fid = '0x7200000000000001:0x1';
  await harmless(t, opened, async () => {
    for (const [method, path, body, field] of [
      ['POST', '/processes', { role: 'ha' }, 'host'],
      ['POST', '/processes', { host, rle: 'ha', role: 'ha' }, 'rle'],
      ['POST', '/processes', { host, role: 7 }, 'role'],
      ['POST', '/processes', { host, role: 'ha', overrides: [] }, 'overrides'],
      ['POST', '/processes', { host, role: 'ha', tokens: 'yes' }, 'tokens'],
      ['POST', '/processes', { host: 'UPPER.example', role: 'ha' }, 'host'],
      ['POST', '/processes', { host: `${'a'.repeat(260)}.example`, role: 'ha' }, 'host'],
      ['POST', '/processes', { host, role: '' }, 'role'],
      ['POST', '/processes', null, ''],
      ['POST', '/processes', [], ''],
      ['POST', '/nodes', { host, roles: [] }, 'roles'],
      ['POST', '/nodes', { host, roles: [{ name: 'ha', x: 1 }] }, 'roles[0].x'],
      ['POST', '/nodes', { host, roles: Array(65).fill({ name: 'ha' }) }, 'roles'],
      ['POST', '/hosts', { fqdn: 'a b' }, 'fqdn'],
      ['POST', '/load', { facts: { name: 'f' }, roles: [] }, 'facts.text'],
      ['POST', '/load', { facts: { name: 'f', text: 1 }, roles: [] }, 'facts.text'],
      ['POST', '/tokens', { name: 'x', role: 'king' }, 'role'],
      ['POST', '/tokens', { name: 'x', role: 'viewer', expires_in: 0 }, 'expires_in'],
      ['POST', '/tokens', { name: 'x', role: 'viewer', host }, 'host'],
      ['POST', '/tokens', { name: 'x', role: 'process' }, 'process'],
      ['PUT', `/processes/${fid}/state`, { state: 'inhibited' }, 'state'],
      ['PUT', `/processes/${fid}/state`, { state: 'online', reason: 'x'.repeat(1025) }, 'reason'],
      ['PUT', `/hosts/${host}/facts`, reported('10.0.0.3', { memory_mib: -1 }), 'memory_mib'],
      ['PUT', `/hosts/${host}/facts`, reported('10.0.0.3', { cpus: 1.5 }), 'cpus'],
      ['POST', '/facts', { hosts: [] }, 'hosts'],
      [
        'POST',
        '/facts',
        { hosts: [{ fqdn: 'a b', facts: reported('10.0.0.3') }] },
        'hosts[0].fqdn',
      ],
      ['POST', '/facts', { hosts: [{ fqdn: host, facts: {} }] }, 'hosts[0].facts.agent'],
      ['POST', '/facts', { hosts: [{ fqdn: host, ...reported('10.0.0.3') }] }, 'hosts[0].facts'],
      ['GET', '/processes/nonsense', undefined, 'fid'],
      ['GET', '/processes?limit=0', undefined, 'limit'],
      ['GET', '/processes?limit=10001', undefined, 'limit'],
      ['GET', '/processes?limit=many', undefined, 'limit'],
      ['GET', '/processes?node=nonsense', undefined, 'node'],
      ['GET', '/processes?state=happy', undefined, 'state'],
      ['GET', '/processes?cursor=nonsense', undefined, 'cursor'],
      ['GET', '/hosts?state=happy', undefined, 'state'],
      ['GET', '/graph?format=xml', undefined, 'format'],
      ['GET', '/status?problems=perhaps', undefined, 'problems'],
      ['GET', '/status?problem=true', undefined, 'problem'],
      ['GET', '/events?from=-1', undefined, 'from'],
      ['GET', '/why/x?kind=thing', undefined, 'kind'],
      ['POST', '/processes?dry-run=true', { host, role: 'clovis-app' }, 'dry-run'],
      ['POST', '/processes?dry_run=perhaps', { host, role: 'clovis-app' }, 'dry_run'],
    ] as const)
      refused(
        t,
        await ask(method, path, body),
        400,
        'invalid-request',
        field === '' ? {} : { field },
      );
    const future = [
      ...['100', '999999999999', '4102444800000'],
      ...['2100-01-01T00:00:00Z', '2100-01-01T00:00+01:00'],
    ];
    const noZone = ['2026-01-01', '2026-01-01T10:00', '2026-01-01T10:00:00.5'];
    const nonsense = ['-1', 'yesterday', 'x 1', '1.5', '2026-13-01T00:00Z', '9'.repeat(20)];
    for (const [ats, detail] of [
      [future, /is yet to come: (the log is at revision \d+|it is .*Z here)$/],
      [noZone, /does not say which zone it is of; write 2026-01-01T\d\d:00(:00.5)?Z/],
      [nonsense, /neither a revision nor a time/],
    ] as const)
      for (const at of ats)
        refused(
          t,
          await ask('GET', `/graph?at=${encodeURIComponent(at)}`),
          400,
          'invalid-request',
          {
            field: 'at',
            detail,
          },
        );
    for (const at of [...future, ...noZone, ...nonsense])
      refused(t, await ask('GET', `/status?at=${encodeURIComponent(at)}`), 400, 'invalid-request', {
        field: 'at',
      });
  });
});

t.test('what is not JSON at all', async (t) => {
  const opened = await openStation(t);
  const { ask } = opened;
  const send = (body: string, type = 'application/json'): Promise<Answer> =>
    ask('POST', '/hosts', body, { headers: { 'content-type': type } });
  await harmless(t, opened, async () => {
    for (const body of [
      '{',
      '',
      'fqdn: a',
      '{"fqdn":"a"',
      '\u0000',
      '{"fqdn":"a.example","__proto__":{"x":1}}',
    ])
      refused(t, await send(body), 400, 'invalid-request');
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'text/html', 'nonsense'])
      refused(t, await send('{"fqdn":"a.example"}', type), 415, 'unsupported-media-type');
    refused(t, await ask('GET', '/processes/%E0%A4%A'), 400, 'invalid-request');
  });
});

t.test('a body that is nested deeper than anything needs', async (t) => {
  const opened = await openStation(t);
  const { ask, fill } = opened;
  await fill();
  const nested = (levels: number, open: string, close: string): string =>
    `{"host":"${host}","role":"clovis-app","overrides":{"x":${open.repeat(levels)}1${close.repeat(levels)}}}`;
  await harmless(t, opened, async () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const)
      for (const levels of [100_000, nestingMax])
        for (const headers of [{}, { 'idempotency-key': `${open} ${levels}` }])
          for (const path of ['/processes', '/processes?dry_run=true', '/hosts', '/load'])
            refused(
              t,
              await ask('POST', path, nested(levels, open, close), { headers }),
              400,
              'invalid-request',
            );
    const most = nested(nestingMax - 2, '[', ']');
    t.notMatch((await ask('POST', '/processes', most)).text, /nested/, 'as deep as may be');
    t.match((await ask('POST', '/processes', nested(nestingMax - 1, '[', ']'))).text, /nested/);
  });
});

t.test('a body of 10 MiB', async (t) => {
  const opened = await openStation(t);
  const { ask } = opened;
  await harmless(t, opened, async () => {
    const huge = JSON.stringify({ fqdn: 'a'.repeat(10 * 1024 * 1024) });
    refused(t, await ask('POST', '/hosts', huge), 413, 'body-too-large');
    const fitting = JSON.stringify({ fqdn: '' });
    const pad = (size: number): string => fitting + ' '.repeat(size - fitting.length);
    refused(t, await ask('POST', '/hosts', pad(bodyBytesMax)), 400, 'invalid-request', {
      field: 'fqdn',
    });
    refused(t, await ask('POST', '/hosts', pad(bodyBytesMax + 1)), 413, 'body-too-large');
    const load = JSON.stringify(bodyOf('cluster: x'));
    const fill = (size: number): string => load + ' '.repeat(size - load.length);
    refused(t, await ask('POST', '/load', fill(loadBytesMax + 1)), 413, 'body-too-large');
    refused(t, await ask('POST', '/load', fill(loadBytesMax)), 422, 'invalid-files');
    const facts = `cluster: x\nhosts: []\n# ${'x'.repeat(10 * 1024 * 1024)}\n`;
    refused(t, await ask('POST', '/load', bodyOf(facts)), 400, 'invalid-request', {
      field: 'facts.text',
    });
  });
});

t.test('a revision that is out of date', async (t) => {
  const opened = await openStation(t);
  await opened.fill();
  const { ask, station } = opened;
  const add = (match: string): Promise<Answer> =>
    ask('POST', '/processes', { host, role: 'clovis-app' }, { headers: { 'if-match': match } });
  const head = station.log.head();
  await harmless(t, opened, async () => {
    refused(t, await add(`"${head - 1}"`), 412, 'revision-mismatch');
    refused(t, await add(`"${head + 1}"`), 412, 'revision-mismatch');
    for (const match of ['"x"', '*', '"1", "2"', '-1'])
      refused(t, await add(match), 400, 'invalid-request', { field: 'if-match' });
  });
  t.equal((await add(`"${head}"`)).status, 201);
  refused(t, await add(`"${head}"`), 412, 'revision-mismatch');
  t.equal((await add(String(head + 1))).status, 201);
});

t.test('a dry run answers with the events and appends nothing', async (t) => {
  const opened = await openStation(t);
  await opened.fill();
  const body = { host, role: 'clovis-app', tokens: true };
  const plan = await harmless(t, opened, () => opened.ask('POST', '/processes?dry_run=true', body));
  t.equal(plan.status, 200);
  t.match(plan.body, { dry_run: true, revision: opened.station.head });
  t.notMatch(plan.text, /"hash"/, 'hashes of tokens stay inside');
  await opened.ask('POST', '/processes', body);
  const { events } = (await opened.ask('GET', `/events?from=${plan.body.revision}`)).body;
  const told = events.map(({ type, data, rule }: Record<string, unknown>) => ({
    type,
    data,
    rule,
  }));
  t.same(told, plan.body.events, 'what it said is what happens');
});

t.test('a clock that jumps backwards', async (t) => {
  let now = 1_790_000_000_000;
  const opened = await openStation(t, {
    time: { ...systemTime, now: () => now, monotonic: () => 0 },
  });
  await opened.fill();
  const { ask, station } = opened;
  const add = (): Promise<Answer> => ask('POST', '/processes', { host, role: 'clovis-app' });
  const first = await add();
  now -= 24 * 3600 * 1000;
  const second = await add();
  t.equal(second.status, 201);
  const times = (await Array.fromAsync(station.log.read(0 as never))).map(({ at }) => at);
  t.same(
    times,
    times.toSorted((a, b) => a - b),
    'time in the log never runs backwards',
  );
  t.equal(times.at(-1), 1_790_000_000_000);
  const past = await ask('GET', `/processes?role=clovis-app&at=${first.body.revision}`);
  t.equal(past.body.items.length, 1);
  const digest = station.graph.digest();
  await opened.close();
  const again = await openStation(t, {
    directory: opened.directory,
    admin: opened.admin,
    time: { ...systemTime, now: () => now },
  });
  t.equal(again.station.graph.digest(), digest);
});

t.test('a page goes on where it was, although what its cursor names is gone', async (t) => {
  const { ask, fill } = await openStation(t);
  await fill();
  await ask('POST', '/processes', { host, role: 'clovis-app', overrides: { multiplicity: 30 } });
  const seen: string[] = [];
  let cursor = '';
  do {
    const { items, next } = (await ask('GET', `/processes?role=clovis-app&limit=7${cursor}`)).body;
    seen.push(...items.map(({ fid }: { fid: string }) => fid));
    if (next !== null) t.equal((await ask('DELETE', `/processes/${next}`)).status, 200);
    cursor = next === null ? '' : `&cursor=${next}`;
  } while (cursor !== '');
  t.equal(seen.length, 30);
  t.equal(new Set(seen).size, 30);
  const names = (await ask('GET', '/hosts?limit=2')).body;
  t.equal(names.items.length, 2);
  t.same((await ask('GET', `/hosts?cursor=${names.next}`)).body.items.length, 1);
});

t.test('filters narrow together', async (t) => {
  const { ask, fill } = await openStation(t);
  await fill();
  const { node } = (await ask('GET', '/hosts/node2.halcyon.example')).body;
  const count = async (query: string): Promise<number> =>
    (await ask('GET', `/processes?${query}`)).body.items.length;
  t.equal(await count(`host=node2.halcyon.example&node=${node}`), 2);
  t.equal(await count(`host=node1.halcyon.example&node=${node}`), 0);
  t.equal(await count(`host=node2.halcyon.example&role=m0t1fs`), 1);
  t.equal(await count('host=no.example'), 0);
});

t.test('the cluster as it was', async (t) => {
  let now = 1_790_000_000_000;
  const { ask, fill } = await openStation(t, {
    time: { ...systemTime, now: () => now, monotonic: () => 0 },
  });
  await fill();
  const count = async (at: string | number): Promise<number> => {
    const answer = await ask('GET', `/processes?role=clovis-app&at=${encodeURIComponent(at)}`);
    t.equal(answer.status, 200, answer.text);
    return answer.body.items.length;
  };
  const revisions: number[] = [];
  for (let i = 0; i < 5; i += 1) {
    now += 1000;
    revisions.push((await ask('POST', '/processes', { host, role: 'clovis-app' })).body.revision);
  }
  for (const [i, revision] of revisions.entries()) {
    t.equal(await count(revision), i + 1);
    t.equal(await count(1_790_000_000_000 + 1000 * (i + 1)), i + 1);
    t.equal(await count(new Date(1_790_000_000_500 + 1000 * (i + 1)).toISOString()), i + 1);
  }
  t.equal(await count(0), 0);
  t.equal(await count('2026-01-01T00:00Z'), 0);
  t.equal(await count('2026-01-01T01:00:00+01:00'), 0);
  const old = await ask('GET', `/status?at=${revisions[1]}`);
  t.equal(old.headers['halcyon-revision'], String(revisions[1]));
  t.equal(old.body.revision, revisions[1]);
  t.same((await ask('GET', '/status?at=0')).body.hosts, []);
});

t.test('what is dumped loads again and allocates nothing', async (t) => {
  const { ask, fill, station } = await openStation(t);
  await fill();
  const dump = await ask('GET', '/dump');
  t.match((await ask('POST', '/load', dump.body)).body, { hosts: 3, processes: 0 });
  t.equal((await ask('GET', '/dump')).text, dump.text);
  const digest = station.graph.digest();
  t.match((await ask('POST', '/load', dump.body)).body, { changed: false });
  t.equal(station.graph.digest(), digest);
});
