/** What checks find out about machines. */

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

/** Bounds of what is written down of a change. */
export const checkLimits = {
  /** Characters of the id of a check. */
  id: 64,
  /** Characters of the text. */
  text: 300,
  /** Checks of one machine. */
  checks: 256,
  /** Changes of one commit, of however many machines. */
  perCommit: 128,
} as const;
