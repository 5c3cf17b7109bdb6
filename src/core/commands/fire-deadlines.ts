/** Turns the deadlines that are due into what follows from them. */

import { deadlines } from '../deadlines/index.ts';
import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';

export interface FireDeadlines {
  readonly type: 'FireDeadlines';
  /**
   * Hosts that are up as far as anybody knows, but that could not be heard. Absent: none.
   */
  readonly away?: ReadonlySet<string>;
  /**
   * The station has not listened for a whole keepalive timeout yet: a host that is down may be back,
   * and only not have been heard. Absent: it has.
   */
  readonly isNew?: boolean;
}

/** How many deadlines one commit may fire. */
export const deadlinesPerCommit = 1000;

const nobody: ReadonlySet<string> = new Set();

export const fireDeadlines: Decide<FireDeadlines> = (
  graph,
  { away = nobody, isNew = false },
  { at },
) => {
  const all = graph.indexes.deadlines.due(at, deadlinesPerCommit);
  const first = all.filter(({ kind }) => deadlines[kind].isFirst);
  const due = first.length > 0 ? first : all;
  return decided(
    Object.entries(deadlines).flatMap(([kind, { eventsOf }]) => {
      const ofKind = due.filter((deadline) => deadline.kind === kind);
      return eventsOf(graph, ofKind, { at, away, isNew });
    }),
  );
};
