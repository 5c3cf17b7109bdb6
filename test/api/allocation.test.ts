/** "Allocation, exactly", line by line, through the API. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { systemTime } from '../../src/station/time.ts';
import { bodyOf, host, openStation, reported, temporary } from '../station/harness.ts';
import type { Answer, Ask } from '../station/harness.ts';

const fids = ({ body }: Answer): string[] => body.processes.map((one: { fid: string }) => one.fid);
const endpoints = ({ body }: Answer): string[] =>
  body.processes.map((one: { endpoint: string }) => one.endpoint);
const rolesOf = ({ body }: Answer): string[] =>
  body.processes.map((one: { role: string }) => one.role);

const add = (ask: Ask, role: string, more: object = {}, key?: string): Promise<Answer> =>
  ask('POST', '/processes', { host, role, ...more }, key === undefined ? {} : { key });

/**
 * Facts with one host that no agent runs on, whose variables are declared, and a role of each kind.
 */
const facts = `
cluster: lines
hosts:
  - fqdn: quiet.example
    roles: []
    variables: { lnid: 10.1.1.1@tcp }
  - fqdn: other.example
    roles: []
    variables: { lnid: 10.1.1.2@tcp }
`;
const role = (name: string, fields: string): string => `
- role: ${name}
  processes:
    - name: ${name}
      type: client
      ownership: independent
      services: [RMS]
${fields.replaceAll(/^/gm, '      ')}
`;
const roles = [
  role('plain', 'endpoint: "{{ lnid }}:12345:41:300"'),
  role('last', 'endpoint: "{{ lnid }}:12345:41:4094"'),
  role('port', 'endpoint: "www.example:65534"'),
  role('many', 'endpoint: "{{ lnid }}:12345:41:500"\nmultiplicity: "{{ multiplicity }}"'),
  role('three', 'endpoint: "{{ lnid }}:12345:41:600"\nmultiplicity: 3'),
  role(
    'ranged',
    'endpoint: "{{ lnid }}:12345:41:700"\nmultiplicity: "{{ multiplicity }}"\n' +
      'environment: { PORT: { range: [9000, 9002] } }',
  ),
  role('broken', 'endpoint: "{{ nowhere }}:12345:41:800"'),
  role(
    'quoting',
    'endpoint: "{{ lnid }}:12345:41:900"\nenvironment:\n' +
      "  PLAIN: abc\n  SPACES: ' a  b '\n  QUOTES: '\"it''s\"'\n  SHELL: '$HOME `id` \\ \\\\ ! # ; & | * ~'\n  EMPTY: ''",
  ),
].join('');

const lines = async (t: Parameters<typeof openStation>[0]) => {
  const opened = await openStation(t);
  const loaded = await opened.ask('POST', '/load', bodyOf(facts, roles));
  t.equal(loaded.status, 200, loaded.text);
  const addTo = (name: string, role: string, overrides = {}) =>
    opened.ask('POST', '/processes', { host: name, role, overrides });
  return { ...opened, addTo };
};

t.test(
  'T01, T01b: a host without processes becomes a node in the same commit, with what the role requires',
  async (t) => {
    const { ask, fill } = await openStation(t);
    await fill();
    t.equal((await ask('GET', `/hosts/${host}`)).body.node, null);
    const first = await add(ask, 'clovis-app');
    t.equal(first.status, 201);
    t.same(rolesOf(first), ['ha', 'clovis-app']);
    const node = await ask('GET', `/hosts/${host}`);
    t.equal(node.body.node, first.body.node);
    t.match(first.body.node, /^0x6e00000000000001:0x[0-9a-f]+$/);
    const events = (await ask('GET', `/events?from=${first.body.revision - 1}`)).body.events;
    t.same(
      [...new Set(events.map((event: { id: string }) => event.id.split('.')[0]))],
      [String(first.body.revision)],
    );
    const [ha, app] = first.body.processes;
    t.equal(app.environment.MERO_HA_EP, ha.endpoint);
    t.same(rolesOf(await add(ask, 'clovis-app')), ['clovis-app'], 'required once per node');
  },
);

t.test('T18: an add needs no running agent on the host', async (t) => {
  const { ask, addTo } = await lines(t);
  const added = await addTo('quiet.example', 'plain');
  t.equal(added.status, 201, added.text);
  t.equal((await ask('GET', '/hosts/quiet.example')).body.state, 'unknown');
  t.equal((await ask('GET', `/processes/${fids(added)[0]}`)).body.state, 'unknown');
});

t.test(
  'T14: an endpoint is as templated if it is free, else the next one, whatever state its holder is in',
  async (t) => {
    const { ask, addTo } = await lines(t);
    const first = await addTo('quiet.example', 'plain');
    t.same(endpoints(first), ['10.1.1.1@tcp:12345:41:300']);
    await ask('PUT', `/processes/${fids(first)[0]}/state`, { state: 'failed' });
    t.same(endpoints(await addTo('quiet.example', 'plain')), ['10.1.1.1@tcp:12345:41:301']);
    t.same(endpoints(await addTo('other.example', 'plain')), ['10.1.1.2@tcp:12345:41:300']);
  },
);

t.test(
  'T13: without a free endpoint a request is rejected: the last segment ends at 4095, a port at 65535, no wrap',
  async (t) => {
    const { ask, station, addTo } = await lines(t);
    for (const [name, ends] of [
      ['last', ['10.1.1.1@tcp:12345:41:4094', '10.1.1.1@tcp:12345:41:4095']],
      ['port', ['www.example:65534', 'www.example:65535']],
    ] as const) {
      t.same(endpoints(await addTo('quiet.example', name)), [ends[0]]);
      t.same(endpoints(await addTo('quiet.example', name)), [ends[1]]);
      const head = station.log.head();
      const full = await addTo('quiet.example', name);
      t.match(full, { status: 409, body: { code: 'no-free-endpoint' } });
      t.equal(station.log.head(), head);
    }
    t.match(await addTo('other.example', 'port'), { status: 409 }, 'unique in the whole cluster');
    t.equal((await ask('GET', '/processes')).body.items.length, 4);
  },
);

t.test('T39: an endpoint is free again when it has cooled down, a fid never', async (t) => {
  const { ask, addTo } = await lines(t);
  const waiting = await addTo('quiet.example', 'plain');
  t.equal((await ask('DELETE', `/processes/${fids(waiting)[0]}`)).status, 200);
  const other = await addTo('quiet.example', 'plain');
  t.not(endpoints(other)[0], endpoints(waiting)[0]);
  t.equal((await ask('DELETE', `/processes/${fids(other)[0]}`)).status, 200);
  t.equal((await ask('PUT', '/vars', { endpoint_cooldown: 0 })).status, 200);
  const first = await addTo('quiet.example', 'plain');
  t.equal((await ask('DELETE', `/processes/${fids(first)[0]}`)).status, 200);
  const second = await addTo('quiet.example', 'plain');
  t.same(endpoints(second), endpoints(first));
  t.not(fids(second)[0], fids(first)[0]);
  t.match(await ask('GET', `/processes/${fids(first)[0]}`), { status: 404 });
});

t.test(
  'a range gives the lowest value unused on the node; where none is, nothing of the request is added',
  async (t) => {
    const { ask, station, addTo } = await lines(t);
    const ports = ({ body }: Answer): string[] =>
      body.processes.map((one: { environment: { PORT: string } }) => one.environment.PORT);
    const two = await addTo('quiet.example', 'ranged', { multiplicity: 2 });
    t.same(ports(two), ['9000', '9001']);
    await ask('DELETE', `/processes/${fids(two)[0]}`);
    t.same(ports(await addTo('quiet.example', 'ranged')), ['9000']);
    const before = station.graph.digest();
    const head = station.log.head();
    const refused = await addTo('quiet.example', 'ranged', { multiplicity: 2 });
    t.match(refused, { status: 409, body: { code: 'environment-range-exhausted' } });
    t.equal(station.log.head(), head);
    t.equal(station.graph.digest(), before);
    t.same(ports(await addTo('other.example', 'ranged')), ['9000'], 'of another node');
    t.same(ports(await addTo('quiet.example', 'ranged')), ['9002'], 'the refusal took nothing');
  },
);

t.test(
  'T08, T09, T10: multiplicity: as many as asked in one commit, 1 if not asked, a number of the role stands',
  async (t) => {
    const { station, addTo } = await lines(t);
    const head = station.log.head();
    const five = await addTo('quiet.example', 'many', { multiplicity: 5 });
    t.equal(fids(five).length, 5);
    t.equal(station.log.head(), head + 1);
    t.equal(fids(await addTo('quiet.example', 'many')).length, 1);
    t.equal(fids(await addTo('quiet.example', 'three')).length, 3);
    t.match(await addTo('quiet.example', 'three', { multiplicity: 2 }), {
      status: 422,
      body: { code: 'multiplicity-fixed' },
    });
    const before = station.graph.digest();
    for (const multiplicity of [0, -1, 1.5, 10_001, '2.5', 'many', null, true, [2], {}])
      t.match(
        await addTo('quiet.example', 'many', { multiplicity }),
        { status: 422, body: { code: 'invalid-multiplicity' } },
        JSON.stringify(multiplicity),
      );
    t.match(
      await addTo('quiet.example', 'many', { multiplicity: 1e300 }),
      {
        status: 400,
        body: { code: 'invalid-request', detail: /overrides\.multiplicity may not be printed/ },
      },
      'such a number is refused before anybody asks how many it is',
    );
    t.equal(station.graph.digest(), before);
  },
);

t.test('T09, T16: only the requested role is rendered', async (t) => {
  const { addTo } = await lines(t);
  t.equal((await addTo('quiet.example', 'plain')).status, 201);
  t.match(await addTo('quiet.example', 'broken'), {
    status: 422,
    body: {
      code: 'unknown-variable',
      detail: /nowhere/,
      errors: [{ file: 'roles.yaml', line: Number }],
    },
  });
});

t.test('T23, T57: what was allocated is recorded: a restart allocates nothing', async (t) => {
  const { ask, addTo, close, directory, admin, station } = await lines(t);
  const added = await addTo('quiet.example', 'many', { multiplicity: 20 });
  await ask('DELETE', `/processes/${fids(added)[3]}`);
  const digest = station.graph.digest();
  const processes = (await ask('GET', '/processes')).text;
  await close();
  const again = await openStation(t, { directory, admin });
  t.equal(again.station.graph.digest(), digest);
  t.equal((await again.ask('GET', '/processes')).text, processes);
  t.equal(await again.station.access.bootstrap(), null);
});

t.test('two equal requests are two requests', async (t) => {
  const { ask, fill } = await openStation(t);
  await fill();
  const [a, b] = [await add(ask, 'clovis-app'), await add(ask, 'clovis-app')];
  t.match([a.status, b.status], [201, 201]);
  t.not(fids(a).at(-1), fids(b).at(-1));
});

t.test(
  'T03: with one idempotency key the second gets the first answer, byte for byte',
  async (t) => {
    const opened = await openStation(t);
    const { ask, fill, station } = opened;
    await fill();
    const more = { overrides: { multiplicity: 2 }, tokens: true };
    const first = await add(ask, 'clovis-app', more, 'k1');
    const head = station.log.head();
    const same = (answer: Answer, what: string): void => {
      t.equal(answer.status, 201, what);
      t.equal(answer.text, first.text, what);
      t.equal(answer.headers['halcyon-revision'], first.headers['halcyon-revision'], what);
    };
    same(await add(ask, 'clovis-app', more, 'k1'), 'at once');
    t.equal(station.log.head(), head);

    await t.test('the same tokens are in it, and they work', async (t) => {
      for (const { fid, token } of first.body.processes) {
        const answer = await ask('GET', `/processes/${fid}/configuration`, undefined, { token });
        t.equal(answer.status, 200);
      }
    });

    // What others require goes last.
    for (const fid of fids(first).toReversed())
      t.equal((await ask('DELETE', `/processes/${fid}`)).status, 200);
    same(await add(ask, 'clovis-app', more, 'k1'), 'the processes are gone');
    await opened.close();
    const again = await openStation(t, { directory: opened.directory, admin: opened.admin });
    same(await add(again.ask, 'clovis-app', more, 'k1'), 'after a restart, the processes gone');
    t.equal((await again.ask('GET', '/processes?role=clovis-app')).body.items.length, 0);
  },
);

t.test('a key belongs to who sent it and to what was asked', async (t) => {
  const { ask, fill, tokenOf } = await openStation(t);
  await fill();
  const first = await add(ask, 'clovis-app', {}, 'k');
  t.match(await add(ask, 's3server', {}, 'k'), {
    status: 422,
    body: { code: 'idempotency-key-reused' },
  });
  const token = await tokenOf('operator');
  const other = await ask('POST', '/processes', { host, role: 'clovis-app' }, { token, key: 'k' });
  t.equal(other.status, 201);
  t.not(fids(other).at(-1), fids(first).at(-1));
});

t.test('a key is forgotten after 24 hours', async (t) => {
  let now = 1_790_000_000_000;
  const { ask, fill, station } = await openStation(t, {
    time: { ...systemTime, now: () => now, monotonic: () => 0 },
  });
  await fill();
  const first = await add(ask, 'clovis-app', {}, 'k');
  now += 24 * 3600 * 1000 + 1;
  await station.submit({ type: 'FireDeadlines' }, { actor: 'station' }, () => null);
  const second = await add(ask, 'clovis-app', {}, 'k');
  t.equal(second.status, 201);
  t.not(second.body.revision, first.body.revision);
});

t.test('a repeated report of another machine is refused again', async (t) => {
  const { ask, fill } = await openStation(t);
  await fill();
  const report = reported('10.0.0.99');
  for (const time of ['first', 'second']) {
    const answer = await ask('PUT', `/hosts/${host}/facts`, report, { key: 'claim' });
    t.match(answer, { status: 409, body: { code: 'host-claimed', field: 'agent' } }, time);
  }
});

t.test(
  'T19: the reply holds the configuration of every process added; a read gives the same later',
  async (t) => {
    const { ask, fill } = await openStation(t);
    await fill();
    const added = await add(ask, 's3server');
    t.same(rolesOf(added), ['ha', 's3server', 's3server', 's3server', 's3server']);
    for (const expected of added.body.processes) {
      const read = await ask('GET', `/processes/${expected.fid}/configuration`);
      t.same(read.body, expected);
      t.equal(expected.environment.MERO_PROCESS_FID, expected.fid);
    }
  },
);

t.test('env, json and yaml hold the same, as sh, bash and systemd read it', async (t) => {
  const { ask, addTo } = await lines(t);
  const [fid] = fids(await addTo('quiet.example', 'quoting'));
  const path = `/processes/${fid}/configuration`;
  const json = await ask('GET', path);
  const yaml = await ask('GET', `${path}?format=yaml`);
  const env = await ask('GET', `${path}?format=env`);
  t.match(json.headers['content-type'], /^application\/json/);
  t.match(yaml.headers['content-type'], /^application\/yaml/);
  t.match(env.headers['content-type'], /^text\/plain/);
  t.same(parse(yaml.text), json.body);
  const { environment } = json.body;
  t.equal(environment.SHELL, '$HOME `id` \\ \\\\ ! # ; & | * ~');
  t.equal(environment.QUOTES, '"it\'s"');
  t.equal(environment.EMPTY, '');
  const file = join(temporary(t), 'environment');
  writeFileSync(file, env.text);
  for (const shell of ['sh', 'bash'])
    for (const [name, value] of Object.entries(environment)) {
      const read = execFileSync(shell, ['-c', `. "$1"; printf %s "$${name}"`, shell, file]);
      t.equal(read.toString(), value, `${shell} ${name}`);
    }
});

t.test('a configuration has a tag, and is not sent again while it holds', async (t) => {
  const { ask, fill } = await openStation(t);
  await fill();
  const [, app] = (await add(ask, 'clovis-app')).body.processes;
  for (const format of ['json', 'env', 'yaml']) {
    const path = `/processes/${app.fid}/configuration?format=${format}`;
    const first = await ask('GET', path);
    const tag = first.headers['etag']!;
    t.match(tag, /^"[0-9a-f]{32}"$/);
    for (const held of [tag, `"other", ${tag}`, `W/${tag}`, '*']) {
      const again = await ask('GET', path, undefined, { headers: { 'if-none-match': held } });
      t.equal(again.status, 304, `${format} ${held}`);
      t.equal(again.text, '');
      t.equal(again.headers['etag'], tag);
    }
    const changed = await ask('GET', path, undefined, { headers: { 'if-none-match': '"stale"' } });
    t.equal(changed.status, 200);
    t.equal(changed.text, first.text);
  }
});

t.test(
  'a token of a process reads its own configuration and reports its own state, no more',
  async (t) => {
    const { ask, fill, station } = await openStation(t);
    await fill();
    const { processes } = (
      await add(ask, 'clovis-app', { overrides: { multiplicity: 2 }, tokens: true })
    ).body;
    const [, own, other] = processes;
    const { token } = own;
    const mine = (method: string, path: string, body?: unknown): Promise<Answer> =>
      ask(method, path, body, { token });
    t.match(await mine('GET', '/whoami'), { body: { role: 'process', process: own.fid } });
    t.equal((await mine('GET', `/processes/${own.fid}/configuration`)).status, 200);
    t.equal(
      (await mine('GET', `/processes/${own.fid.toUpperCase().replaceAll('X', 'x')}`)).status,
      200,
    );
    t.equal((await mine('PUT', `/processes/${own.fid}/state`, { state: 'online' })).status, 200);
    const head = station.log.head();
    for (const [method, path, body] of [
      ['GET', `/processes/${other.fid}/configuration`],
      ['GET', `/processes/${other.fid}`],
      ['PUT', `/processes/${other.fid}/state`, { state: 'failed' }],
      ['DELETE', `/processes/${own.fid}`],
      ['GET', '/processes'],
      ['GET', '/status'],
      ['POST', '/processes', { host, role: 'clovis-app' }],
    ] as const)
      t.match(await mine(method, path, body), { status: 403, body: { code: 'forbidden' } }, path);
    t.equal(station.log.head(), head);

    t.equal((await mine('PUT', `/processes/${own.fid}/state`, { state: 'offline' })).status, 200);
    t.equal((await ask('DELETE', `/processes/${own.fid}`)).status, 200);
    t.match(
      await mine('GET', `/processes/${own.fid}/configuration`),
      { status: 401 },
      'it ends with it',
    );
  },
);

t.test('state reports are recorded when they change something', async (t) => {
  const { ask, fill, station } = await openStation(t);
  await fill();
  const [ha, app] = (await add(ask, 'clovis-app')).body.processes;
  const report = (state: string, reason?: string): Promise<Answer> =>
    ask('PUT', `/processes/${app.fid}/state`, { state, reason });
  const head = station.log.head();
  t.match((await report('online')).body, { revision: head + 1, changed: true });
  t.match((await report('online')).body, { revision: head + 1, changed: false });
  t.match((await report('failed', 'out of memory')).body, { changed: true });
  t.match((await report('failed', 'out of memory')).body, { changed: false });
  t.match((await report('failed', 'killed')).body, { changed: true });
  t.equal(station.log.head(), head + 3);
  t.match((await ask('GET', `/processes/${app.fid}`)).body, { state: 'failed', reason: 'killed' });
  const { items } = (await ask('GET', '/processes?state=failed')).body;
  t.same(
    items.map(({ fid }: { fid: string }) => fid),
    [app.fid],
  );
  t.match(await ask('PUT', `/processes/${app.fid}/state`, { state: 'unknown' }), { status: 400 });
  t.match(await ask('PUT', `/processes/${ha.fid}/state`, { state: 'online' }), {
    status: 409,
    body: { code: 'process-managed' },
  });
});

t.test('a process that runs is not removed', async (t) => {
  const { ask, fill } = await openStation(t);
  await fill();
  const [, { fid }] = (await add(ask, 'clovis-app')).body.processes;
  await ask('PUT', `/processes/${fid}/state`, { state: 'online' });
  t.match(await ask('DELETE', `/processes/${fid}`), {
    status: 409,
    body: { code: 'process-busy' },
  });
});

t.test('several roles are one commit, all of them or none', async (t) => {
  const { ask, fill, station } = await openStation(t);
  await fill();
  const head = station.log.head();
  const roles = [{ name: 'm0t1fs' }, { name: 'clovis-app', overrides: { multiplicity: 2 } }];
  const added = await ask('POST', '/nodes', { host, roles, tokens: true });
  t.equal(added.status, 201);
  t.same(rolesOf(added), ['ha', 'm0t1fs', 'clovis-app', 'clovis-app']);
  t.equal(station.log.head(), head + 1);
  t.match(added.body.processes[3].token, /^hal_/);
  const refused = await ask('POST', '/nodes', {
    host,
    roles: [{ name: 'm0t1fs' }, { name: 'nope' }],
  });
  t.match(refused, { status: 404, body: { code: 'unknown-role' } });
  t.equal(station.log.head(), head + 1);
});
