/** Rows, relations with their cardinality, indexes and digest. */

import fc from 'fast-check';
import t from 'tap';
import { Graph } from '../../src/core/graph/graph.ts';
import { Adjacency, Tally } from '../../src/core/graph/indexes/adjacency.ts';
import { GraphIntegrityError } from '../../src/core/graph/integrity.ts';
import { relations } from '../../src/core/graph/relations.ts';
import type { Relation } from '../../src/core/graph/relations.ts';
import { keyFields, kinds } from '../../src/core/graph/resources.ts';
import type { Kind, Rows } from '../../src/core/graph/resources.ts';
import type { HostRow } from '../../src/core/graph/rows/hosts.ts';
import { fid } from '../../src/core/values/fid.ts';
import type { Fid } from '../../src/core/values/fid.ts';
import { revision } from '../../src/core/values/revision.ts';

const made = { created: revision(1), changed: revision(1) };

const hostRow = (fqdn: string, change: Partial<HostRow> = {}): HostRow => ({
  fqdn,
  state: 'unknown',
  reason: '',
  since: 0,
  enclosure: null,
  project: null,
  variables: {},
  roles: [],
  pending: [],
  problem: '',
  devices: [],
  facts: null,
  removing: false,
  refused: [],
  ...made,
  ...change,
});

const [node1, node2] = [fid('node', 1), fid('node', 2)];
const nodeRow = (key: Fid, host: string): Rows['node'] => ({
  fid: key,
  host,
  wanted: null,
  removing: false,
  ...made,
});
const [pool1, pool2] = [fid('pool', 3), fid('pool', 4)];
const profile = fid('profile', 5);
const pool = (key: Fid): Rows['pool'] => ({
  fid: key,
  name: key,
  data_units: 1,
  parity_units: 0,
  unit_size: 4096,
  devices: [],
  ...made,
});

t.test('a row that refers to nothing is refused', async (t) => {
  const graph = new Graph();
  t.throws(() => graph.put('node', nodeRow(node1, 'n1')), GraphIntegrityError);
  t.throws(() => graph.put('profile', { fid: profile, name: 'p', pools: [pool1], ...made }), {
    message: /refers to pool .* which does not exist/,
  });
  t.equal(graph.count('node'), 0);
  t.equal(graph.count('profile'), 0);
});

t.test('a row that others refer to cannot go', async (t) => {
  const graph = new Graph();
  graph.put('host', hostRow('n1'));
  graph.put('node', nodeRow(node1, 'n1'));
  t.throws(() => graph.remove('host', 'n1'), { message: /host n1 cannot go: it still runs/ });
  graph.remove('node', node1);
  graph.remove('host', 'n1');
  t.throws(() => graph.remove('host', 'n1'), { message: /there is no host n1/ });
});

t.test('a host runs one node', async (t) => {
  const graph = new Graph();
  graph.put('host', hostRow('n1'));
  graph.put('host', hostRow('n2'));
  graph.put('node', nodeRow(node1, 'n1'));
  t.throws(() => graph.put('node', nodeRow(node2, 'n1')), {
    message: /n1 already runs another node/,
  });
  graph.put('node', nodeRow(node1, 'n2'));
  t.equal(graph.one('runs', 'n1'), undefined);
  t.equal(graph.one('runs', 'n2')?.fid, node1);
  graph.put('node', nodeRow(node2, 'n1'));
  t.equal(graph.related('runs', 'n1'), 1);
});

t.test('a host has one out-of-band manager, which may change', async (t) => {
  const graph = new Graph();
  graph.put('host', hostRow('n1'));
  const obm = { host: 'n1', type: 'dummy', address: 'a', secret: null, ...made } as const;
  graph.put('obm', obm);
  graph.put('obm', { ...obm, address: 'b' });
  t.equal(graph.one('manages', 'n1')?.address, 'b');
});

t.test('a pool may back many profiles and a profile have many pools', async (t) => {
  const graph = new Graph();
  for (const key of [pool1, pool2]) graph.put('pool', pool(key));
  const other = fid('profile', 6);
  graph.put('profile', { fid: profile, name: 'p', pools: [pool1, pool2], ...made });
  graph.put('profile', { fid: other, name: 'q', pools: [pool1], ...made });
  const names = (key: Fid): string[] => [...graph.many('backs', key)].map(({ name }) => name);
  t.strictSame([names(pool1), names(pool2)], [['p', 'q'], ['p']]);
  graph.put('profile', { fid: profile, name: 'p', pools: [pool2], ...made });
  t.strictSame([names(pool1), names(pool2)], [['q'], ['p']]);
  t.throws(() => graph.remove('pool', pool2));
  graph.remove('profile', profile);
  graph.remove('pool', pool2);
});

t.test('a host that moves leaves the enclosure it was in', async (t) => {
  const graph = new Graph();
  graph.put('site', { name: 's', ...made });
  graph.put('rack', { id: 's/r', site: 's', ...made });
  for (const name of ['e1', 'e2']) graph.put('enclosure', { name, rack: 's/r', ...made });
  graph.put('host', hostRow('n1', { enclosure: 'e1' }));
  graph.put('host', hostRow('n1', { enclosure: 'e2' }));
  t.strictSame([graph.related('houses', 'e1'), graph.related('houses', 'e2')], [0, 1]);
  graph.put('host', hostRow('n1'));
  t.equal(graph.related('houses', 'e2'), 0);
});

t.test('the compiler knows the cardinality of every relation', async (t) => {
  const graph = new Graph();
  // These are not run: what is tested is that they do not compile.
  const mistakes = [
    // @ts-expect-error a host runs one node
    () => graph.many('runs', 'n1'),
    // @ts-expect-error a host has one out-of-band manager
    () => graph.many('manages', 'n1'),
    // @ts-expect-error a node hosts many processes
    () => graph.one('hosts', node1),
    // @ts-expect-error a pool backs many profiles
    () => graph.one('backs', pool1),
    // @ts-expect-error the processes of a spec are counted, not listed
    () => graph.many('shapes', 's1'),
    // @ts-expect-error there is no such relation
    () => graph.related('haunts', 'n1'),
    // @ts-expect-error a node is not a host
    () => graph.one('runs', 'n1')?.fqdn,
    // @ts-expect-error there is no such kind
    () => graph.get('volume', 'v1'),
    // @ts-expect-error a host row is not a node row
    () => graph.put('node', hostRow('n1')),
  ];
  t.equal(mistakes.length, 9);
});

t.test('every relation lives in a field of its far side, and every kind has a key', async (t) => {
  const order = (kind: Kind): number => kinds.indexOf(kind);
  for (const [name, { from, to }] of Object.entries<Relation>(relations))
    t.ok(order(from) < order(to), `${name}: ${from} is restored before ${to}`);
  t.strictSame(Object.keys(keyFields), [...kinds]);
});

t.test('the digest depends on the rows and on nothing else', async (t) => {
  const rows = fc.uniqueArray(
    fc.record({ name: fc.string({ minLength: 1, maxLength: 4 }), value: fc.integer() }),
    { selector: ({ name }) => name, maxLength: 12 },
  );
  const detour = fc.array(fc.tuple(fc.string({ minLength: 1, maxLength: 2 }), fc.integer()));
  fc.assert(
    fc.property(rows, detour, fc.nat(), fc.boolean(), (final, other, shift, asked) => {
      const [straight, winding] = [new Graph(), new Graph()];
      for (const row of final) straight.put('var', { ...row, ...made });
      for (const [name, value] of other) {
        winding.put('var', { name, value, ...made });
        if (asked) winding.digest();
      }
      for (const [name] of other) if (winding.get('var', name)) winding.remove('var', name);
      const cut = final.length === 0 ? 0 : shift % final.length;
      // The same fields in another order are the same row.
      for (const { name, value } of [...final.slice(cut), ...final.slice(0, cut)])
        winding.put('var', { changed: made.changed, value, created: made.created, name });
      t.equal(winding.digest(), straight.digest());
    }),
  );
});

t.test('the digest notices every difference of one field', async (t) => {
  const digest = (row: HostRow): string => {
    const graph = new Graph();
    graph.put('host', row);
    return graph.digest();
  };
  const variants = [
    hostRow('n1'),
    hostRow('n2'),
    hostRow('n1', { state: 'up' }),
    hostRow('n1', { since: 1 }),
    hostRow('n1', { reason: 'x' }),
    hostRow('n1', { changed: revision(2) }),
    hostRow('n1', { created: revision(2) }),
    hostRow('n1', { variables: { a: 1 } }),
    hostRow('n1', { variables: { a: '1' } }),
    hostRow('n1', { variables: { a: true } }),
    hostRow('n1', { variables: { a: null } }),
    hostRow('n1', { variables: { a: [] } }),
    hostRow('n1', { variables: { a: {} } }),
    hostRow('n1', { variables: { a: [1, 2] } }),
    hostRow('n1', { variables: { a: [2, 1] } }),
    hostRow('n1', { variables: { a: ['1', '2'] } }),
    hostRow('n1', { variables: { a: ['12'] } }),
    hostRow('n1', { pending: ['a'] }),
    hostRow('n1', { refused: ['a'] }),
  ];
  const digests = variants.map(digest);
  t.equal(new Set(digests).size, variants.length);
  for (const each of digests) t.match(each, /^[0-9a-f]{16}$/);
});

t.test('the digest stays right beyond the number of changed rows that is kept', async (t) => {
  const [all, last] = [new Graph(), new Graph()];
  const count = 270_000;
  for (let round = 1; round <= 2; round += 1)
    for (let i = 0; i < count; i += 1) all.put('var', { name: `v${i}`, value: round, ...made });
  for (let i = 0; i < count; i += 1) last.put('var', { name: `v${i}`, value: 2, ...made });
  t.equal(all.digest(), last.digest());
});

t.test('undoing a journal restores rows, relations and digest', async (t) => {
  const graph = new Graph();
  graph.put('host', hostRow('n1', { state: 'up' }));
  graph.put('host', hostRow('n2'));
  graph.put('node', nodeRow(node1, 'n1'));
  const before = graph.digest();
  graph.begin();
  graph.remove('node', node1);
  graph.put('host', hostRow('n1', { state: 'down', problem: 'x' }));
  graph.put('node', nodeRow(node1, 'n2'));
  graph.put('node', nodeRow(node2, 'n1'));
  graph.undo(graph.end());
  t.equal(graph.digest(), before);
  t.equal(graph.one('runs', 'n1')?.fid, node1);
  t.equal(graph.one('runs', 'n2'), undefined);
  t.strictSame(graph.hostCounts(), { unknown: 1, up: 1, down: 0 });
  t.equal(graph.indexes.blockedHosts.all().size, 0);
});

t.test('an adjacency is a map to sets', async (t) => {
  const step = fc.record({
    link: fc.boolean(),
    from: fc.constantFrom('a', 'b'),
    to: fc.constantFrom('1', '2', '3'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const [adjacency, model] = [new Adjacency(), new Map([['a', new Set<string>()]])];
      model.set('b', new Set());
      for (const { link, from, to } of steps) {
        adjacency[link ? 'link' : 'unlink'](from, to);
        model.get(from)![link ? 'add' : 'delete'](to);
        for (const [key, set] of model) {
          t.equal(adjacency.count(key), set.size);
          t.strictSame([...adjacency.of(key)].sort(), [...set].sort());
        }
      }
    }),
    { numRuns: 50 },
  );
});

t.test('a tally counts', async (t) => {
  const tally = new Tally();
  tally.link('a');
  tally.link('a');
  tally.unlink('a');
  t.strictSame([tally.count('a'), tally.count('b')], [1, 0]);
  tally.unlink('a');
  t.strictSame([tally.count('a'), [...tally.of('a')]], [0, []]);
});
