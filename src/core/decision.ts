/** What every command is decided with. */

import type { EventDraft } from './events/catalogue.ts';
import type { Graph } from './graph/graph.ts';
import type { Fid } from './values/fid.ts';
import type { Refused } from './values/rejection.ts';
import type { RenderRole } from './values/roles.ts';

/** The id and hash of a token that the station made for a process. */
export interface MintedToken {
  readonly id: string;
  /** SHA-256 of the token, hex. */
  readonly hash: string;
}

/** The outside as a decision sees it: values and pure functions, never I/O. */
export interface DecideContext {
  /** Ms since the epoch. */
  readonly at: number;
  readonly render: RenderRole;
  /** The token of a process; always the same for one fid. */
  readonly mint: (process: Fid) => MintedToken;
}

export type Decision = { readonly ok: true; readonly events: readonly EventDraft[] } | Refused;

export type Decide<C> = (graph: Graph, command: C, context: DecideContext) => Decision;

export const decided = (events: readonly EventDraft[]): Decision => ({ ok: true, events });

/** Nothing to do: what was asked for is already so. */
export const unchanged: Decision = { ok: true, events: [] };
