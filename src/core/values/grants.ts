/** Grants: rights that have to be taken up for a while before they are good for anything. */

import type { CredentialRole } from './credential-roles.ts';

/** What a grant can be for. `power`: to restart a machine, or switch it on or off. */
export const grantActions = ['power'] as const;
export type GrantAction = (typeof grantActions)[number];

const minute = 60;
const hour = 60 * minute;

/** Seconds that a grant lasts where nobody says how long. */
export const grantSecondsUsual = 15 * minute;

/** Seconds that a grant may last, by the role of whoever takes it; agents and processes have none. */
export const grantSecondsMax = {
  viewer: hour,
  'note-taker': hour,
  'power-intern': hour,
  member: 4 * hour,
  operator: 8 * hour,
  admin: 8 * hour,
} as const satisfies Partial<Record<CredentialRole, number>>;

export const longestGrantOf = (role: string): number =>
  Object.hasOwn(grantSecondsMax, role) ? grantSecondsMax[role as keyof typeof grantSecondsMax] : 0;

/** Machines that one grant may name; more than that are all of them. */
export const grantMachinesMax = 4096;
/** Uses that one grant may have. */
export const grantUsesMax = 10_000;
/** Grants that one token may have at a time. */
export const grantsOfTokenMax = 8;
/** Grants in all at a time. */
export const grantsMax = 256;
/** Uses whose times are remembered of whoever used grants; what is allowed per hour cannot be more. */
export const usesRemembered = 64;

/** One line of text. */
export const grantReasonPattern = '^[^\\p{Cc}\\p{Zl}\\p{Zp}]{1,512}$';
