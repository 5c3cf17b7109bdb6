/** People who may log in. */

import type { CredentialRole } from './credential-roles.ts';

/** As a login name: it begins with a letter or a digit, and has no capital letters. */
export const userNamePattern = '^[a-z0-9][a-z0-9._-]{0,31}$';

/** What a user may be. */
export const userRoles = [
  'viewer',
  'note-taker',
  'power-intern',
  'operator',
  'admin',
] as const satisfies readonly CredentialRole[];
export type UserRole = (typeof userRoles)[number];

/** Users in all. */
export const usersMax = 2000;
/** Sessions that one user may have; the oldest ends for one more. */
export const sessionsOfUserMax = 16;
/** Seconds that a session lasts, and the most. */
export const sessionSecondsUsual = 12 * 3600;
export const sessionSecondsMax = 7 * 86_400;

/** Wrong passwords and codes in a row after which a user is locked out, and for how long, ms. */
export const triesMax = 5;
export const lockedMs = 15 * 60_000;

/** What was shown beside a password: the code of a time step, or a code for when the device is lost. */
export type SecondFactor = { readonly step: number } | { readonly recovery: true };
