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
