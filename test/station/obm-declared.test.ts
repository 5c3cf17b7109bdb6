/** OBMs that facts declare, registered with an OBM daemon: passwords go from one store to the other, and nowhere else. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { simulatorGuid, startSimulator } from '../ipmi/simulator.ts';
import { bodyOf, openStation, temporary } from './harness.ts';
import { Bench } from './obm-bench.ts';

/** Of every bench here. */
const daemon = await Bench.daemon(t);

const password = 'dear-to-all-bmcs';

t.test('what facts declare is registered with the credentials that they have', async (t) => {
  const simulator = await startSimulator(t);
  const bench = await Bench.set(t, { daemon });
  const { ask, directory, logged } = bench.station;
  const address = `127.0.0.1:${simulator.port}`;
  const facts = [
    'cluster: galileo',
    'hosts:',
    '  - fqdn: n1.example',
    '    roles: []',
    `    obm: { type: ipmi, address: "${address}", user: obmd, password: ${password} }`,
    '  - fqdn: n2.example',
    '    roles: []',
    '  - fqdn: n3.example',
    '    roles: []',
    '    obm: { type: ipmi, address: 10.1.0.3 }',
  ].join('\n');
  const loaded = await ask('POST', '/load', bodyOf(facts));
  t.equal(loaded.status, 200, loaded.text);
  const declared = { type: undefined, info: undefined, declared: true };
  t.match(await bench.register(declared, 'n1.example'), { status: 201, body: { changed: true } });
  t.match(await bench.register(declared, 'n1.example'), { status: 200, body: { changed: false } });
  t.match(await bench.turn('enable', 'n1.example'), { status: 200 });
  const patient = { headers: { prefer: 'wait=300' } };
  t.match(await ask('GET', '/hosts/n1.example/obm/identity', undefined, patient), {
    status: 200,
    body: { guid: simulatorGuid },
  });
  const wrong: readonly (readonly [string, object, RegExp])[] = [
    ['n2.example', declared, /declare no OBM of n2.example/],
    ['n3.example', declared, /no user and password for the OBM of n3.example/],
    ['n1.example', { declared: true }, /without type and info/],
  ];
  for (const [fqdn, body, detail] of wrong)
    t.match(await bench.register(body, fqdn), { status: 400, body: { field: 'declared', detail } });
  t.match(await bench.register(declared, 'nowhere.example'), { status: 404 });
  const shown = [await ask('GET', '/events?limit=10000'), await ask('GET', '/obms')];
  for (const { text } of shown) t.notMatch(text, password);
  t.notMatch(logged.join(''), password);
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const file = join(directory, name);
    if (statSync(file).isFile()) t.notMatch(readFileSync(file, 'latin1'), password, name);
  }
});

t.test('one OBM that facts declare for several hosts is not registered by that', async (t) => {
  const bench = await Bench.set(t, { daemon });
  const read = (name: string): { name: string; text: string } => {
    const file = join(import.meta.dirname, '..', 'fixtures', 'halon', name);
    return { name, text: readFileSync(file, 'utf8') };
  };
  const facts = read('halon_facts.yaml');
  // The third host stands in the enclosure of the second.
  const text = facts.text.replace(/ +- enc_idx: 3\n[^]*?enc_hosts:\n/, '');
  const roles = [read('halon_roles.yaml'), read('mero_role_mappings.yaml')];
  const loaded = await bench.station.ask('POST', '/load', { facts: { ...facts, text }, roles });
  t.equal(loaded.status, 200, loaded.text);
  const declared = { type: undefined, info: undefined, declared: true };
  t.match(await bench.register(declared, 'cl1.example'), {
    status: 400,
    body: { field: 'declared', detail: /one OBM for cl1.example and others/ },
  });
});

t.test(
  'credentials are kept of OBMs that facts declare, and of no others after a start',
  async (t) => {
    const { ask, station, directory, admin, close } = await openStation(t);
    const facts = (...hosts: string[]): string =>
      [
        'cluster: galileo',
        'hosts:',
        ...hosts.map((fqdn) => `  - {fqdn: ${fqdn}, roles: [], ${obm}}`),
      ].join('\n');
    const obm = `obm: {type: ipmi, address: 10.1.0.1, user: obmd, password: ${password}}`;
    t.match(await ask('POST', '/load', bodyOf(facts('n1.example', 'n2.example'))), { status: 200 });
    // As of a load that was never durable.
    await station.secrets.put(new Map([['obm/n3.example', { user: 'obmd', password }]]));
    t.match(await ask('POST', '/hosts/n1.example/rename', { to: 'n9.example' }), { status: 200 });
    const loaded = await ask('POST', '/load?prune=true', bodyOf(facts('n9.example')));
    t.equal(loaded.status, 200, loaded.text);
    await close();
    const next = await openStation(t, { directory, admin });
    const used = [...next.station.graph.all('obm')].map(({ secret }) => secret);
    t.same(new Set(next.station.secrets.names), new Set(used));
    t.same(next.station.secrets.names.length, 1);
    await next.close();

    // By mistake, on a log that is new.
    const other = await openStation(t, { directory, log: `sqlite:${temporary(t)}` });
    t.same(other.station.secrets.names.length, 1, 'nothing is concluded from a log without any');
  },
);
