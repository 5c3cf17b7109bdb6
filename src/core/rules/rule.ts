/** What a rule is. */

import type { DecideContext, Decision } from '../commands/command.ts';
import type { EventDraft, EventType } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';

export interface Rule {
  /** Stable; it is recorded with every event the rule makes. */
  readonly name: string;
  /** One sentence for operators. */
  readonly description: string;
  readonly on: readonly EventType[];
  /**
   * What follows from an event that has just been applied. A refusal vetoes the whole commit; only
   * rules that complete a command an operator is waiting for may do that.
   */
  readonly react: (graph: Graph, event: EventDraft, context: DecideContext) => Decision;
}
