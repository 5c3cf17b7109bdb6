/** What an OBM daemon tells of the machines that it has, as far as it is worth knowing. */

import type { PowerAction } from './obm.ts';

/** What a machine was seen to be. That it was not seen is no state. */
export const observedPowers = ['on', 'off', 'powering-on', 'powering-off', 'paused'] as const;
export type ObservedPower = (typeof observedPowers)[number];

/**
 * - `order`: an order that the daemon had been given explains it
 * - `drift`: nobody had ordered it there: somebody pressed the button, or the machine did it itself
 * - `first`: it had never been seen before
 * - `unknown`: nobody can say
 */
export const powerCauses = ['order', 'drift', 'first', 'unknown'] as const;
export type PowerCause = (typeof powerCauses)[number];

export const severities = ['ok', 'warning', 'critical', 'unknown'] as const;

/** An entry of the event log of an OBM. It is written by whatever runs there: nothing in it is to be believed. */
export interface SystemEntry {
  readonly id: string;
  /** By the clock of the OBM, ms since the epoch; null: it has none. */
  readonly at: number | null;
  readonly severity: (typeof severities)[number];
  readonly text: string;
}

/** Who somebody is at the daemon, and his network address. */
export interface ObmVisitor {
  readonly principal: string;
  readonly source: string;
}

/** Characters and entries that are kept of what a daemon says; it may say more. */
export const newsLimits = {
  principal: 160,
  source: 64,
  id: 64,
  reason: 64,
  text: 256,
  entries: 32,
  twins: 16,
} as const;

/** Where a stream of news is gone on with: behind a commit of the daemon, or behind an event of one. */
export const positionPattern = '^\\d{1,15}(\\.\\d{1,6})?$';

/** How many news one commit takes. */
export const newsPerCommit = 512;

type Told =
  | { readonly type: 'power'; readonly state: ObservedPower; readonly cause: PowerCause }
  /** What the daemon knows already when it is first asked; it is no change. */
  | { readonly type: 'power-known'; readonly state: ObservedPower }
  | { readonly type: 'unreachable'; readonly reason: string }
  | { readonly type: 'reachable' }
  | ({ readonly type: 'console-attached'; readonly viewing: string } & ObmVisitor)
  | { readonly type: 'console-detached'; readonly viewing: string; readonly why: string }
  | ({ readonly type: 'writer-taken'; readonly from: ObmVisitor } & ObmVisitor)
  /** Not by us. */
  | { readonly type: 'order'; readonly action: PowerAction; readonly by: string }
  /** `labels`: others that answer with the same GUID. */
  | { readonly type: 'guid'; readonly guid: string; readonly labels: readonly string[] }
  | { readonly type: 'entries'; readonly gap: boolean; readonly entries: readonly SystemEntry[] };

/** One thing that a daemon tells of one machine, within `newsLimits`. */
export type ObmNews = Told & {
  /** What the OBM is called there. */
  readonly label: string;
  /** When it happened, or was seen, by the clock of the daemon; ms since the epoch. */
  readonly seen: number;
};
