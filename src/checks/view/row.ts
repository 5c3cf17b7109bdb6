/** A machine as it is shown: one row of the fleet's table, made whole before anybody asks for it. */

import type { CheckDescription } from '../check.ts';
import type { Observation, Verdict } from '../observation.ts';

/** What has to be known of a check to show what it found. */
export type ViewedCheck = Pick<
  CheckDescription,
  'id' | 'parent' | 'title' | 'description' | 'type'
>;

/**
 * How far a machine answers, in one word. `up`: somebody can work on it. `ssh`: its ssh answers and lets nobody in.
 * `ping`: it answers, its ssh does not. `on`: it has power and is silent. `off`: it has none. `bmc`: only its BMC
 * answers. `dark`: nothing that was asked answers. `unknown`: nobody has found out.
 */
export const machineStates = ['up', 'ssh', 'ping', 'on', 'off', 'bmc', 'dark', 'unknown'] as const;

export type MachineState = (typeof machineStates)[number];

/** Somebody works on it. Times are ms since the epoch. */
export interface InMaintenance {
  readonly reason: string;
  readonly by: string;
  readonly since: number;
  readonly until: number | null;
}

/** What the batch system says of it. */
export interface SchedulerState {
  /** As the scheduler has it: `idle`, `down*`. */
  readonly state: string;
  /** Empty: it names none. */
  readonly reason: string;
  readonly by: string | null;
  readonly since: number | null;
  readonly partitions: readonly string[];
}

export interface LastNote {
  readonly text: string;
  readonly by: string;
  readonly at: number;
}

/** What is known of a machine before it is judged. */
export interface MachineFacts {
  readonly machine: string;
  /** What the cluster has it for: `up`, `down`, `unknown`, … */
  readonly host: string;
  /** Why its agent is silent; empty where it is not. */
  readonly hostReason: string;
  readonly hostSince: number | null;
  /** Fid of its node. */
  readonly node: string | null;
  readonly roles: readonly string[];
  readonly project: string | null;
  readonly enclosure: string | null;
  readonly maintenance: InMaintenance | null;
  readonly scheduler: SchedulerState | null;
  readonly note: LastNote | null;
  /** One of each check, in the order of their ids. */
  readonly checks: readonly Observation[];
}

export interface FleetRow extends MachineFacts {
  readonly state: MachineState;
  /** Why it is not simply `up`; empty where it is. */
  readonly reason: string;
  /** Since when, as far as is known. */
  readonly since: number | null;
  /** The worst of its checks that counts. */
  readonly verdict: Verdict;
  /** Ids of the checks that fail or warn. */
  readonly failing: readonly string[];
}

export const observationOf = (row: MachineFacts, check: string): Observation | undefined =>
  row.checks.find((one) => one.check === check);
