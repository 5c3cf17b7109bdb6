/** What a kind of deadline is: what follows when it is due, and what operators are told of it until then. */

import type { EventDraft } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';
import type { DeadlineRow } from '../graph/rows/deadlines.ts';

/** When deadlines are looked at, and what is known of the hosts by then. */
export interface Now {
  /** Ms since the epoch. */
  readonly at: number;
  /** Hosts that are up as far as anybody knows, but that could not be heard. */
  readonly away: ReadonlySet<string>;
  /** The station has not listened for long enough: a host that is down may be back. */
  readonly isNew: boolean;
}

/** How far something is that waits. */
export interface Progress {
  readonly host: string | null;
  /** Name of the process. */
  readonly name: string | null;
  /** In words. */
  readonly step: string;
}

export interface Deadline {
  /** One sentence for operators: what waits, and for what. */
  readonly description: string;
  /** There may be very many of them, and nothing happens about them: operators see only how many. */
  readonly isQuiet: boolean;
  /** What follows decides about others that are due: these wait for the next commit, which comes at once. */
  readonly isFirst?: true;
  /** The events that follow; `due` are all of this kind that are due, maybe none. */
  readonly eventsOf: (graph: Graph, due: readonly DeadlineRow[], now: Now) => EventDraft[];
  readonly progressOf: (graph: Graph, subject: string) => Progress;
}

/** What is told of something that only waits for its time. */
export const keptBack = (): Progress => ({ host: null, name: null, step: 'kept back' });
