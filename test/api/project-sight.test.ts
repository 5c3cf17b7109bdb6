/** What members of projects could learn of others by way of names, numbers, reasons and tokens, and do not. */

import t from 'tap';
import { keysAfter, plannedFor } from '../../src/api/sight.ts';
import type { EventRecord } from '../../src/core/events/commit.ts';
import { byText } from '../../src/core/graph/sorted-keys.ts';
import { bodyOf, openStation, reported } from '../station/harness.ts';
import type { Answer, InProcess, Json } from '../station/harness.ts';
import { idOf, ours, theirs, twoProjects } from './two-projects.ts';

const [a, b, c] = ['a.example', 'b.example', 'c.example'] as const;

/** Sends requests that have to succeed. */
const doing =
  ({ ask }: InProcess) =>
  async (method: string, path: string, body?: object): Promise<Json> => {
    const answer = await ask(method, path, body);
    if (answer.status >= 300) throw new Error(answer.text);
    return answer.body;
  };

const memberOf = ({ tokenOf }: InProcess, name: string): Promise<string> =>
  tokenOf('member', { projects: [{ name, role: 'operator' }] });

t.test('9: a machine that gets the name of another has nothing of what that one was', async (t) => {
  const opened = await openStation(t);
  const did = doing(opened);
  for (const fqdn of [a, b]) await did('POST', '/hosts', { fqdn });
  for (const [name, fqdn] of [
    ['ours', b],
    ['secret', a],
  ]) {
    await did('POST', '/projects', { name });
    await did('POST', `/projects/${name}/attach`, { hosts: [fqdn] });
  }
  const token = await memberOf(opened, 'ours');
  await did('POST', `/hosts/${a}/rename`, { to: c });
  await did('POST', `/hosts/${b}/rename`, { to: a });
  const { body, text } = await opened.ask('GET', '/events?limit=1000', undefined, { token });
  t.match(body.events, [{ type: 'HostRenamed', data: { from: b, to: a } }]);
  t.notMatch(text, 'secret');
  const why = await opened.ask('GET', `/why/${a}`, undefined, { token });
  t.equal(why.status, 200);
  t.notMatch(why.text, 'secret');
});

t.test('9: nor has it the past of that one, though both were lent at once', async (t) => {
  const opened = await openStation(t);
  const did = doing(opened);
  for (const fqdn of [a, b]) await did('POST', '/hosts', { fqdn });
  for (const name of ['ours', 'others']) await did('POST', '/projects', { name });
  await did('POST', '/projects/ours/attach', { hosts: [a, b] });
  const then = opened.station.head;
  const token = await memberOf(opened, 'ours');
  const past = (): Promise<Answer> =>
    opened.ask('GET', `/hosts/${a}?at=${then}`, undefined, { token });
  t.match(await past(), { status: 200 });
  await did('POST', '/projects/ours/detach', { hosts: [a] });
  await did('POST', '/projects/others/attach', { hosts: [a] });
  await did('POST', `/hosts/${a}/rename`, { to: c });
  await did('POST', `/hosts/${b}/rename`, { to: a });
  t.match(await past(), { status: 404 });
  t.match(await opened.ask('GET', `/hosts/${a}`, undefined, { token }), { status: 200 });
});

t.test('9: why a host is not recovered holds no numbers of hosts', async (t) => {
  const two = await twoProjects(t);
  const { ask, station, operator } = two;
  const facts = `cluster: example
hosts: [{ fqdn: ${ours}, roles: [] }, { fqdn: ${theirs}, roles: [] }]
recovery: [{ ssh: { user: root, command: /bin/true }, times: 3 }]
`;
  await doing(two)('POST', '/load', bodyOf(facts));
  for (const fqdn of [ours, theirs]) {
    const lost = { type: 'ReportNodeDown', fqdn, reason: 'silent' } as const;
    await station.submit(lost, { actor: 'station' }, () => null);
  }
  const all = await ask('GET', `/hosts/${ours}`);
  t.match(all.body.recovery.held, /2 of 3 hosts are down/, 'operators are told');
  for (const path of [`/hosts/${ours}`, '/hosts', '/status', `/why/${ours}`]) {
    const { text } = await ask('GET', path, undefined, { token: operator });
    t.match(text, '"held":"too many hosts are down"', path);
    t.notMatch(text, /of 3 hosts/, path);
  }
});

t.test('9: what was about one’s own machine and one that has gone is not told', async (t) => {
  const opened = await openStation(t);
  const did = doing(opened);
  for (const fqdn of [a, b]) await did('POST', '/hosts', { fqdn });
  await did('POST', '/projects', { name: 'ours' });
  await did('POST', '/projects/ours/attach', { hosts: [a, b] });
  const operation = opened.station.head;
  const token = await memberOf(opened, 'ours');
  const get = (): Promise<Answer> =>
    opened.ask('GET', `/operations/${operation}`, undefined, { token });
  t.match(await get(), { status: 200 });
  await did('POST', '/projects/ours/detach', { hosts: [b] });
  await did('DELETE', `/hosts/${b}`);
  t.match(await get(), { status: 404 }, 'whose the other one was is not known any more');
});

t.test(
  '9: a dry run tells a member what it would do, and nothing of which it is not known whose it is',
  async (t) => {
    const two = await twoProjects(t);
    const { ask, station, operator } = two;
    const body = { host: ours, role: 'clovis-app', tokens: true };
    const answer = await ask('POST', '/processes?dry_run=true', body, { token: operator });
    const types = answer.body.events.map(({ type }: Json) => type);
    t.ok(types.includes('ProcessAdded') && types.includes('CredentialIssued'), answer.text);

    const record = (type: string, data: object): EventRecord => ({ type, v: 1, data });
    const events = [
      record('EndpointsCooled', { endpoints: ['10.0.0.2@tcp:12345:41:301'] }),
      record('ProcessStateChanged', {
        fid: '0x7200000000000001:0xfff',
        state: 'online',
        reason: '',
      }),
      record('ProcessStateChanged', { fid: two.theirProcess, state: 'online', reason: '' }),
      record('ProcessStateChanged', { fid: two.ourProcess, state: 'online', reason: '' }),
      record('ProcessAdded', { fid: '0x7200000000000001:0xffe', node: two.ourNode }),
      record('NodeRemoved', { fid: '0x6e00000000000001:0xffe' }),
    ];
    const { graph } = station;
    const who = graph.must('credential', idOf(operator));
    const none = events.map(() => undefined);
    t.same(plannedFor(graph, who, events, none), [events[3], events[4]]);
    const after = [...none.slice(0, 5), [ours]];
    t.same(plannedFor(graph, who, events, after), events.slice(3));
  },
);

t.test(
  '9: a machine that facts move from one project to another does not say from which',
  async (t) => {
    const opened = await openStation(t);
    const did = doing(opened);
    const load = (project: string): Promise<Json> =>
      did(
        'POST',
        '/load',
        bodyOf(`cluster: x\nhosts: [{ fqdn: ${a}, project: ${project}, roles: [] }]`),
      );
    await load('secret');
    await load('ours');
    const token = await memberOf(opened, 'ours');
    const get = (path: string): Promise<Answer> => opened.ask('GET', path, undefined, { token });
    for (const path of ['/events', `/why/${a}`]) {
      const { text } = await get(path);
      t.match(text, 'MachineAttached', path);
      t.notMatch(text, 'secret', path);
    }
  },
);

t.test('9: why a resource is as it is shows it like everywhere else', async (t) => {
  const two = await twoProjects(t);
  const { operator: token, ourProcess, ourNode } = two;
  const get = async (path: string): Promise<Json> =>
    (await two.ask('GET', path, undefined, { token })).body;
  for (const [kind, id] of [
    ['hosts', ours],
    ['nodes', ourNode],
    ['processes', ourProcess],
  ] as const)
    t.same((await get(`/why/${id}`)).resource, await get(`/${kind}/${id}`), kind);
});

t.test('9: that a name is claimed is told to members, and not by which machine', async (t) => {
  const two = await twoProjects(t);
  const { ask, operator: token } = two;
  t.equal((await ask('PUT', `/hosts/${ours}/facts`, reported('10.0.0.99'))).status, 409);
  t.match((await ask('GET', `/hosts/${ours}`)).body.refused, ['agent of 10.0.0.99']);
  const get = (path: string): Promise<Answer> => ask('GET', path, undefined, { token });
  t.same((await get(`/hosts/${ours}`)).body.refused, ['another machine']);
  t.match((await get('/status')).body.hosts, [{ problem: /refused other machines/ }]);
  for (const path of [`/hosts/${ours}`, '/hosts', '/status', `/why/${ours}`, '/events'])
    t.notMatch((await get(path)).text, '10.0.0.99', path);
});

t.test('8: the token of a process ends when its machine is taken back', async (t) => {
  const two = await twoProjects(t);
  const { ask, operator } = two;
  const added = await ask(
    'POST',
    '/processes',
    { host: ours, role: 'clovis-app', tokens: true },
    { token: operator },
  );
  const [{ fid, token }] = added.body.processes;
  const configuration = (): Promise<Answer> =>
    ask('GET', `/processes/${fid}/configuration`, undefined, { token });
  t.match(await configuration(), { status: 200 });
  await ask('POST', '/projects/ours/detach', { hosts: [ours] });
  t.match(await configuration(), { status: 401 });
  await ask('POST', '/projects/theirs/attach', { hosts: [ours] });
  t.match(await configuration(), { status: 401 });
  t.match(await ask('GET', `/processes/${fid}`), { status: 200 }, 'the process stays');
});

t.test('processes of several machines are listed in order, page by page', async (t) => {
  const two = await twoProjects(t);
  const { ask, operator: token } = two;
  const add = (host: string): Promise<Answer> =>
    ask('POST', '/processes', { host, role: 'clovis-app' });
  await doing(two)('POST', '/projects/ours/attach', { hosts: ['node3.halcyon.example'] });
  for (let i = 0; i < 4; i += 1)
    for (const host of ['node3.halcyon.example', ours]) t.equal((await add(host)).status, 201);
  const listed = async (query: string): Promise<string[]> => {
    const found: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const cursor: string = next === '' ? '' : `&cursor=${next}`;
      const { body }: Answer = await ask('GET', `/processes?${query}${cursor}`, undefined, {
        token,
      });
      found.push(...body.items.map((item: Json) => item.fid));
      next = body.next;
    }
    return found;
  };
  const all = (await ask('GET', '/processes')).body.items as Json[];
  const own = all.filter(({ host }) => host !== theirs);
  const fids = own.map(({ fid }) => fid);
  for (const limit of [1, 2, 3, 100]) t.same(await listed(`limit=${limit}`), fids, `${limit}`);
  const apps = own.filter(({ role, host }) => role === 'clovis-app' && host === ours);
  t.same(
    await listed(`limit=2&role=clovis-app&host=${ours}`),
    apps.map(({ fid }) => fid),
  );
});

t.test(
  'a page of many keys gives others their turns, and keeps no more than it needs',
  async (t) => {
    const keys = Array.from({ length: 10_000 }, (_, i) => `n${(i * 7919) % 10_000}.example`);
    const sorted = keys.toSorted(byText);
    const page = (
      after: string | undefined,
      count: number,
    ): { yields: number; found: string[] } => {
      const search = keysAfter('host', keys, after, count);
      for (let yields = 0; ; yields += 1) {
        const step = search.next();
        if (step.done) return { yields, found: step.value };
      }
    };
    for (const [place, count] of [
      [0, 1],
      [100, 7],
      [9_990, 20],
      [0, 10_000],
    ] as const)
      t.same(page(sorted[place], count).found, sorted.slice(place + 1, place + 1 + count));
    t.same(page(undefined, 3).found, sorted.slice(0, 3));
    t.ok(page(undefined, 3).yields > 30);
  },
);
