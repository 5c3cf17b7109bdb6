/** The graph as text: JSON, DOT, key/value, and the lines of a snapshot. Made piece by piece; a graph may be large. */

import type { Graph } from './graph.ts';
import { keyOf } from './graph.ts';
import { relations } from './relations.ts';
import type { Relation } from './relations.ts';
import { kinds } from './resources.ts';
import type { Kind, Rows } from './resources.ts';

/** Kinds that are nobody's business outside: token hashes, answered requests, bookkeeping. */
const internal: readonly Kind[] = ['credential', 'request', 'deadline', 'counter'];

const shown = kinds.filter((kind) => !internal.includes(kind));

const byKey = <K extends Kind>(graph: Graph, kind: K): Rows[K][] =>
  [...graph.all(kind)].sort((a, b) => (keyOf(kind, a) < keyOf(kind, b) ? -1 : 1));

const nodeId = (kind: Kind, key: string): string => `${kind}/${key}`;

interface Edge {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

const edgesInto = (kind: Kind, row: object): Edge[] =>
  Object.entries(relations).flatMap(([name, { from, to, field }]: [string, Relation]) => {
    if (to !== kind) return [];
    const value = (row as Record<string, unknown>)[field];
    const sources = typeof value === 'string' ? [value] : Array.isArray(value) ? value : [];
    const target = nodeId(kind, keyOf(kind, row as Rows[Kind]));
    return sources.map((source: string) => ({ name, from: nodeId(from, source), to: target }));
  });

/** `{"resources":[{kind, …}],"relations":[{name, from, to}]}`. */
export function* dumpJson(graph: Graph): Generator<string> {
  let separator = '{"resources":[\n';
  for (const kind of shown)
    for (const row of byKey(graph, kind)) {
      yield separator + JSON.stringify({ kind, ...row });
      separator = ',\n';
    }
  yield separator.startsWith('{') ? '{"resources":[' : '';
  separator = '\n],"relations":[\n';
  for (const kind of shown)
    for (const row of byKey(graph, kind))
      for (const edge of edgesInto(kind, row)) {
        yield separator + JSON.stringify(edge);
        separator = ',\n';
      }
  yield separator.startsWith('\n]') ? '\n],"relations":[]}\n' : '\n]}\n';
}

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;

/** Graphviz. */
export function* dumpDot(graph: Graph): Generator<string> {
  yield 'digraph halcyon {\n  rankdir=LR;\n  node [shape=box];\n';
  for (const kind of shown)
    for (const row of byKey(graph, kind)) {
      const id = nodeId(kind, keyOf(kind, row));
      yield `  ${quoted(id)} [label=${quoted(label(kind, row))}];\n`;
      for (const { name, from, to } of edgesInto(kind, row))
        yield `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(name)}];\n`;
    }
  yield '}\n';
}

const label = (kind: Kind, row: Rows[Kind]): string => {
  const state = 'state' in row ? ` (${row.state})` : '';
  const place = 'endpoint' in row ? ` ${row.endpoint}` : '';
  return `${kind} ${keyOf(kind, row)}${place}${state}`;
};

/** One resource a line: `<kind>/<key>`, a tab, the row as JSON. */
export function* dumpKeyValue(graph: Graph): Generator<string> {
  for (const kind of shown)
    for (const row of byKey(graph, kind))
      yield `${nodeId(kind, keyOf(kind, row))}\t${JSON.stringify(row)}\n`;
}

/**
 * Everything, internal rows included, one JSON array `[kind, row]` a line, in an order in which `restoreLine` can take them.
 * Rows are collected first: they are immutable, so the graph may change while the lines are being written.
 */
export const snapshotLines = (graph: Graph): IterableIterator<string> => {
  const rows = kinds.map((kind) => ({ kind, rows: [...graph.all(kind)] }));
  return (function* () {
    for (const { kind, rows: list } of rows)
      for (const row of list) yield JSON.stringify([kind, row]);
  })();
};

/** Puts one line of a snapshot into a graph. */
export const restoreLine = (graph: Graph, line: string): void => {
  const [kind, row] = JSON.parse(line) as [Kind, Rows[Kind]];
  graph.put(kind, kind === 'process' ? sharing(graph, row as Rows['process']) : row);
};

/** With strings that other rows hold already; see `ProcessAdded`. */
const sharing = (graph: Graph, row: Rows['process']): Rows['process'] => ({
  ...row,
  node: graph.must('node', row.node).fid,
  role: graph.must('role', row.role).name,
  spec: graph.must('spec', row.spec).id,
});
