/** Loading over a cluster that is loaded: the plan, and that nothing but the plan is done. */

import t from 'tap';
import { bodyOf, openStation } from '../station/harness.ts';

const roles = `- role: app
  processes:
    - { name: app, endpoint: "{{ lnid }}:12345:41:302", services: [RMS] }
`;
const facts = (hosts: Record<string, string>): string =>
  `cluster: galileo\nhosts:\n${Object.entries(hosts)
    .map(
      ([fqdn, lnid]) =>
        `  - { fqdn: ${fqdn}, roles: [app], variables: { lnid: ${lnid}, host_cores: [1] } }\n`,
    )
    .join('')}`;

const first = bodyOf(facts({ 'n1.example': '10.0.0.1@tcp', 'n2.example': '10.0.0.2@tcp' }), roles);
const second = bodyOf(facts({ 'n1.example': '10.0.0.1@tcp', 'n3.example': '10.0.0.3@tcp' }), roles);

const brief = ({ body }: { body: { changes: { action: string; kind: string; name: string }[] } }) =>
  body.changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`);

t.test('T62: a second load of the same files changes nothing and says so', async (t) => {
  const { ask, station } = await openStation(t);
  t.match((await ask('POST', '/load', first)).body, { changed: true });
  const digest = station.graph.digest();
  const again = await ask('POST', '/load', first);
  t.equal(again.status, 200);
  t.match(again.body, { changed: false, revision: station.head });
  t.equal(station.graph.digest(), digest);
  const planned = await ask('POST', '/load?dry_run=true&prune=true', first);
  t.match(planned.body, { changes: [], counts: { add: 0, change: 0, remove: 0 }, kept: [] });
});

t.test('a dry run of a load is its plan, and the load does what was planned', async (t) => {
  const { ask, station } = await openStation(t);
  await ask('POST', '/load', first);
  const planned = await ask('POST', '/load?dry_run=true', second);
  const [, process] = [...station.graph.all('process')];
  t.strictSame(brief(planned), [
    'add host n3.example',
    'add node 0x6e00000000000001:0x8',
    'add process 0x7200000000000001:0x9',
  ]);
  t.match(planned.body, {
    dry_run: true,
    cluster: 'galileo',
    kept: [{ kind: 'host', name: 'n2.example', host: null, needed: false }],
  });
  const pruned = await ask('POST', '/load?dry_run=true&prune=true', second);
  t.ok(brief(pruned).includes(`remove process ${process!.fid}`));
  t.ok(brief(pruned).includes('remove host n2.example'));
  t.ok(station.graph.get('host', 'n2.example'), 'nothing has happened yet');

  const revision = pruned.body.revision as number;
  await ask('POST', '/hosts', { fqdn: 'guest.example' });
  const late = await ask('POST', '/load?prune=true', second, {
    headers: { 'if-match': `"${revision}"` },
  });
  t.equal(late.status, 412, 'the cluster has moved on since the plan');
  t.ok(station.graph.get('host', 'n2.example'));
  const done = await ask('POST', '/load?prune=true', second, {
    headers: { 'if-match': `"${revision + 1}"` },
  });
  t.equal(done.status, 200);
  t.match(done.body, { changed: true, processes: 1, kept: [] });
  t.equal(station.graph.get('host', 'n2.example'), undefined);
  t.ok(station.graph.get('host', 'guest.example'), 'what joined by itself stays');
});

t.test('T63: all errors of the files are told at once, and nothing is loaded', async (t) => {
  const { ask, station } = await openStation(t);
  const { head } = station;
  const wrong = bodyOf(
    `cluster: galileo
places:
  - { site: s, racks: [{ rack: r, enclosures: [e1, e1] }] }
pools:
  - { name: p, devices: [''] }
hosts:
  - { fqdn: n1.example, roles: [nonesuch] }
  - { fqdn: n2.example, roles: [nonesuch], enclosrue: e1 }
`,
    roles,
  );
  const { status, body } = await ask('POST', '/load?dry_run=true', wrong);
  t.equal(status, 422);
  const places = (body.errors as { line: number; column: number; path: string }[]).map(
    ({ path }) => path,
  );
  for (const path of [
    /enclosures/,
    /devices/,
    /hosts\[0\]\.roles/,
    /hosts\[1\]\.roles/,
    /enclosrue/,
  ])
    t.ok(
      places.some((one) => path.test(one)),
      `${String(path)} among ${places.join(' ')}`,
    );
  for (const { line, column } of body.errors) t.ok(line >= 1 && column >= 1);
  t.equal((await ask('POST', '/load', wrong)).status, 422);
  t.equal(station.head, head);
});

t.test('T69: a pool of a drive that is not there fails the load, which names it', async (t) => {
  const { ask, station } = await openStation(t);
  await ask('POST', '/load', first);
  const digest = station.graph.digest();
  const pool = `${first.facts.text}pools:\n  - { name: tier1, devices: [w-missing] }\n`;
  const { status, body } = await ask('POST', '/load', bodyOf(pool, roles));
  t.equal(status, 422);
  t.match(JSON.stringify(body.errors), 'w-missing');
  t.equal(station.graph.digest(), digest, 'the graph is as before');
});
