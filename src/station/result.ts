/** What submitting a command came to. */

import type { Commit } from '../core/events/commit.ts';
import type { Graph } from '../core/graph/graph.ts';
import type { Rejection } from '../core/values/rejection.ts';
import type { Revision } from '../core/values/revision.ts';

export type Result<T> =
  | {
      readonly ok: true;
      /** The commit that did it, or the present revision where there was nothing to do. */
      readonly revision: Revision;
      readonly changed: boolean;
      readonly reply: T;
    }
  | { readonly ok: false; readonly rejection: Rejection };

/**
 * Makes the reply from the graph as the command left it, and from its commit (null: nothing had to
 * be done). It must not depend on anything else, so that a retry of the request gets the same reply
 * again.
 */
export type MakeReply<T> = (graph: Graph, commit: Commit | null) => T;

/** The station does not take commands at the moment. */
export class StationUnavailableError extends Error {
  readonly code = 'station-unavailable';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StationUnavailableError';
  }
}
