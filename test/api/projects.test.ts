/** Projects by the API, and what members of one see: their machines, and nothing of any other. */

import t from 'tap';
import { endpoints } from '../../src/contract/catalogue.ts';
import type { Endpoint } from '../../src/contract/endpoint.ts';
import { machinesMax } from '../../src/core/values/projects.ts';
import { openStation } from '../station/harness.ts';
import type { Answer, Asked, Json } from '../station/harness.ts';
import { nobodys, ours, theirs, traces, twoProjects } from './two-projects.ts';

t.test('a project is created once, lists its machines and goes without them', async (t) => {
  const { ask, fill } = await openStation(t);
  await fill();
  const created = await ask('POST', '/projects', { name: 'climate' });
  t.match(created, { status: 201, body: { name: 'climate', machines: 0, lasting: true } });
  t.match(await ask('POST', '/projects', { name: 'climate' }), {
    status: 409,
    body: { code: 'project-exists' },
  });
  const attach = (hosts: unknown): Promise<Answer> =>
    ask('POST', '/projects/climate/attach', { hosts });
  t.match(await attach([ours, theirs]), { status: 200, body: { machines: 2 } });
  const listed = (await ask('GET', '/hosts?project=climate&limit=1')).body;
  t.match(listed.items, [{ fqdn: ours, project: 'climate' }]);
  const rest = await ask('GET', `/hosts?project=climate&cursor=${listed.next}`);
  t.match(rest.body, { items: [{ fqdn: theirs }], next: null });
  t.match((await ask('GET', '/hosts?project=none')).body.items, []);
  t.match((await ask('GET', '/projects')).body.items, [{ name: 'climate', machines: 2 }]);
  t.match(await ask('DELETE', '/projects/climate'), {
    status: 409,
    body: { code: 'project-in-use' },
  });
  t.match(await ask('POST', '/projects/climate/detach', { hosts: [ours, theirs] }), {
    body: { machines: 0 },
  });
  t.match(await ask('DELETE', '/projects/climate'), { status: 200, body: { changed: true } });
  t.match(await ask('GET', '/projects/climate'), { status: 404 });
  t.match((await ask('GET', '/projects/climate?at=1')).status, 404, 'nor was there one at first');
});

t.test('what is no name, no machine or no member is refused, and the field is named', async (t) => {
  const { ask } = await openStation(t);
  for (const name of ['', ' ', 'a b', '../x', '-a', 'a-', 'a/b', 'ä', 'x'.repeat(65), 7, null])
    t.match(await ask('POST', '/projects', { name }), {
      status: 400,
      body: { code: 'invalid-request', field: 'name' },
    });
  t.match(await ask('POST', '/projects', { name: 'x'.repeat(64) }), { status: 201 });
  await ask('POST', '/projects', { name: 'a' });
  for (const hosts of [undefined, [], 'n1.example', ['N1'], ['a b'], [null]])
    t.match(await ask('POST', '/projects/a/attach', { hosts }), { status: 400 });
  const issue = (body: object): Promise<Answer> => ask('POST', '/tokens', { name: 'x', ...body });
  const place = { name: 'a', role: 'viewer' };
  for (const body of [
    { role: 'member' },
    { role: 'member', projects: [] },
    { role: 'viewer', projects: [place] },
    { role: 'member', projects: [place, place] },
    { role: 'member', projects: [{ name: 'a', role: 'admin' }] },
  ])
    t.match(await issue(body), { status: 400, body: { code: 'invalid-request' } });
  t.match(await issue({ role: 'member', projects: [{ ...place, name: 'b' }] }), {
    status: 404,
    body: { code: 'unknown-project' },
  });
  t.match(await ask('PUT', '/projects/a/members/none', { role: 'viewer' }), { status: 404 });
});

t.test('one request attaches so many machines, and one more is refused', async (t) => {
  const { ask } = await openStation(t);
  await ask('POST', '/projects', { name: 'a' });
  const names = Array.from({ length: machinesMax + 1 }, (_, i) => `n${i}.example`);
  const attach = (hosts: string[]): Promise<Answer> => ask('POST', '/projects/a/attach', { hosts });
  t.match(await attach(names), { status: 400, body: { field: 'hosts' } });
  t.match(await attach(names.slice(1)), { status: 404, body: { code: 'unknown-host' } });
});

t.test('who may not know whose a machine is, is not told by a refusal', async (t) => {
  const { ask, tokenOf } = await twoProjects(t);
  const token = await tokenOf('operator');
  const attach = (asked: Asked): Promise<Answer> =>
    ask('POST', '/projects/ours/attach', { hosts: [theirs] }, asked);
  t.match(await attach({}), { status: 409, body: { detail: /the project theirs/ } });
  const refused = await attach({ token });
  t.match(refused, { status: 409, body: { code: 'machine-lent' } });
  t.notMatch(refused.text, /project theirs/);
});

t.test('a member sees the machines of its project and what is on them', async (t) => {
  const two = await twoProjects(t);
  const { ask, operator, viewer, ourProcess, ourNode } = two;
  for (const token of [operator, viewer]) {
    const get = async (path: string): Promise<Json> =>
      (await ask('GET', path, undefined, { token })).body;
    t.match(await get('/hosts'), { items: [{ fqdn: ours }], next: null });
    t.match(await get('/nodes'), { items: [{ fid: ourNode }], next: null });
    t.ok((await get('/processes')).items.every(({ host }: Json) => host === ours));
    t.match(await get(`/hosts/${ours}`), { fqdn: ours, project: 'ours' });
    t.match(await get(`/processes/${ourProcess}`), { fid: ourProcess });
    t.match(await get(`/processes/${ourProcess}/configuration`), { fid: ourProcess });
    t.match(await get('/projects'), { items: [{ name: 'ours', machines: 1 }] });
    const status = await get('/status');
    t.match(status.hosts, [{ fqdn: ours }]);
    t.same(status.counts.hosts, { unknown: 0, up: 1, down: 0 }, 'counts are of what it sees');
    const [{ processes }] = status.hosts;
    const counted = Object.values(status.counts.processes).reduce(
      (a: number, b) => a + Number(b),
      0,
    );
    t.equal(counted, processes.length);
    t.match(await get('/events?limit=10000'), { events: /./, next: null });
    t.match(await get(`/why/${ours}`), { kind: 'host', steps: [{ command: 'AttachMachines' }] });
    t.match(await get('/whoami'), { role: 'member', projects: [{ name: 'ours' }] });
  }
  const report = (token: string): Promise<Answer> =>
    ask('PUT', `/processes/${ourProcess}/state`, { state: 'online' }, { token });
  t.match(await report(viewer), { status: 403, body: { code: 'forbidden' } });
  t.match(await report(operator), { status: 200 });
  const add = { host: ours, role: 'clovis-app' };
  t.match(await ask('POST', '/processes', add, { token: viewer }), { status: 403 });
  const added = await ask('POST', '/processes', add, { token: operator });
  t.match(added, { status: 201 });
  const { fid } = added.body.processes[0];
  const removed = await ask('DELETE', `/processes/${fid}`, undefined, { token: operator });
  t.match(removed, { status: 200, body: { state: 'succeeded' } });
  const seen = await ask('GET', `/operations/${removed.body.id}`, undefined, { token: operator });
  t.match(
    seen,
    { status: 200, body: { state: 'succeeded' } },
    'its own, though what it was about went',
  );
});

/** The paths and bodies of a request about a machine, a node or a process. */
interface About {
  readonly host: string;
  readonly node: string;
  readonly process: string;
}

const bodies: Readonly<Record<string, object>> = {
  openConsole: {},
  scale: { role: 'clovis-app', to: 1 },
  reportState: { state: 'online' },
  leaseProcess: { seconds: 60 },
  powerObm: { action: 'on' },
  setBootDevice: { device: 'pxe' },
  refreshObm: {},
  rebootHost: {},
  rebootNode: {},
  setLight: { light: 'on' },
  reinstallHost: {},
  addNote: { text: 'a note' },
};

const requestOf = (
  name: string,
  { method, path }: Endpoint,
  about: About,
): [string, string, object?] => {
  const filled = path
    .replace('/api/v1', '')
    .replace(':fqdn', about.host)
    .replace(':id', '00000001')
    .replace('/nodes/:fid', `/nodes/${about.node}`)
    .replace(':fid', about.process);
  const { host } = about;
  const added = {
    addProcess: { host, role: 'clovis-app' },
    addNode: { host, roles: [{ name: 'clovis-app' }] },
  };
  const body = (added as Record<string, object>)[name] ?? bodies[name];
  return body ? [method, filled, body] : [method, filled];
};

/** An answer without what no two have alike, and without the names that were asked for. */
const likeness = ({ status, text, headers }: Answer, about: About): unknown => {
  const { date: _, 'halcyon-revision': __, ...rest } = headers;
  const anonymous = [about.host, about.node, about.process].reduce(
    (all, name) => all.replaceAll(name, '<it>'),
    text.replace(/urn:uuid:[0-9a-f-]+/, '<request>'),
  );
  return { status, text: anonymous, headers: { ...rest, 'content-length': '' } };
};

t.test(
  '9, 27: on every endpoint, a machine of others is answered like one that does not exist',
  async (t) => {
    const two = await twoProjects(t);
    const { ask, station } = two;
    const others: About = { host: theirs, node: two.theirNode, process: two.theirProcess };
    const none: About = {
      host: nobodys,
      node: '0x6e00000000000001:0xfff',
      process: '0x7200000000000001:0xfff',
    };
    const own: About = { host: ours, node: two.ourNode, process: two.ourProcess };
    const head = station.head;
    const about = Object.entries<Endpoint>(endpoints).filter(([, { lent }]) => lent === 'machine');
    t.ok(about.length > 12);
    for (const [name, endpoint] of about)
      for (const token of [two.operator, two.viewer]) {
        const variants =
          endpoint.kind === 'read' ? ['', '?at=9', `?at=${head}`] : ['', '?dry_run=true'];
        for (const query of endpoint.kind === 'ask' ? [''] : variants) {
          const answer = async (it: About): Promise<Answer> => {
            const [method, path, body] = requestOf(name, endpoint, it);
            return ask(method, path + query, body, { token });
          };
          const [hidden, missing] = [await answer(others), await answer(none)];
          t.equal(missing.status, 404, `${name}${query}: ${missing.text}`);
          t.same(likeness(hidden, others), likeness(missing, none), `${name}${query}`);
          if (query !== '?dry_run=true' && (query !== '' || endpoint.kind !== 'read')) continue;
          const { status, body } = await answer(own);
          // It has no OBM, which nobody is told of a machine of others.
          const isSeen = status !== 404 || body.code === 'obm-not-registered';
          t.ok(isSeen, `${name}${query} of its own machine`);
        }
      }
    t.equal(station.head, head, 'nothing was done');
  },
);

t.test('9: what is not made for members is closed to them', async (t) => {
  const { ask, operator } = await twoProjects(t);
  const closed = Object.entries<Endpoint>(endpoints).filter(
    ([, { lent, access }]) => lent === undefined && access !== 'public' && access !== 'any',
  );
  t.ok(closed.length > 20);
  for (const [name, { method, path }] of closed) {
    const at = path.replace(':fqdn', ours).replace(/:\w+/, 'x');
    const answer = await ask(method, at.replace('/api/v1', ''), undefined, { token: operator });
    t.match(answer, { status: 403, body: { code: 'forbidden' } }, name);
  }
});

t.test('9: no list, no reason, no past and no operation tells a member of others', async (t) => {
  const two = await twoProjects(t);
  const { ask, operator, station, theirProcess, theirNode } = two;
  await ask('PUT', `/processes/${theirProcess}/state`, { state: 'online' });
  await ask('POST', `/nodes/${theirNode}/stop`);
  const operation = station.head;
  await ask('POST', '/cluster/start');
  const paths = [
    '/hosts',
    '/nodes',
    '/processes',
    `/processes?host=${theirs}`,
    `/processes?node=${theirNode}`,
    '/roles',
    '/roles/clovis-app/hosts',
    '/operations',
    `/operations?host=${theirs}`,
    '/projects',
    '/status',
    '/events?limit=10000',
    '/whoami',
  ];
  for (const path of paths) {
    const sep = path.includes('?') ? '&' : '?';
    const isPast = !/^\/(events|operations|whoami)/.test(path);
    for (const at of isPast ? ['', `${sep}at=9`, `${sep}at=${station.head}`] : ['']) {
      const { text, status } = await ask('GET', path + at, undefined, { token: operator });
      t.equal(status, 200, text);
      for (const trace of traces(two)) t.notOk(text.includes(trace), `${path}${at}: ${trace}`);
    }
  }
  const like = async (path: string, asked: string, missing: string): Promise<void> => {
    const [hidden, none] = [
      await ask('GET', path + asked, undefined, { token: operator }),
      await ask('GET', path + missing, undefined, { token: operator }),
    ];
    const nameless = ({ text }: Answer, name: string): string =>
      text.replace(/urn:uuid:[0-9a-f-]+/, '').replaceAll(name, '<it>');
    t.equal(hidden.status, 404, path + asked);
    t.same(nameless(hidden, asked), nameless(none, missing), path + asked);
  };
  await like('/why/', theirs, nobodys);
  await like('/why/', theirProcess, '0x7200000000000001:0xfff');
  await like('/why/', 'theirs', 'nonesuch');
  await like('/status?host=', theirs, nobodys);
  await like('/projects/', 'theirs', 'nonesuch');
  await like('/operations/', String(operation), '999999');
  await like('/operations/', String(operation + 1), '999999');
});

t.test(
  '9: a new owner sees nothing of the time of the old one, and the old one nothing more',
  async (t) => {
    const two = await twoProjects(t);
    const { ask, operator, other, station, ourProcess } = two;
    await ask('PUT', `/processes/${ourProcess}/state`, {
      state: 'online',
      reason: 'secret of ours',
    });
    const before = station.head;
    const events = async (token: string): Promise<Json[]> =>
      (await ask('GET', '/events?limit=10000', undefined, { token })).body.events;
    const told = await events(operator);
    t.ok(
      told.some(({ data }) => data.reason === 'secret of ours'),
      'the owner was told',
    );
    t.ok(told.some(({ type }) => type === 'MachineAttached'));
    t.notOk(
      told.some(({ type }) => type === 'NodeUp'),
      'what was before it had the machine is not told',
    );

    await ask('POST', '/projects/ours/detach', { hosts: [ours] });
    await ask('POST', '/projects/theirs/attach', { hosts: [ours] });
    const get = (path: string, token: string): Promise<Answer> =>
      ask('GET', path, undefined, { token });
    t.same(await events(operator), [], 'the old owner is told nothing of it any more');
    t.match(await get(`/hosts/${ours}?at=${before}`, operator), { status: 404 });
    t.match(await get(`/hosts/${ours}`, other), { status: 200 });
    t.match(await get(`/hosts/${ours}?at=${before}`, other), { status: 404 });
    t.match((await get(`/hosts?at=${before}`, other)).body.items, [{ fqdn: theirs }]);
    t.notMatch(JSON.stringify(await events(other)), 'secret of ours');
    t.same((await get(`/why/${ourProcess}`, other)).body.steps, [], 'nor why it is as it is');

    await ask('POST', '/projects/theirs/detach', { hosts: [ours] });
    await ask('POST', '/projects/ours/attach', { hosts: [ours] });
    t.match(
      await get(`/hosts/${ours}?at=${before}`, operator),
      { status: 404 },
      'nor when it is back',
    );
    t.notMatch(JSON.stringify(await events(operator)), 'secret of ours');
  },
);

t.test(
  '9: a token without projects sees nothing, and one of a project that was made anew neither',
  async (t) => {
    const { ask, operator } = await twoProjects(t);
    await ask('POST', '/projects/ours/detach', { hosts: [ours] });
    await ask('DELETE', '/projects/ours');
    await ask('POST', '/projects', { name: 'ours' });
    await ask('POST', '/projects/ours/attach', { hosts: [ours] });
    const asked = { token: operator };
    t.same((await ask('GET', '/hosts', undefined, asked)).body.items, []);
    t.match(await ask('GET', `/hosts/${ours}`, undefined, asked), { status: 404 });
    t.match((await ask('GET', '/whoami', undefined, asked)).body, { role: 'member', projects: [] });
  },
);

t.test('the machines of several projects are listed in order, page by page', async (t) => {
  const { ask, tokenOf } = await openStation(t);
  const names = Array.from({ length: 600 }, (_, i) => `n${String(i).padStart(4, '0')}.example`);
  for (const fqdn of names) await ask('POST', '/hosts', { fqdn });
  const shares = { even: 0, odd: 1, none: 2 };
  for (const [name, rest] of Object.entries(shares)) {
    await ask('POST', '/projects', { name });
    const hosts = names.filter((_, i) => i % 3 === rest);
    t.match(await ask('POST', `/projects/${name}/attach`, { hosts }), { body: { machines: 200 } });
  }
  const places = ['even', 'odd'].map((name) => ({ name, role: 'viewer' }));
  const token = await tokenOf('member', { projects: places });
  const listed = async (query: string, limit: number): Promise<string[]> => {
    const found: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const cursor: string = next === '' ? '' : `&cursor=${next}`;
      const path = `/hosts?limit=${limit}${cursor}${query}`;
      const { body }: Answer = await ask('GET', path, undefined, { token });
      t.ok(body.items.length <= limit);
      found.push(...body.items.map(({ fqdn }: Json) => fqdn));
      next = body.next;
    }
    return found;
  };
  const own = names.filter((_, i) => i % 3 !== 2);
  for (const limit of [7, 255, 256, 257, 1000]) t.same(await listed('', limit), own, `${limit}`);
  t.same(
    await listed('&project=odd', 30),
    names.filter((_, i) => i % 3 === 1),
  );
  t.same(await listed('&project=none', 30), []);
  t.same(await listed('&state=up', 30), []);
});

t.test('9: a project of the past that had the name of a member’s is another one', async (t) => {
  const { ask, station, tokenOf } = await openStation(t);
  await ask('POST', '/hosts', { fqdn: ours });
  await ask('POST', '/projects', { name: 'a' });
  await ask('POST', '/projects/a/attach', { hosts: [ours] });
  const then = station.head;
  await ask('POST', '/projects/a/detach', { hosts: [ours] });
  await ask('DELETE', '/projects/a');
  await ask('POST', '/projects', { name: 'a' });
  const token = await tokenOf('member', { projects: [{ name: 'a', role: 'viewer' }] });
  const get = (path: string): Promise<Answer> => ask('GET', path, undefined, { token });
  t.match(await get(`/projects/a?at=${then}`), { status: 404 });
  t.same((await get(`/projects?at=${then}`)).body.items, []);
  t.match((await get('/projects')).body.items, [{ name: 'a', machines: 0 }]);
});
