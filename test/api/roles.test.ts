/** Roles: which there are, which machines have them, and what is left to be given. */

import t from 'tap';
import { bodyOf, host, openStation } from '../station/harness.ts';

const facts = `
cluster: test
hosts:
  - fqdn: n1.example
    variables: { lnid: 10.0.0.1@tcp }
    roles: [{ name: web, overrides: { multiplicity: 2 } }]
  - fqdn: n2.example
    roles: [web]
  - fqdn: n3.example
    variables: { lnid: 10.0.0.3@tcp }
    roles: [web]
`;

const roles = `
- role: ha
  processes:
    - { name: halon, type: ha, endpoint: "{{ lnid }}:12345:34:101" }
- role: spare
  processes:
    - { name: spare, endpoint: "{{ lnid }}:12345:41:9" }
- role: web
  requires: [ha]
  processes:
    - name: web
      multiplicity: "{{ multiplicity }}"
      endpoint: "{{ lnid }}:12345:41:4094"
      environment: { PORT: { range: [8081, 8083] } }
`;

t.test('roles say who has them, who waits, and who has none of them left', async (t) => {
  const { ask } = await openStation(t);
  t.equal((await ask('POST', '/load', bodyOf(facts, roles))).status, 200);
  const [left] = (await ask('GET', '/processes?host=n3.example&role=web')).body.items;
  t.equal((await ask('DELETE', `/processes/${left.fid}`)).status, 200);
  const { body } = await ask('GET', '/roles');
  t.match(body.items, [
    { name: 'ha', declared: 0, nodes: 2, processes: { unknown: 2 } },
    { name: 'spare', declared: 0, nodes: 0, processes: {} },
    { name: 'web', requires: ['ha'], declared: 3, waiting: 1, without: 1, nodes: 1 },
  ]);
  t.same(body.items[2].processes, { unknown: 2 });
  t.match((await ask('GET', '/roles?limit=2')).body, { items: [{}, {}], next: 'spare' });
  t.match((await ask('GET', '/roles?limit=2&cursor=spare')).body, {
    items: [{ name: 'web' }],
    next: null,
  });
  const one = (await ask('GET', '/roles/web')).body;
  t.match(one, { file: 'roles.yaml', format: 'native', declared: 3 });
  t.match(one.text, 'range: [8081, 8083]');
  t.match((await ask('GET', '/roles/wep')).body, { code: 'unknown-role' });
  t.match((await ask('GET', '/roles/wep/hosts')).body, { code: 'unknown-role' });
});

t.test('of each machine it is told what is taken, and what comes next', async (t) => {
  const { ask } = await openStation(t);
  await ask('POST', '/load', bodyOf(facts, roles));
  const path = '/roles/web/hosts';
  const { body } = await ask('GET', path);
  t.match(body.items[0], {
    ...{ host: 'n1.example', declared: true, overrides: { multiplicity: 2 }, given: 2 },
    processes: 2,
    endpoints: ['10.0.0.1@tcp:12345:41:4094', '10.0.0.1@tcp:12345:41:4095'],
    next_endpoint: null,
    ranges: [{ name: 'PORT', from: 8081, to: 8083, used: 2, next: 8083 }],
  });
  t.match(body.items[1], { host: 'n2.example', pending: true, processes: 0, ranges: [] });
  t.match(body.items[2], { next_endpoint: '10.0.0.3@tcp:12345:41:4095' });
  const before = body.revision;
  const added = await ask('POST', '/processes', { host: 'n3.example', role: 'web' });
  t.equal(added.status, 201);
  t.equal(added.body.processes[0].endpoint, '10.0.0.3@tcp:12345:41:4095', 'as it was told');
  t.match((await ask('GET', `${path}?at=${before}`)).body.items[2], { processes: 1 }, 'then');
  t.match((await ask('GET', `${path}?limit=1&cursor=n1.example`)).body, {
    items: [{ host: 'n2.example' }],
    next: 'n2.example',
  });
});

t.test('members are told of their own machines', async (t) => {
  const { ask, fill, tokenOf } = await openStation(t);
  await fill();
  t.equal((await ask('POST', '/projects', { name: 'ours' })).status, 201);
  await ask('POST', '/processes', { host, role: 'clovis-app' });
  const attached = await ask('POST', '/projects/ours/attach', { hosts: [host] });
  t.equal(attached.status, 200, attached.text);
  const token = await tokenOf('member', { projects: [{ name: 'ours', role: 'viewer' }] });
  const { items } = (await ask('GET', '/roles', undefined, { token })).body;
  const nodes = Object.fromEntries(
    items.map(({ name, nodes: count }: { name: string; nodes: number }) => [name, count]),
  );
  t.match(nodes, { 'clovis-app': 1, ha: 1, confd: 0 });
  const hosts = (await ask('GET', '/roles/ha/hosts', undefined, { token })).body.items;
  t.match(hosts, [{ host }]);
  t.equal(hosts.length, 1);
  const whole = await ask('GET', '/roles/ha', undefined, { token });
  t.equal(whole.status, 403, 'what others run is theirs');
});
