/** What checks have confirmed of machines. */

import type { Cause, Verdict } from '../../values/checks.ts';
import { shown } from './row.ts';
import type { Provenance } from './row.ts';

export interface ConfirmedCheck {
  readonly check: string;
  readonly verdict: Verdict;
  readonly cause: Cause | null;
  /** When the look was that confirmed it, ms since the epoch. */
  readonly since: number;
}

export interface HealthRow extends Provenance {
  readonly host: string;
  /** In the order in which they were confirmed first. */
  readonly checks: readonly ConfirmedCheck[];
}

export const checkRows = {
  health: shown<HealthRow>('host'),
};
