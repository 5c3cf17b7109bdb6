/** What is done with a machine in several stages, one after the other. */

/**
 * `reinstall`: it starts anew from the network, and runs what it ran; `release`: it is given back, and is off;
 * `reboot`: it starts anew, as something is the matter with it.
 */
export const procedureKinds = ['reinstall', 'release', 'reboot'] as const;
export type ProcedureKind = (typeof procedureKinds)[number];

/** `gentle`: the system of the machine is asked first; `hard`: its power is cycled at once. */
export const rebootWays = ['gentle', 'hard'] as const;
export type RebootWay = (typeof rebootWays)[number];

/** What a reboot does with the power, at last. */
export const rebootPowers = ['on', 'cycle', 'reset'] as const;
export type RebootPower = (typeof rebootPowers)[number];

export type Plan =
  | {
      readonly kind: 'reinstall';
      /** For how long the host may take to be up again, s. */
      readonly wait_up: number;
      /** Although quorum is lost, somebody works on it, or something does not stop. */
      readonly force: boolean;
    }
  | { readonly kind: 'release'; readonly force: boolean }
  | RebootPlan;

export interface RebootPlan {
  readonly kind: 'reboot';
  readonly how: RebootWay;
  /** The scheduler gives it no more jobs, and those that run there end first. */
  readonly drain: boolean;
  readonly power: RebootPower;
  /** For how long the host may take to be up again, s. */
  readonly wait_up: number;
}

/** Whether what stands against it does not count. */
export const isForced = (plan: Plan): boolean => plan.kind !== 'reboot' && plan.force;

/** A machine takes so long to be installed, s, where nothing else was said. */
export const reinstallUsual = 3600;

export const procedureEnds = ['done', 'failed', 'cancelled'] as const;
export type ProcedureEnd = (typeof procedureEnds)[number];

/** `skipped`: there was nothing to do in it, or no way to do it, and its detail says why. */
export const stageEnds = [...procedureEnds, 'skipped'] as const;
export type StageEnd = (typeof stageEnds)[number];

/** Of what is done outside. `interrupted`: the station ended before it did. */
export const actEnds = ['done', 'failed', 'interrupted'] as const;
export type ActEnd = (typeof actEnds)[number];

/** Procedures of one machine that have ended and are remembered; the oldest gives way. */
export const proceduresKeptMax = 8;
