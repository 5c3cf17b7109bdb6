/**
 * The graph as text: JSON, DOT, key/value, and the lines of a snapshot. Made piece by piece; a
 * graph may be large.
 */

import type { Graph } from './graph.ts';
import type { ReadGraph } from './read-graph.ts';
import { relations } from './relations.ts';
import type { Relation } from './relations.ts';
import { keyOf, kinds, shownKinds } from './resources.ts';
import type { Kind, Rows, ShownKind } from './resources.ts';

interface Listed {
  readonly kind: ShownKind;
  readonly key: string;
  readonly row: Rows[Kind];
}

/**
 * The rows that are shown, kind by kind, in the order of their keys. While the text is being made the
 * graph must not change: where it would, a view of it is dumped.
 */
function* listed(graph: ReadGraph): Generator<Listed> {
  for (const kind of shownKinds)
    for (const row of graph.rowsAfter(kind)) yield { kind, key: keyOf(kind, row), row };
}

const nodeId = (kind: Kind, key: string): string => `${kind}/${key}`;

interface Edge {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

const edgesInto = ({ kind, key, row }: Listed): Edge[] =>
  Object.entries(relations).flatMap(([name, { from, to, field }]: [string, Relation]) => {
    if (to !== kind) return [];
    const value = (row as unknown as Record<string, unknown>)[field];
    const sources = typeof value === 'string' ? [value] : Array.isArray(value) ? value : [];
    return sources.map((source: string) => ({
      name,
      from: nodeId(from, source),
      to: nodeId(kind, key),
    }));
  });

/** `{"resources":[{kind, …}],"relations":[{name, from, to}]}`. */
export function* dumpJson(graph: ReadGraph): Generator<string> {
  yield '{"resources":[';
  let separator = '\n';
  for (const { kind, row } of listed(graph)) {
    yield separator + JSON.stringify({ kind, ...row });
    separator = ',\n';
  }
  yield '\n],"relations":[';
  separator = '\n';
  for (const entry of listed(graph)) {
    yield '';
    for (const edge of edgesInto(entry)) {
      yield separator + JSON.stringify(edge);
      separator = ',\n';
    }
  }
  yield '\n]}\n';
}

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;

/** Graphviz. */
export function* dumpDot(graph: ReadGraph): Generator<string> {
  yield 'digraph halcyon {\n  rankdir=LR;\n  node [shape=box];\n';
  for (const entry of listed(graph)) {
    yield `  ${quoted(nodeId(entry.kind, entry.key))} [label=${quoted(label(entry))}];\n`;
    for (const { name, from, to } of edgesInto(entry))
      yield `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(name)}];\n`;
  }
  yield '}\n';
}

const label = ({ kind, key, row }: Listed): string => {
  const state = 'state' in row ? ` (${row.state})` : '';
  const place = 'endpoint' in row ? ` ${row.endpoint}` : '';
  return `${kind} ${key}${place}${state}`;
};

/** One resource a line: `<kind>/<key>`, a tab, the row as JSON. */
export function* dumpKeyValue(graph: ReadGraph): Generator<string> {
  for (const { kind, key, row } of listed(graph))
    yield `${nodeId(kind, key)}\t${JSON.stringify(row)}\n`;
}

/**
 * Everything, internal rows included, one JSON array `[kind, row]` a line, in an order in which
 * `restoreLine` can take them. Rows are collected first: they are immutable, so the graph may
 * change while the lines are being written.
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
  const entry = JSON.parse(line) as [Kind, Rows[Kind]];
  const [kind, row] = [entry[0], entry[1]];
  share(graph, kind, row);
  graph.put(kind, row);
};

/** Puts all rows of a graph, which does not change meanwhile, into an empty one: rows are immutable, and shared. */
export function* copyRows(from: Graph, to: Graph): Generator<undefined, void> {
  for (const kind of kinds)
    for (const row of from.all(kind)) {
      to.put(kind, row);
      yield;
    }
}

/**
 * Takes strings that other rows hold already from there, in place, as the row is nobody else's yet;
 * see `ProcessAdded`.
 */
const share = (graph: Graph, kind: Kind, row: Rows[Kind]): void => {
  if (kind === 'process') {
    const process = row as Mutable<Rows['process']>;
    process.node = graph.must('node', process.node).fid;
    process.role = graph.must('role', process.role).name;
    process.spec = graph.must('spec', process.spec).id;
  } else if (kind === 'service') {
    const service = row as Mutable<Rows['service']>;
    service.process = graph.must('process', service.process).fid;
  }
};

type Mutable<T> = { -readonly [F in keyof T]: T[F] };
