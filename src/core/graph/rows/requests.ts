/** Requests that were answered. */

import { internal } from './row.ts';
import type { Provenance } from './row.ts';

/** A request that was answered, kept so that a retry gets the same answer. */
export interface RequestRow extends Provenance {
  /** `<actor> <idempotency key>`. */
  readonly id: string;
  readonly fingerprint: string;
}

export const requestRows = {
  request: internal<RequestRow>('id'),
};
