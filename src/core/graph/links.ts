/** The relations between rows: kept whole by every change, and followed from either end. */

import { Adjacency, Tally } from './indexes/adjacency.ts';
import type { IndexedRelation } from './indexes/adjacency.ts';
import { GraphIntegrityError } from './integrity.ts';
import { relations } from './relations.ts';
import type { Relation, RelationName } from './relations.ts';
import { kinds } from './resources.ts';
import type { Kind } from './resources.ts';

/** Whether there is a row of a kind under a key. */
type Exists = (kind: Kind, key: string) => boolean;

export class Links {
  readonly #exists: Exists;
  readonly #byName: Readonly<Record<RelationName, IndexedRelation>>;
  /** By kind, the relations that lead to its rows, and those that lead from them. */
  readonly #incoming: Readonly<Record<Kind, readonly IndexedRelation[]>>;
  readonly #outgoing: Readonly<Record<Kind, readonly IndexedRelation[]>>;

  constructor(exists: Exists) {
    this.#exists = exists;
    const indexed = Object.entries(relations).map(([name, definition]: [string, Relation]) => ({
      name,
      definition,
      index: definition.walked ? new Adjacency() : new Tally(),
    }));
    this.#byName = Object.fromEntries(indexed.map((one) => [one.name, one])) as Record<
      RelationName,
      IndexedRelation
    >;
    const byKind = (side: 'from' | 'to'): Record<Kind, IndexedRelation[]> =>
      Object.fromEntries(
        kinds.map((kind) => [kind, indexed.filter((one) => one.definition[side] === kind)]),
      ) as Record<Kind, IndexedRelation[]>;
    this.#incoming = byKind('to');
    this.#outgoing = byKind('from');
  }

  of(name: RelationName): IndexedRelation {
    return this.#byName[name];
  }

  /** The relations of a row of a kind are those that another row of that kind, in its place, has. */
  replace(kind: Kind, key: string, before: object | undefined, after: object | undefined): void {
    for (const relation of this.#incoming[kind]) {
      const { field } = relation.definition;
      const was = before && (before as Record<string, unknown>)[field];
      const is = after && (after as Record<string, unknown>)[field];
      // Most rows have neither; `null` says so in a row, and there was none of a new one.
      if ((was ?? null) === (is ?? null)) continue;
      if (was === undefined && typeof is === 'string') {
        this.#admit(relation, is, key);
        relation.index.link(is, key);
        continue;
      }
      const [left, joined] = [keysIn(was), keysIn(is)];
      for (const from of joined) if (!left.includes(from)) this.#admit(relation, from, key);
      for (const from of left) if (!joined.includes(from)) relation.index.unlink(from, key);
      for (const from of joined) if (!left.includes(from)) relation.index.link(from, key);
    }
  }

  /** @throws {GraphIntegrityError} other rows refer to this one */
  assertFree(kind: Kind, key: string): void {
    for (const { name, index } of this.#outgoing[kind])
      if (index.count(key) > 0)
        throw new GraphIntegrityError(`${kind} ${key} cannot go: it still ${name} something`);
  }

  #admit({ name, definition, index }: IndexedRelation, from: string, to: string): void {
    if (!this.#exists(definition.from, from))
      throw new GraphIntegrityError(
        `${definition.to} ${to} refers to ${definition.from} ${from}, which does not exist`,
      );
    if (definition.cardinality === 'one-to-one' && index.count(from) > 0)
      throw new GraphIntegrityError(
        `${definition.from} ${from} already ${name} another ${definition.to}`,
      );
  }
}

const keysIn = (value: unknown): readonly string[] =>
  typeof value === 'string' ? [value] : Array.isArray(value) ? (value as string[]) : [];
