/** People who may log in. What they log in with is not in the graph. */

import type { UserRole } from '../../values/users.ts';
import { internal } from './row.ts';
import type { Provenance } from './row.ts';

export interface UserRow extends Provenance {
  readonly name: string;
  readonly role: UserRole;
  readonly disabled: boolean;
  /** Whether a password was ever set. */
  readonly password: boolean;
  readonly second_factor: boolean;
  /** The latest step whose code was shown; -1: none. */
  readonly step: number;
  /** Wrong passwords and codes since the last right one. */
  readonly failures: number;
  /** Until when nothing lets them in, ms since the epoch; 0: something does. */
  readonly locked: number;
}

export const userRows = {
  user: internal<UserRow>('name'),
};
