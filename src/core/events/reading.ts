/** What a commit of the log holds, for whoever acts on it: typed, and in today's shape. */

import { definitionOf, readEvent } from './catalogue.ts';
import type { EventDraft, EventOf, EventType } from './catalogue.ts';
import type { Commit, EventRecord } from './commit.ts';

/** An event of a type that this program does not know and may skip. */
export interface OpaqueEvent {
  readonly type: null;
  readonly record: EventRecord;
}

export type ReadEvent = EventDraft | OpaqueEvent;

export const isKnown = (event: ReadEvent): event is EventDraft => event.type !== null;

/**
 * The events of a commit, at the same indexes.
 *
 * @throws {UnknownEventError} one is not known and must not be skipped
 */
export const eventsOf = ({ events }: Pick<Commit, 'events'>): ReadEvent[] => events.map(opened);

/** The events of some types that a commit holds, in order. */
export const eventsOfType = <T extends EventType>(
  { events }: Pick<Commit, 'events'>,
  ...types: readonly T[]
): EventOf<T>[] => {
  const found: EventOf<T>[] = [];
  for (const record of events)
    if ((types as readonly string[]).includes(record.type))
      found.push(readEvent(record) as EventOf<T>);
  return found;
};

const opened = (record: EventRecord): ReadEvent => readEvent(record) ?? { type: null, record };

/** A record in the present version of its type; one of an unknown type as it is. */
export const presentRecord = (record: EventRecord): EventRecord => {
  const event = opened(record);
  if (event.type === null) return record;
  const { version } = definitionOf(event.type);
  return record.v === version ? record : { ...record, v: version, data: event.data };
};
