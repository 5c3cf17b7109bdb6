/**
 * The graph as text: JSON, DOT, key/value, and the lines of a snapshot. Made piece by piece; a
 * graph may be large.
 */

import type { Graph } from './graph.ts';
import { keyOf } from './graph.ts';
import { relations } from './relations.ts';
import type { Relation } from './relations.ts';
import { kinds } from './resources.ts';
import type { Kind, Rows } from './resources.ts';

/** Kinds that are nobody's business outside: token hashes, answered requests, bookkeeping. */
const internal: readonly Kind[] = ['credential', 'request', 'departure', 'deadline', 'counter'];

const shown = kinds.filter((kind) => !internal.includes(kind));

interface Listed {
  readonly kind: Kind;
  readonly key: string;
  readonly row: Rows[Kind];
}

/**
 * The rows that are shown, sorted. Collected at once: they are immutable, so the graph may change
 * while the text is being made and sent, and the text is still of one moment.
 */
const listed = (graph: Graph): readonly Listed[] =>
  shown.flatMap((kind) =>
    Array.from(graph.all(kind), (row) => ({ kind, key: keyOf(kind, row), row })).sort((a, b) =>
      a.key < b.key ? -1 : 1,
    ),
  );

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
export const dumpJson = (graph: Graph): Generator<string> => {
  const rows = listed(graph);
  return (function* () {
    yield '{"resources":[';
    let separator = '\n';
    for (const { kind, row } of rows) {
      yield separator + JSON.stringify({ kind, ...row });
      separator = ',\n';
    }
    yield '\n],"relations":[';
    separator = '\n';
    for (const entry of rows)
      for (const edge of edgesInto(entry)) {
        yield separator + JSON.stringify(edge);
        separator = ',\n';
      }
    yield '\n]}\n';
  })();
};

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;

/** Graphviz. */
export const dumpDot = (graph: Graph): Generator<string> => {
  const rows = listed(graph);
  return (function* () {
    yield 'digraph halcyon {\n  rankdir=LR;\n  node [shape=box];\n';
    for (const entry of rows) {
      yield `  ${quoted(nodeId(entry.kind, entry.key))} [label=${quoted(label(entry))}];\n`;
      for (const { name, from, to } of edgesInto(entry))
        yield `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(name)}];\n`;
    }
    yield '}\n';
  })();
};

const label = ({ kind, key, row }: Listed): string => {
  const state = 'state' in row ? ` (${row.state})` : '';
  const place = 'endpoint' in row ? ` ${row.endpoint}` : '';
  return `${kind} ${key}${place}${state}`;
};

/** One resource a line: `<kind>/<key>`, a tab, the row as JSON. */
export const dumpKeyValue = (graph: Graph): Generator<string> => {
  const rows = listed(graph);
  return (function* () {
    for (const { kind, key, row } of rows) yield `${nodeId(kind, key)}\t${JSON.stringify(row)}\n`;
  })();
};

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
