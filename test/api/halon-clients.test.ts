/** Clients are added to a host that only its own report made known, with Halon's own files. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { bodyOf, openStation, reported, root } from '../station/harness.ts';
import type { Answer, InProcess } from '../station/harness.ts';

const fixture = (name: string): { name: string; text: string } => ({
  name,
  text: readFileSync(join(root, 'test/fixtures/halon', name), 'utf8'),
});
const lnid = '10.0.0.99@tcp';
const host = 'newcomer.example';

const opened = async (t: Parameters<typeof openStation>[0]) => {
  const station = await openStation(t);
  const loaded = await station.ask('POST', '/load', {
    facts: fixture('halon_facts.yaml'),
    roles: [fixture('mero_role_mappings.yaml')],
  });
  t.equal(loaded.status, 200, loaded.text);
  const facts = reported('10.0.0.99', { memory_mib: 64_230, cpus: 20 });
  t.equal((await station.ask('PUT', `/hosts/${host}/facts`, facts)).status, 200);
  return { ...station, add: adder(station) };
};

const adder =
  ({ ask }: InProcess) =>
  (role: string, key?: string): Promise<Answer> =>
    ask('POST', '/processes', { host, role }, key === undefined ? {} : { key });

const endpoints = ({ body }: Answer): string[] =>
  body.processes.map(({ endpoint }: { endpoint: string }) =>
    endpoint.replace(`${lnid}:12345:`, ''),
  );
const rolesOf = ({ body }: Answer): string[] =>
  body.processes.map(({ role }: { role: string }) => role);

t.test(
  'T01, T01b, T02: the first client of a host makes its node and its HA process',
  async (t) => {
    const { ask, add } = await opened(t);
    t.equal((await ask('GET', `/hosts/${host}`)).body.node, null);
    const first = await add('m0t1fs');
    t.equal(first.status, 201, first.text);
    t.same(rolesOf(first), ['ha', 'm0t1fs']);
    t.same(endpoints(first), ['34:101', '41:301']);
    const [ha, client] = first.body.processes;
    t.match(client.fid, /^0x7200000000000001:0x[0-9a-f]+$/);
    t.equal(client.environment.MERO_HA_EP, ha.endpoint);
    t.equal((await ask('GET', `/hosts/${host}`)).body.node, first.body.node);
    t.match((await ask('GET', `/processes/${client.fid}`)).body, {
      state: 'unknown',
      wanted: null,
      generation: 0,
      pid: null,
    });
    const second = await add('m0t1fs');
    t.same(rolesOf(second), ['m0t1fs'], 'one HA process is enough');
    t.same(endpoints(second), ['41:302']);
  },
);

t.test('T05, T06: what one role has taken, the next one goes around', async (t) => {
  const { add } = await opened(t);
  await add('m0t1fs');
  const apps = await add('clovis-app');
  t.same(endpoints(apps), ['41:302', '41:303', '41:304', '41:305']);
  const servers = await add('s3server');
  t.same(endpoints(servers), ['41:306', '41:307', '41:308', '41:309']);
  t.same(
    servers.body.processes.map(
      ({ environment }: { environment: Record<string, string> }) =>
        environment['MERO_S3SERVER_PORT'],
    ),
    ['8081', '8082', '8083', '8084'],
  );
});

t.test('T03, T04: equal requests at once are several, but for those of one key', async (t) => {
  const { ask, add } = await opened(t);
  await add('ha');
  const keys = ['a', 'b', 'a', 'b', undefined, undefined];
  const answers = await Promise.all(keys.map((key) => add('m0t1fs', key)));
  t.same(
    answers.map(({ status }) => status),
    keys.map(() => 201),
  );
  const fids = answers.map(({ body }) => body.processes[0].fid as string);
  t.equal(fids[0], fids[2]);
  t.equal(fids[1], fids[3]);
  t.equal(new Set(fids).size, 4);
  t.equal(new Set(answers.flatMap(endpoints)).size, 4);
  t.equal((await ask('GET', '/processes?role=m0t1fs&host=newcomer.example')).body.items.length, 4);
});

t.test('T15: a role of two processes gives all of both, each told everything', async (t) => {
  const { ask } = await opened(t);
  const roles = `
- role: pair
  processes:
    - name: front
      type: client
      ownership: independent
      endpoint: "{{ lnid }}:12345:50:1"
      multiplicity: "{{ multiplicity }}"
      environment: { SIDE: front }
    - name: back
      type: client
      ownership: independent
      endpoint: "{{ lnid }}:12345:51:1"
      environment: { SIDE: back }
`;
  const loaded = await ask('POST', '/load', bodyOf('cluster: x\nhosts: []\n', roles));
  t.equal(loaded.status, 200, loaded.text);
  const overrides = { multiplicity: 3 };
  const added = await ask('POST', '/processes', { host, role: 'pair', overrides });
  t.same(endpoints(added), ['50:1', '50:2', '50:3', '51:1']);
  for (const one of added.body.processes)
    t.match(one, { environment: { SIDE: one.name, MERO_PROCESS_FID: one.fid } });
});

t.test('T20: every name in a configuration is one that a shell takes', async (t) => {
  const { ask, add } = await opened(t);
  const [, app] = (await add('clovis-app')).body.processes;
  const { body, text } = await ask('GET', `/processes/${app.fid}/configuration`);
  t.match(body.environment, { MERO_CLOVIS_APP_EP: app.endpoint });
  for (const name of Object.keys(body.environment)) t.match(name, /^[A-Z_][A-Z0-9_]*$/, text);
});
