/** All that is known of one machine when it is asked what to do about it. Nothing is looked up besides. */

import type { Observation } from '../observation.ts';
import type { Action } from './actions.ts';

/** An observation, and since when its verdict is what it is (ms since the epoch). */
export interface Seen extends Observation {
  readonly since: number;
}

/** How a scheduler has a machine. */
export interface Scheduled {
  /** Base state, lower case, such as `down`. */
  readonly state: string;
  /** Lower case: `drain`, `not_responding`, `maint`, `reboot_issued`. */
  readonly flags: readonly string[];
  /** Why it is out of service, whole; empty: nothing was said. Foreign text. */
  readonly reason: string;
  /** Who gave the reason; empty: nobody knows. */
  readonly author: string;
  /** When the reason was given, ms since the epoch; null: nobody knows. */
  readonly since: number | null;
  /** Ids of the jobs that run there; null: that could not be found out. */
  readonly jobs: readonly string[] | null;
  /** How many they are, where their ids are not told. */
  readonly jobCount?: number;
  /** When the scheduler was asked, ms since the epoch. */
  readonly observedAt: number;
}

export interface PowerSeen {
  readonly state: 'on' | 'off' | 'unknown';
  /** Whether the BMC itself answers; null: nobody knows. */
  readonly isBmcReached: boolean | null;
  readonly observedAt: number;
  /** Why it is off by somebody's will, in words; null: nobody wanted it so. */
  readonly offOnPurpose: string | null;
}

/** What was done about a symptom of a machine before. */
export interface Attempt {
  readonly machine: string;
  readonly hardware: string;
  /** Of the rule. */
  readonly symptom: string;
  readonly action: Action;
  /** When it began, ms since the epoch. */
  readonly at: number;
  /** `worked`: the machine was back in service, and stayed; `pending`: nobody can know yet. */
  readonly outcome: 'worked' | 'failed' | 'pending';
}

/** What machines have in common, from near to far. */
export const neighbourhoods = ['chassis', 'switch', 'rack', 'partition'] as const;

export type Neighbourhood = (typeof neighbourhoods)[number];

/** Machines that fell silent together, as they have something in common: one cause, not many. */
export interface Incident {
  /** The same for as long as it goes on. */
  readonly id: string;
  readonly kind: Neighbourhood;
  readonly name: string;
  /** In order. */
  readonly machines: readonly string[];
  /** How many machines have it in common in all. */
  readonly of: number;
  /** When the first and the last of them fell silent, ms since the epoch. */
  readonly first: number;
  readonly last: number;
}

export interface Symptoms {
  readonly machine: string;
  /** Now, ms since the epoch. */
  readonly at: number;
  /** What machines of its make have in common; empty: nobody knows. */
  readonly hardware: string;
  readonly observations: readonly Seen[];
  /** Null: no scheduler has it, or none is known. */
  readonly scheduler: Scheduled | null;
  /** Null: it has no BMC that is known. */
  readonly power: PowerSeen | null;
  readonly maintenance: { readonly reason: string; readonly by: string } | null;
  /** Those that are to keep others off it. */
  readonly notes: readonly { readonly text: string; readonly by: string; readonly at: number }[];
  /** What was done about this machine lately, in any order. */
  readonly attempts: readonly Attempt[];
  /** What goes on at the machine already, in words; null: nothing. */
  readonly underWay: string | null;
  /** The one that it belongs to. */
  readonly incident: Incident | null;
}
