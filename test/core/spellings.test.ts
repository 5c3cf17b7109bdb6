/** Two spellings of one address are one endpoint, wherever endpoints are compared. */

import t from 'tap';
import type { Engine } from '../../src/core/engine.ts';
import { restoreLine, snapshotLines } from '../../src/core/graph/dump.ts';
import { Graph } from '../../src/core/graph/graph.ts';
import { canonicalPrefix, parseEndpoint } from '../../src/core/values/endpoint.ts';
import {
  add,
  addedBy,
  commitOf,
  declaredHost,
  load,
  newEngine,
  noon,
  rejectionOf,
  remove,
  roleSource,
  submit,
} from './scenario.ts';

/** Each line is one address in several spellings; no two lines are one. */
const addresses: readonly (readonly string[])[] = [
  [
    '10.0.0.1@tcp:12345:41',
    '10.0.0.1@tcp0:12345:41',
    '10.0.0.1@tcp00:012345:041',
    '010.000.0.1@tcp:12345:41',
  ],
  ['10.0.0.1@tcp1:12345:41', '10.0.0.1@tcp01:012345:041'],
  ['10.0.0.1@o2ib:12345:41', '10.0.0.1@o2ib0:12345:41', '10.0.0.01@o2ib00:12345:41'],
  ['10.0.0.1@o2ib1:12345:41', '10.0.0.1@o2ib01:12345:41'],
  ['10.0.0.1@tcp:12345:42', '10.0.0.1@tcp:12345:042'],
  ['10.0.0.1@tcp:12346:41', '10.0.0.1@tcp0:012346:41'],
  ['0@lo:12345:41'],
  ['node1.example@tcp:12345:41', 'NODE1.example@tcp0:12345:41'],
  ['n1.example', 'N1.Example', 'n1.example.'],
  ['n1.example.org'],
  [
    '10.0.0.1',
    '10.1',
    '0x0a.0.0.1',
    '0xA000001',
    '167772161',
    '012.0.0.1',
    '[::ffff:10.0.0.1]',
    '[::FFFF:a00:1]',
  ],
  ['10.0.0.2', '[::ffff:10.0.0.2]'],
  ['[fe80::1]', '[FE80::1]', '[fe80:0:0:0:0:0:0:1]', '[fe80:0000::0001]', '[fe80::0.0.0.1]'],
  ['[::1]', '[0:0:0:0:0:0:0:1]', '[0::1]'],
  ['[::]', '[0::]', '[::0]'],
  ['1.2.3.4.5'],
  ['256.0.0.1'],
];

t.test('spellings of one address are told from those of another', async (t) => {
  const meanings = addresses.map((spellings) => {
    for (const text of spellings) t.ok(parseEndpoint(`${text}:7`), text);
    const found = new Set(spellings.map((text) => canonicalPrefix(`${text}:`)));
    t.equal(found.size, 1, `${spellings.join(' ')}: ${[...found].join(' ')}`);
    return [...found][0];
  });
  t.equal(new Set(meanings).size, addresses.length, meanings.join(' '));
});

/** An engine with a role for each spelling, whose endpoint leaves room for two processes. */
const withRoles = (spellings: readonly string[]): { engine: Engine; roles: readonly string[] } => {
  const roles = spellings.map((_, i) => `spelling${i}`);
  const last = spellings[0]!.includes('@') ? 4094 : 65_534;
  const table = Object.fromEntries(
    roles.map((role, i) => [role, [{ endpoint: `${spellings[i]}:${last}` }]]),
  );
  const engine = newEngine(table);
  const hosts = [declaredHost('n1.example'), declaredHost('n2.example')];
  commitOf(engine, load({ hosts, roles: roles.map((role) => roleSource(role)) }));
  return { engine, roles };
};

const restored = (graph: Graph): Graph => {
  const copy = new Graph();
  for (const line of snapshotLines(graph)) restoreLine(copy, line);
  return copy;
};

for (const spellings of addresses.filter(({ length }) => length > 1))
  t.test(`${spellings[0]} is given out once, however it is spelled`, async (t) => {
    const { engine, roles } = withRoles(spellings);
    const [first = '', ...others] = roles;
    const other = others.at(-1)!;
    const segment = ({ endpoint }: { endpoint: string }): number =>
      Number(endpoint.slice(endpoint.lastIndexOf(':') + 1));

    const [one, two] = addedBy(engine, add('n1.example', first, other));
    t.equal(segment(two!), segment(one!) + 1, 'in one decision');
    t.ok(two!.endpoint.startsWith(`${spellings.at(-1)}:`), 'it is kept as it is written');
    for (const role of roles)
      t.match(rejectionOf(engine, add('n2.example', role)), { code: 'no-free-endpoint' }, role);

    commitOf(engine, remove(one!.fid));
    const [again] = addedBy(engine, add('n2.example', other));
    t.equal(segment(again!), segment(one!), 'while it cools under another spelling');
    const isTaken = (graph: Graph): boolean =>
      spellings.every(
        (text) =>
          graph.indexes.endpoints.lowestFree(`${text}:`, segment(one!), segment(two!)) === -1,
      );
    t.ok(isTaken(restored(engine.graph)), 'after a restart from a snapshot');
    submit(engine, { type: 'FireDeadlines' }, { at: noon + 3_600_000 });
    t.ok(isTaken(engine.graph), 'after the old cool-down');
    t.match(rejectionOf(engine, add('n1.example', first)), { code: 'no-free-endpoint' });

    commitOf(engine, remove(again!.fid), { at: noon + 3_600_000 });
    submit(engine, { type: 'FireDeadlines' }, { at: noon + 7_200_000 });
    const [next] = addedBy(engine, add('n1.example', first));
    t.equal(segment(next!), segment(one!), 'free when it has cooled');
  });
