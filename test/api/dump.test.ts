/** What is dumped is what was declared: loaded elsewhere, it gives the same cluster. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Graph } from '../../src/core/graph/graph.ts';
import type { Kind } from '../../src/core/graph/resources.ts';
import { openStation, reported, root } from '../station/harness.ts';

const file = (name: string): { name: string; text: string } => ({
  name,
  text: readFileSync(join(root, 'test/fixtures', name), 'utf8'),
});

const more = `vars: { process_max_start_attempts: 2, keepalive_timeout: 60 }
recovery: [{ wait: 30 }, { ssh: { user: halcyon }, times: 2 }]
`;

const declarations = {
  native: {
    facts: {
      name: 'facts.yaml',
      text: more + file('native/facts.yaml').text,
    },
    roles: [file('native/roles.yaml')],
  },
  "Halon's": {
    facts: file('halon/halon_facts.yaml'),
    roles: [file('halon/mero_role_mappings.yaml')],
  },
};

/** Rows of a kind as they were declared: without what tells when, and without passwords. */
const rowsOf = <K extends Kind>(graph: Graph, kind: K): object[] =>
  Array.from(graph.all(kind), (row) => {
    const { created: _c, changed: _d, since: _s, ...rest } = { since: 0, ...row };
    return 'secret' in rest ? { ...rest, secret: null } : rest;
  });

const asWritten = ['cluster', 'site', 'rack', 'enclosure', 'pool', 'profile', 'role'] as const;
const byHost = ['var', 'policy', 'project', 'host', 'obm'] as const;

const declared = (graph: Graph): object => ({
  rows: [...asWritten, ...byHost].map((kind) => [
    kind,
    rowsOf(graph, kind)
      .map((row) => JSON.stringify(row))
      .sort(),
  ]),
  // Hosts are dumped in the order of their names, so fids may be others.
  processes: Array.from(graph.all('process'), ({ node, role, endpoint, ranges }) =>
    JSON.stringify([graph.must('node', node).host, role, endpoint, ranges]),
  ).sort(),
});

for (const [name, declaration] of Object.entries(declarations))
  t.test(`a dump of ${name} files gives an empty station the same cluster`, async (t) => {
    const [given, taken] = [await openStation(t), await openStation(t)];
    const loaded = await given.ask('POST', '/load', declaration);
    t.equal(loaded.status, 200, loaded.text);
    const expected = declared(given.station.graph);
    t.ok(given.station.graph.count('process') > 5);

    const dump = await given.ask('GET', '/dump');
    t.notMatch(dump.text, /pass-of/);
    const again = await taken.ask('POST', '/load', dump.body);
    t.equal(again.status, 200, again.text);
    t.same(declared(taken.station.graph), expected);
    t.equal((await taken.ask('GET', '/dump')).text, dump.text);
    t.match((await given.ask('POST', '/load', dump.body)).body, { changed: false });
  });

t.test('hosts and clients that joined by themselves are not in a dump', async (t) => {
  const { ask } = await openStation(t);
  await ask('POST', '/load', declarations.native);
  const before = (await ask('GET', '/dump')).text;
  await ask('PUT', '/hosts/new.example/facts', reported('10.0.0.77'));
  t.equal((await ask('POST', '/processes', { host: 'new.example', role: 's3server' })).status, 201);
  t.equal((await ask('GET', '/dump')).text, before);
});
