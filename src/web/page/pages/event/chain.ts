/** What set off what: the events of a commit as trees, by the cause that each of them names. */

import type { EventReply } from '../../../../client/types.ts';

export interface Caused {
  readonly event: EventReply;
  /** What it set off. */
  readonly then: readonly Caused[];
}

/** Those that no other event of the list has set off, each with what followed from it, in the order of the log. */
export const treeOf = (events: readonly EventReply[]): readonly Caused[] => {
  const then = new Map<string, Caused[]>(events.map(({ id }) => [id, []]));
  const roots: Caused[] = [];
  for (const event of events) {
    const one: Caused = { event, then: then.get(event.id)! };
    // An event is set off by what came before it, so that there is no circle.
    (then.get(event.causation) ?? roots).push(one);
  }
  return roots;
};
