/** The graph as a reader sees it, who takes a view of it as well. */

import type { Graph } from './graph.ts';
import type { ToMany, ToOne } from './relations.ts';
import type { Rows, ShownKind } from './resources.ts';

/** What the graph and a view of it can be asked. */
export type ReadGraph = Pick<
  Graph,
  | 'get'
  | 'must'
  | 'count'
  | 'one'
  | 'many'
  | 'stayingOfRole'
  | 'hostCounts'
  | 'expectedLosses'
  | 'processCounts'
  | 'rowsAfter'
> & {
  all<K extends ShownKind>(kind: K): IterableIterator<Rows[K]>;
  related(name: ToOne | ToMany, from: string): number;
};
