/** What an index is: it follows the rows of some kinds, so that a question need not look at all of them. */

import type { Kind, Rows } from '../resources.ts';

/** Told of a row that was replaced; `before` is undefined for a new one, `after` for one that is gone. */
export type Follow<K extends Kind> = (
  before: Rows[K] | undefined,
  after: Rows[K] | undefined,
) => void;

/** By kind, what an index does about a change; it hears of the kinds that it names. */
export type Following = { readonly [K in Kind]?: Follow<K> };

export interface Index {
  readonly following: Following;
}

/** Where an index finds the rows that those it follows refer to, and that refer to them. */
export interface Lookup {
  get<K extends Kind>(kind: K, key: string): Rows[K] | undefined;
  must<K extends Kind>(kind: K, key: string): Rows[K];
  one(name: 'runs', host: string): Rows['node'] | undefined;
  many(name: 'hosts', node: string): Iterable<Rows['process']>;
  stayingOfRole(node: string, role: string): number;
}
