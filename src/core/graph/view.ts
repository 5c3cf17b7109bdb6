/**
 * The graph as it stands at one moment, while it goes on changing. So a long answer can be made piece
 * by piece and is still of one revision. A view costs nothing to open; while it is open it keeps the
 * rows that changes replace.
 */

import type { Graph } from './graph.ts';
import { Adjacency } from './indexes/adjacency.ts';
import { GraphIntegrityError } from './integrity.ts';
import type { ReadGraph } from './read-graph.ts';
import { relations } from './relations.ts';
import type { Relation, To, ToMany, ToOne } from './relations.ts';
import { keyOf, kinds } from './resources.ts';
import type { Kind, Rows, ShownKind } from './resources.ts';
import { orderOf, SortedKeys } from './sorted-keys.ts';

/** Keys looked up at once. */
const keysAtOnce = 256;

const keysOf = (row: object, field: string): readonly string[] => {
  const value = (row as Record<string, unknown>)[field];
  return typeof value === 'string' ? [value] : Array.isArray(value) ? (value as string[]) : [];
};

export class GraphView implements ReadGraph {
  readonly #graph: Graph;
  readonly #forget: () => void;
  /** For each row that has changed since: what it was; undefined: it was not there. */
  readonly #before = Object.fromEntries(kinds.map((kind) => [kind, new Map()])) as unknown as {
    readonly [K in Kind]: Map<string, Rows[K] | undefined>;
  };
  /** Keys of those that were there. */
  readonly #changed = new Map<Kind, SortedKeys>();
  /** How those were related. */
  readonly #related = new Map<string, Adjacency>();
  readonly #counts: ReadonlyMap<Kind, number>;
  readonly #hostCounts: ReturnType<Graph['hostCounts']>;
  readonly #expectedLosses: number;
  readonly #processCounts: ReturnType<Graph['processCounts']>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#forget = graph.watch((kind, key, before) => this.#note(kind, key, before));
    this.#counts = new Map(kinds.map((kind) => [kind, graph.count(kind)]));
    this.#hostCounts = graph.hostCounts();
    this.#expectedLosses = graph.expectedLosses();
    this.#processCounts = graph.processCounts();
  }

  /** Lets go of what it keeps. It must not be read any more. */
  close(): void {
    this.#forget();
  }

  #note(kind: Kind, key: string, before: Rows[Kind] | undefined): void {
    const noted = this.#before[kind] as Map<string, Rows[Kind] | undefined>;
    if (noted.has(key)) return;
    noted.set(key, before);
    if (before === undefined) return;
    let changed = this.#changed.get(kind);
    if (!changed) this.#changed.set(kind, (changed = new SortedKeys(orderOf(kind))));
    changed.add(key);
    for (const [name, { to, field }] of Object.entries<Relation>(relations)) {
      if (to !== kind) continue;
      let related = this.#related.get(name);
      if (!related) this.#related.set(name, (related = new Adjacency()));
      for (const from of keysOf(before, field)) related.link(from, key);
    }
  }

  get<K extends Kind>(kind: K, key: string): Rows[K] | undefined {
    const noted = this.#before[kind];
    return noted.has(key) ? noted.get(key) : this.#graph.get(kind, key);
  }

  must<K extends Kind>(kind: K, key: string): Rows[K] {
    const row = this.get(kind, key);
    if (row === undefined) throw new GraphIntegrityError(`there was no ${kind} ${key}`);
    return row;
  }

  all<K extends ShownKind>(kind: K): IterableIterator<Rows[K]> {
    return this.rowsAfter(kind);
  }

  count(kind: Kind): number {
    return this.#counts.get(kind)!;
  }

  one<N extends ToOne>(name: N, from: string): Rows[To<N>] | undefined {
    const { to } = relations[name];
    const row = this.#graph.one(name, from);
    if (row && !this.#before[to].has(keyOf(to, row as never))) return row;
    for (const key of this.#related.get(name)?.of(from) ?? [])
      return this.get(to, key) as Rows[To<N>];
    return undefined;
  }

  *many<N extends ToMany>(name: N, from: string): IterableIterator<Rows[To<N>]> {
    const { to } = relations[name];
    for (const row of this.#graph.many(name, from))
      if (!this.#before[to].has(keyOf(to, row as never))) yield row;
    for (const key of this.#related.get(name)?.of(from) ?? [])
      yield this.get(to, key) as Rows[To<N>];
  }

  related(name: ToOne | ToMany, from: string): number {
    if (this.#before[relations[name].to].size === 0) return this.#graph.related(name, from);
    return [...this.many(name as ToMany, from)].length;
  }

  stayingOfRole(node: string, role: string): number {
    if (this.#before.process.size === 0) return this.#graph.stayingOfRole(node, role);
    let count = 0;
    for (const row of this.many('hosts', node)) if (row.role === role && !row.removing) count += 1;
    return count;
  }

  hostCounts(): ReturnType<Graph['hostCounts']> {
    return this.#hostCounts;
  }

  expectedLosses(): number {
    return this.#expectedLosses;
  }

  processCounts(): ReturnType<Graph['processCounts']> {
    return this.#processCounts;
  }

  *rowsAfter<K extends ShownKind>(kind: K, key?: string): IterableIterator<Rows[K]> {
    const compare = orderOf(kind);
    let last = key;
    for (;;) {
      const present = this.#graph.keysAfter(kind, last, keysAtOnce);
      const end = present.length < keysAtOnce ? undefined : present.at(-1)!;
      const gone = (this.#changed.get(kind)?.after(last, keysAtOnce) ?? []).filter(
        (other) => end === undefined || compare(other, end) <= 0,
      );
      const keys = [...new Set([...present, ...gone])].sort(compare).slice(0, keysAtOnce);
      if (keys.length === 0) return;
      for (const each of keys) {
        const row = this.get(kind, each);
        if (row) yield row;
      }
      last = keys.at(-1)!;
    }
  }
}
