/**
 * The relations of the graph, their cardinality, and the field each one lives in.
 *
 * A relation is stored once, as a field of the row on its far side (`process.node`), and indexed
 * the other way. So the two directions cannot disagree, and "nothing dangles" is a check on one
 * field.
 */

import type { Kind, Rows } from './resources.ts';

export type Cardinality = 'one-to-one' | 'one-to-many' | 'many-to-many';

export interface Relation {
  readonly from: Kind;
  readonly to: Kind;
  readonly cardinality: Cardinality;
  /** Field of the `to` row that holds the key (or keys) of its `from` row. Null: not related. */
  readonly field: string;
  /** False where only the number of related rows is kept, because nobody walks that way. */
  readonly walked: boolean;
}

const relation = <const F extends Kind, const T extends Kind, const C extends Cardinality>(
  from: F,
  cardinality: C,
  to: T,
  field: keyof Rows[T] & string,
): { from: F; to: T; cardinality: C; field: string; walked: true } => ({
  from,
  to,
  cardinality,
  field,
  walked: true,
});

const counted = <const F extends Kind, const T extends Kind>(
  from: F,
  to: T,
  field: keyof Rows[T] & string,
): { from: F; to: T; cardinality: 'one-to-many'; field: string; walked: false } => ({
  from,
  to,
  cardinality: 'one-to-many',
  field,
  walked: false,
});

export const relations = {
  contains: relation('site', 'one-to-many', 'rack', 'site'),
  holds: relation('rack', 'one-to-many', 'enclosure', 'rack'),
  houses: relation('enclosure', 'one-to-many', 'host', 'enclosure'),
  lends: relation('project', 'one-to-many', 'host', 'project'),
  leads: relation('station', 'one-to-one', 'leadership', 'station'),
  backs: relation('pool', 'many-to-many', 'profile', 'pools'),
  guides: relation('host', 'one-to-one', 'policy', 'host'),
  recovers: relation('host', 'one-to-one', 'recovery', 'host'),
  pauses: relation('host', 'one-to-one', 'maintenance', 'host'),
  manages: relation('host', 'one-to-one', 'obm', 'host'),
  registers: relation('host', 'one-to-one', 'registration', 'host'),
  observes: relation('host', 'one-to-one', 'observation', 'host'),
  checks: relation('host', 'one-to-one', 'health', 'host'),
  notes: relation('host', 'one-to-one', 'notes', 'host'),
  obeys: relation('host', 'one-to-many', 'order', 'host'),
  undergoes: relation('host', 'one-to-many', 'procedure', 'host'),
  takes: relation('campaign', 'one-to-many', 'turn', 'campaign'),
  connects: relation('host', 'one-to-many', 'connection', 'host'),
  runs: relation('host', 'one-to-one', 'node', 'host'),
  hosts: relation('node', 'one-to-many', 'process', 'node'),
  provides: relation('process', 'one-to-many', 'service', 'process'),
  shapes: counted('spec', 'process', 'spec'),
  names: counted('role', 'process', 'role'),
  speaks: relation('process', 'one-to-many', 'credential', 'process'),
  admits: relation('project', 'one-to-many', 'member', 'project'),
  joins: relation('credential', 'one-to-many', 'member', 'credential'),
  owns: relation('user', 'one-to-many', 'credential', 'user'),
  opens: relation('credential', 'one-to-many', 'opening', 'opener'),
  elevates: relation('credential', 'one-to-many', 'grant', 'credential'),
} as const satisfies Record<string, Relation>;

export type RelationName = keyof typeof relations;
type Definition<N extends RelationName> = (typeof relations)[N];

/** Relations by which a row has at most one row. */
export type ToOne = {
  [N in RelationName]: Definition<N>['cardinality'] extends 'one-to-one' ? N : never;
}[RelationName];

/** Relations by which a row has any number of rows that can be listed. */
export type ToMany = {
  [N in RelationName]: Definition<N>['cardinality'] extends 'one-to-one'
    ? never
    : Definition<N>['walked'] extends true
      ? N
      : never;
}[RelationName];

export type To<N extends RelationName> = Definition<N>['to'];
