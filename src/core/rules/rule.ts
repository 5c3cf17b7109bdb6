/** What a rule is. */

import type { DecideContext, Decision } from '../decision.ts';
import type { EventDraft, EventType } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';

interface Described {
  /** Stable; it is recorded with every event the rule makes. */
  readonly name: string;
  /** One sentence for operators. */
  readonly description: string;
  readonly on: readonly EventType[];
}

/**
 * What follows from an event that has just been applied. A refusal vetoes the whole commit; only
 * rules that complete a command an operator is waiting for may do that.
 */
export interface EventRule extends Described {
  readonly react: (graph: Graph, event: EventDraft, context: DecideContext) => Decision;
}

/**
 * What follows from the state that something is in after an event. Events that were decided together
 * and concern the same thing are followed up once, so that a thousand changes on a node cost one
 * look at it.
 */
export interface StateRule extends Described {
  /** Key of what the event concerns; undefined: nothing. */
  readonly subject: (graph: Graph, event: EventDraft) => string | undefined;
  readonly follow: (graph: Graph, subject: string, context: DecideContext) => Decision;
}

export type Rule = EventRule | StateRule;
