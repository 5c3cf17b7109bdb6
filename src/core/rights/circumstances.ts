/** Under which circumstances something is asked, and whether they are those that a rule asks for. */

import type { ReadGraph } from '../graph/read-graph.ts';
import { usageOf } from '../graph/rows/credentials.ts';
import type { Conditions } from '../values/policy.ts';
import type { Principal } from './asked.ts';

/** What is absent is not so, or is not known. */
export interface Circumstances {
  /** Now, ms since the epoch. */
  readonly at?: number;
  /** Whether Halcyon itself suggests it. */
  readonly suggested?: boolean;
  /** How many machines the request names. Absent: one. */
  readonly machines?: number;
  /** Whether a second factor was shown. */
  readonly second_factor?: boolean;
  /**
   * `ahead`: it is only asked whether there is such a right, as what it takes to use it is not known yet. `begun`: it
   * was allowed, and used, before; does it still hold?
   */
  readonly stage?: 'ahead' | 'begun';
}

/** What is missing for a right to be used. */
export const lacks = {
  grant: 'a grant that covers the machine: halctl auth elevate',
  'second-factor': 'a second factor',
  suggestion: 'that it is suggested',
  'fewer-machines': 'fewer machines at a time',
  'later-hour': 'some time: there were as many within this hour as there may be',
  'other-hours': 'another time of the day',
} as const;
export type Lack = keyof typeof lacks;

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** The first thing that is missing; undefined: nothing. */
export const lackOf = (
  graph: ReadGraph,
  who: Principal,
  { suggested, max_machines, max_per_hour, second_factor, hours }: Conditions,
  circumstances: Circumstances,
): Lack | undefined => {
  const { at = 0, machines = 1, stage } = circumstances;
  if (second_factor && !(circumstances.second_factor ?? who.session?.second_factor))
    return 'second-factor';
  if (stage === 'ahead') return undefined;
  if (suggested && !circumstances.suggested) return 'suggestion';
  if (max_machines !== undefined && machines > max_machines) return 'fewer-machines';
  if (hours !== undefined && !isWithin(hours, Math.floor((at % day) / minute)))
    return 'other-hours';
  if (max_per_hour === undefined) return undefined;
  // What was begun is among what is counted.
  const more = stage === 'begun' ? 0 : machines;
  return usedSince(graph, who, at - hour) + more > max_per_hour ? 'later-hour' : undefined;
};

const isWithin = ({ from, to }: { from: number; to: number }, minutes: number): boolean =>
  from <= to ? minutes >= from && minutes < to : minutes >= from || minutes < to;

/** How many machines somebody has used grants for since then. */
const usedSince = (graph: ReadGraph, who: Principal, since: number): number =>
  (graph.get('usage', usageOf(who))?.times ?? []).filter((at) => at > since).length;
