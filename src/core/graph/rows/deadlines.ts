/** What becomes due at a time. */

import { internal } from './row.ts';
import type { Provenance } from './row.ts';

/** Everything that may become due. What follows then is in `core/deadlines/`, one file a kind. */
export const deadlineKinds = [
  'credential-expiry',
  'request-expiry',
  'process-start',
  'process-stop',
  'process-retry',
  'endpoint-cooldown',
  'recovery-attempt',
  'departure-expiry',
  'cluster-advance',
  'connection-expiry',
  'host-return',
  'maintenance-expiry',
  'grant-expiry',
  'queue-expiry',
  'stage-expiry',
  'campaign-turn',
] as const;
export type DeadlineKind = (typeof deadlineKinds)[number];

/** Something that is due at a time. */
export interface DeadlineRow extends Provenance {
  /** `<kind>/<subject>`. */
  readonly id: string;
  readonly kind: DeadlineKind;
  readonly subject: string;
  /** Ms since the epoch. */
  readonly at: number;
}

export const deadlineRows = {
  deadline: internal<DeadlineRow>('id'),
};
