/** The small changes that the changes of events are made of. */

import type { EventData, EventType } from '../events/catalogue.ts';
import type { Revision } from '../values/revision.ts';
import type { Graph } from './graph.ts';
import type { ReadGraph } from './read-graph.ts';
import type { Kind, Rows } from './resources.ts';
import type { DeadlineKind, DeadlineRow } from './rows/deadlines.ts';
import type { HostRow } from './rows/hosts.ts';
import type { Provenance } from './rows/row.ts';

/** Where an event stands. */
export interface Position {
  readonly revision: Revision;
  readonly at: number;
}

/** What an event of a type changes. */
export type Evolve<T extends EventType> = (
  graph: Graph,
  data: EventData<T>,
  position: Position,
) => void;

/** What each event of a subject changes; it knows all of them. */
export type Evolvers<Events> = { readonly [T in keyof Events & EventType]: Evolve<T> };

export const made = ({ revision }: Position): Provenance => ({
  created: revision,
  changed: revision,
});

/** Puts a row that may exist already, keeping when it was created. */
export const upsert = <K extends Kind>(
  graph: Graph,
  kind: K,
  key: string,
  content: Omit<Rows[K], keyof Provenance>,
  { revision }: Position,
): void => {
  const created = graph.get(kind, key)?.created ?? revision;
  graph.put(kind, { ...content, created, changed: revision } as unknown as Rows[K]);
};

export const ensure = <K extends Kind>(
  graph: Graph,
  kind: K,
  key: string,
  content: Omit<Rows[K], keyof Provenance>,
  position: Position,
): void => {
  if (!graph.get(kind, key)) upsert(graph, kind, key, content, position);
};

export const deadlineId = (kind: DeadlineKind, subject: string): string => `${kind}/${subject}`;

export const deadlineOf = (
  graph: ReadGraph,
  kind: DeadlineKind,
  subject: string,
): DeadlineRow | undefined => graph.get('deadline', deadlineId(kind, subject));

export const setDeadline = (
  graph: Graph,
  kind: DeadlineKind,
  subject: string,
  at: number,
  position: Position,
): void => {
  const id = deadlineId(kind, subject);
  upsert(graph, 'deadline', id, { id, kind, subject, at }, position);
};

export const clearDeadline = (graph: Graph, kind: DeadlineKind, subject: string): void => {
  const deadline = deadlineOf(graph, kind, subject);
  if (deadline) graph.remove('deadline', deadline.id);
};

export const changeHost = (
  graph: Graph,
  fqdn: string,
  change: Partial<HostRow>,
  { revision }: Position,
): void => graph.put('host', { ...graph.must('host', fqdn), ...change, changed: revision });
