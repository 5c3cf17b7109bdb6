/** The graph as text. */

import t from 'tap';
import {
  dumpDot,
  dumpJson,
  dumpKeyValue,
  restoreLine,
  snapshotLines,
} from '../../src/core/graph/dump.ts';
import { Graph } from '../../src/core/graph/graph.ts';
import type { Kind } from '../../src/core/graph/resources.ts';
import { orderOf } from '../../src/core/graph/sorted-keys.ts';
import { GraphView } from '../../src/core/graph/view.ts';
import { add, commitOf, declaredHost, given, load, nodeUp } from './scenario.ts';
import type { Command } from '../../src/core/commands/index.ts';

const host = 'n1.example';
const full = (): Graph => {
  const quoted = declaredHost('n2.example', [], {
    enclosure: 'the "upper" one \\ left',
    project: 'a\nb',
    obm: { type: 'ipmi', address: '10.1.0.2', secret: 'obm/n2' },
  });
  const { engine } = given(
    load({
      enclosures: [{ name: 'the "upper" one \\ left', site: 's', rack: 'r' }],
      pools: [{ name: 'p', data_units: 1, parity_units: 0, unit_size: 1, devices: [] }],
      profiles: [{ name: 'default', pools: ['p'] }],
      hosts: [quoted],
    }),
    nodeUp(host),
  );
  const wanted = { ...add(host, 's3server', 'web'), tokens: true } as Command;
  commitOf(engine, wanted, { request: { key: 'k', fingerprint: 'f' } });
  return engine.graph;
};

const hidden = ['credential', 'request', 'deadline', 'counter'];

t.test('the JSON dump parses, and each end of a relation is a resource in it', async (t) => {
  for (const graph of [full(), new Graph()]) {
    const dump = JSON.parse([...dumpJson(graph)].join('')) as {
      resources: Record<string, string>[];
      relations: { name: string; from: string; to: string }[];
    };
    const kindsShown = new Set(dump.resources.map(({ kind }) => kind));
    for (const kind of hidden) t.notOk(kindsShown.has(kind), kind);
    t.equal(dump.resources.filter(({ kind }) => kind === 'process').length, graph.count('process'));
    const keys = ['fid', 'fqdn', 'id', 'host', 'name'];
    const ids = new Set(
      dump.resources.flatMap((row) =>
        keys.flatMap((key) => (row[key] === undefined ? [] : [`${row['kind']}/${row[key]}`])),
      ),
    );
    for (const { name, from, to } of dump.relations) t.ok(ids.has(from) && ids.has(to), name);
    t.equal(dump.relations.filter(({ name }) => name === 'hosts').length, graph.count('process'));
  }
});

t.test('the DOT dump is one graph of nodes and edges', async (t) => {
  const id = '"(?:[^"\\\\]|\\\\.)*"';
  const statement = new RegExp(`^  ${id}(?: -> ${id})? \\[label=${id}\\];$`, 's');
  for (const graph of [full(), new Graph()]) {
    const [first, ...chunks] = [...dumpDot(graph)];
    t.equal(first, 'digraph halcyon {\n  rankdir=LR;\n  node [shape=box];\n');
    t.equal(chunks.pop(), '}\n');
    for (const chunk of chunks) t.match(chunk.slice(0, -1), statement);
    const nodes = chunks.filter((chunk) => !chunk.includes(' -> ')).length;
    t.equal(nodes, JSON.parse([...dumpJson(graph)].join('')).resources.length);
  }
});

t.test('the key/value dump has one resource a line, sorted within its kind', async (t) => {
  const lines = [...dumpKeyValue(full())];
  const seen = new Map<string, string>();
  for (const line of lines) {
    const [key = '', json = ''] = line.split('\t');
    t.type(JSON.parse(json), 'object');
    const kind = key.slice(0, key.indexOf('/'));
    const [own, last] = [key.slice(kind.length + 1), seen.get(kind) ?? ''];
    t.ok(orderOf(kind as Kind)(last, own) < 0, key);
    seen.set(kind, own);
  }
  t.notOk(hidden.some((kind) => seen.has(kind)));
});

t.test('no dump shows the hash of a token', async (t) => {
  const graph = full();
  const hashes = [...graph.all('credential')].map(({ hash }) => hash);
  t.equal(hashes.length, 6);
  for (const dump of [dumpJson, dumpDot, dumpKeyValue]) {
    const text = [...dump(graph)].join('');
    t.notOk(hashes.some((hash) => text.includes(hash)));
  }
});

t.test('the dump of a view is of the moment when that was opened', async (t) => {
  const graph = full();
  const view = new GraphView(graph);
  const dumps = [dumpJson, dumpDot, dumpKeyValue].map((dump) => ({
    before: [...dump(graph)].join(''),
    lazy: dump(view),
  }));
  const snapshot = { before: [...snapshotLines(graph)].join(''), lazy: snapshotLines(graph) };
  const [process] = graph.all('process');
  graph.put('process', { ...process!, state: 'failed' });
  for (const { before, lazy } of [...dumps, snapshot]) t.equal([...lazy].join(''), before);
  view.close();
});

t.test('a snapshot restores to the same graph', async (t) => {
  const graph = full();
  const restored = new Graph();
  const lines = [...snapshotLines(graph)];
  for (const line of lines) restoreLine(restored, line);
  t.equal(restored.digest(), graph.digest());
  t.strictSame([...snapshotLines(restored)], lines);
  const [process] = graph.all('process');
  t.equal(restored.related('provides', process!.fid), graph.related('provides', process!.fid));
  t.equal(restored.indexes.deadlines.next()?.id, graph.indexes.deadlines.next()?.id);
  t.equal(
    restored.indexes.haProcesses.of(process!.node)?.fid,
    graph.indexes.haProcesses.of(process!.node)?.fid,
  );
  t.strictSame(restored.processCounts(), graph.processCounts());
});

t.test('a snapshot with a row missing is noticed', async (t) => {
  const lines = [...snapshotLines(full())].filter((line) => !line.startsWith('["spec"'));
  const restored = new Graph();
  t.throws(() => lines.forEach((line) => restoreLine(restored, line)), {
    name: 'GraphIntegrityError',
  });
});
