/** What was found out about a machine by one check: the atom of everything that is shown of the fleet. */

/**
 * `unknown`: whether it is well could not be found out. `skipped`: it was not asked, because what it stands on
 * failed or the machine has no such thing. Neither is ever taken for `fail`.
 */
export const verdicts = ['ok', 'warn', 'fail', 'unknown', 'skipped'] as const;

export type Verdict = (typeof verdicts)[number];

/**
 * Why there is no better answer. They ask for different things to be done: only `silent`, which is that the machine
 * says nothing at all to anything, speaks for a reboot.
 */
export const causes = [
  'auth-refused',
  'host-key-changed',
  'host-key-unknown',
  'password-asked',
  'refused',
  'no-route',
  'no-banner',
  'dns',
  'timeout',
  'silent',
  'reset',
  'jump-host',
  'unreadable',
  'not-asked',
] as const;

export type Cause = (typeof causes)[number];

/** A value as it is measured: bytes, seconds and counts are numbers in their base unit. */
export type Value = number | string | boolean | null;

export interface Observation {
  /** The machine's name, as the cluster has it. */
  readonly machine: string;
  /** Id of the check, such as `ssh` or `df/tmp`. */
  readonly check: string;
  readonly verdict: Verdict;
  readonly value: Value;
  /** One line for people: what was found. May hold what a machine printed, control characters taken out. */
  readonly text: string;
  readonly cause?: Cause;
  /** By the clock of the station, in ms since the epoch. */
  readonly observedAt: number;
  readonly durationMs: number;
  /** There where the verdict is not confirmed yet by as many looks as its policy asks for. */
  readonly soft?: true;
  /** There where the verdict changed too often lately. */
  readonly flapping?: true;
}
