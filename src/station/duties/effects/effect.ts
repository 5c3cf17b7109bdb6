/**
 * Something that is done outside, and of which the log has to tell the truth: it is intended in the
 * log, begun once, after its beginning is durable, and then ended, or interrupted where nobody knows
 * how it ended. Each kind is a file of this folder.
 */

import type { Command } from '../../../core/commands/index.ts';
import type { Commit } from '../../../core/events/commit.ts';
import type { Graph } from '../../../core/graph/graph.ts';
import type { Time } from '../../time.ts';

export interface Effect<Intent> {
  /** Revision of the commit that intended it; with its target and its kind its identity. */
  readonly intended: number;
  /** What it is done to: a host. */
  readonly target: string;
  readonly intent: Intent;
  /** Whether the log says that it was begun: then it may have been done, in part or in whole. */
  readonly isBegun: boolean;
}

export interface Ended {
  readonly outcome: 'done' | 'failed' | 'interrupted';
  /** How, for people. */
  readonly detail: string;
}

export interface EffectContext {
  readonly graph: Graph;
  readonly time: Time;
  /** Aborted when the station does not lead any more: the effect is to end at once. */
  readonly signal: AbortSignal;
  /**
   * Called just before anything is done outside: a station that stood still is told late that it
   * does not lead any more.
   *
   * @throws Error it may not lead: nothing is done
   */
  readonly mustStand: () => void;
}

export interface EffectKind<Intent> {
  readonly kind: string;
  readonly limits: { readonly atOnce: number; readonly perTarget: number };
  /**
   * Whether to do it twice is to do it once. Then one that was interrupted is done again, and so is
   * one that threw; any other is reported as interrupted and never done again.
   */
  readonly mayRepeat: boolean;
  /** All that the graph has, that have not ended, and that nothing else keeps from being begun. */
  unended(graph: Graph): Iterable<Effect<Intent>>;
  /**
   * Those that a commit intended, or whose turn has come by it.
   *
   * @param graph as it is after the commit, or later
   */
  intendedBy(commit: Commit, graph: Graph): Iterable<Effect<Intent>>;
  /** How the graph has one now; undefined: it has ended, or nobody wants it any more. */
  find(graph: Graph, effect: Effect<Intent>): Effect<Intent> | undefined;
  /** Records its beginning. Absent: the commit that intended it says so too. */
  begin?(effect: Effect<Intent>): Command;
  /** @throws it is not known what came of it */
  run(effect: Effect<Intent>, context: EffectContext): Promise<Ended>;
  /**
   * Finds out how one ended that was begun, perhaps by a station that has ended since; it does nothing. Absent: nothing
   * tells, and it is reported as interrupted.
   */
  settle?(effect: Effect<Intent>, context: EffectContext): Promise<Ended>;
  /** Records its end. */
  end(effect: Effect<Intent>, ended: Ended): Command;
}
