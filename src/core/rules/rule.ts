/** What a rule is. */

import type { DecideContext, Decision } from '../decision.ts';
import type { EventOf, EventType } from '../events/catalogue.ts';
import type { Graph } from '../graph/graph.ts';

interface Described<T extends EventType> {
  /** Stable; it is recorded with every event the rule makes. */
  readonly name: string;
  /** One sentence for operators. */
  readonly description: string;
  readonly on: readonly T[];
}

/**
 * What follows from an event that has just been applied. A refusal vetoes the whole commit; only
 * rules that complete a command an operator is waiting for may do that.
 */
export interface EventRule<T extends EventType = EventType> extends Described<T> {
  readonly react: (graph: Graph, event: EventOf<T>, context: DecideContext) => Decision;
}

/**
 * What follows from the state that something is in after an event. Events that were decided together
 * and concern the same thing are followed up once, so that a thousand changes on a node cost one
 * look at it.
 */
export interface StateRule<T extends EventType = EventType> extends Described<T> {
  /** Key of what the event concerns; undefined: nothing. */
  readonly subject: (graph: Graph, event: EventOf<T>) => string | undefined;
  readonly follow: (graph: Graph, subject: string, context: DecideContext) => Decision;
}

export type Rule = EventRule | StateRule;

/** A rule whose event is of one of the types in `on`: the engine asks it about no others. */
export const eventRule = <const T extends EventType>(rule: EventRule<T>): Rule =>
  rule as unknown as Rule;

/** The same for one that follows a state. */
export const stateRule = <const T extends EventType>(rule: StateRule<T>): Rule =>
  rule as unknown as Rule;
