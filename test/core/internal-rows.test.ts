/** What is internal is in no output: hashes of tokens, requests, deadlines. */

import t from 'tap';
import { dumpDot, dumpJson, dumpKeyValue, snapshotLines } from '../../src/core/graph/dump.ts';
import { Graph } from '../../src/core/graph/graph.ts';
import { isShown, keyOf, kinds, shownKinds } from '../../src/core/graph/resources.ts';
import type { Kind, Rows, ShownKind } from '../../src/core/graph/resources.ts';
import { GraphView } from '../../src/core/graph/view.ts';
import type { Fid } from '../../src/core/values/fid.ts';
import { revision } from '../../src/core/values/revision.ts';
import { findResource, isKind } from '../../src/station/queries/why.ts';

const made = { created: revision(1), changed: revision(1) };
const secret = 'nobody-may-see-this';

/** A row of each internal kind that holds the secret wherever it can. */
const rows: { readonly [K in Exclude<Kind, ShownKind>]: Rows[K] } = {
  counter: { name: secret as 'fid', value: 1, ...made },
  credential: {
    id: secret,
    name: secret,
    role: 'operator',
    hash: secret,
    host: null,
    process: null,
    expires: 0,
    ...made,
  },
  member: { id: secret, credential: secret, project: 'weather', role: 'viewer', ...made },
  opening: { id: secret, opener: secret, ...made },
  rulebook: { id: 'rulebook', file: secret, rules: [], ...made },
  user: {
    ...{ name: secret, role: 'viewer', disabled: false, password: true, second_factor: true },
    ...{ step: 1, failures: 0, locked: 0, ...made },
  },
  usage: { who: secret, times: [1], ...made },
  connection: {
    ...{ id: secret, host: 'n1.example', credential: secret },
    ...{ purpose: 'console', mode: 'read-only', epoch: revision(1), since: 1, expires: 1 },
    ...made,
  },
  request: { id: secret, fingerprint: secret, ...made },
  feed: { obmd: secret, position: secret, ...made },
  departure: { fid: secret as Fid, host: secret, name: secret, reason: secret, ...made },
  deadline: { id: secret, kind: 'credential-expiry', subject: secret, at: 1, ...made },
};

const internal = Object.keys(rows) as (keyof typeof rows)[];

const filled = (): Graph => {
  const graph = new Graph();
  graph.put('cluster', { name: 'galileo', wanted: null, ...made });
  graph.put('project', { name: 'weather', ...made });
  const none = { roles: [], pending: [], devices: [], refused: [], variables: {} };
  graph.put('host', {
    ...{ fqdn: 'n1.example', state: 'unknown', reason: '', since: 1, enclosure: null },
    ...{ project: null, problem: '', facts: null, removing: false, ...none, ...made },
  });
  const put = <K extends Kind>(kind: K, row: Rows[K]): void => graph.put(kind, row);
  for (const kind of internal) put(kind, rows[kind]);
  return graph;
};

t.test('every kind of row is either shown or internal, and each says which', async (t) => {
  t.strictSame([...shownKinds, ...internal].sort(), [...kinds].sort());
});

t.test('no output of the graph holds an internal row', async (t) => {
  const graph = filled();
  const view = new GraphView(graph);
  for (const kind of internal.toReversed()) graph.remove(kind, keyOf(kind, rows[kind]));
  const later = filled();
  for (const each of [view, later])
    for (const dump of [dumpJson, dumpDot, dumpKeyValue]) {
      const text = [...dump(each)].join('');
      t.match(text, 'galileo');
      t.notMatch(text, secret);
    }
  t.match([...snapshotLines(later)].join(''), secret, 'snapshots keep all of it');
});

t.test('nobody can ask why an internal row is as it is', async (t) => {
  const graph = filled();
  t.equal(findResource(graph, 'galileo')?.kind, 'cluster');
  t.equal(findResource(graph, secret), undefined);
  for (const kind of kinds) t.equal(isKind(kind), isShown(kind), kind);
});

t.test('internal rows cannot be listed by mistake', async (t) => {
  const mistakes = [
    // @ts-expect-error hashes of tokens are not listed
    (graph: Graph) => graph.rowsAfter('credential'),
    // @ts-expect-error nor are they read from a view
    (graph: Graph) => new GraphView(graph).all('credential'),
  ];
  t.equal(mistakes.length, 2);
});
