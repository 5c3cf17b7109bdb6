/** Grants that are good now, and how often whoever used some has done so lately. */

import type { GrantAction } from '../../values/grants.ts';
import { internal, shown } from './row.ts';
import type { Provenance } from './row.ts';

export interface GrantRow extends Provenance {
  readonly id: string;
  /** Id of the token that may use it. */
  readonly credential: string;
  readonly actions: readonly GrantAction[];
  /** In order; null: all. */
  readonly machines: readonly string[] | null;
  readonly reason: string;
  /** Null: any number. */
  readonly uses: number | null;
  readonly used: number;
  /** Ms since the epoch. */
  readonly since: number;
  readonly until: number;
  readonly second_factor: boolean;
}

/** The last times at which somebody used grants, ms since the epoch, in order. */
export interface UsageRow extends Provenance {
  /** `user/<name>`, or `token/<id>` of a token that is no user's. */
  readonly who: string;
  readonly times: readonly number[];
}

export const grantRows = {
  grant: shown<GrantRow>('id'),
  usage: internal<UsageRow>('who'),
};
