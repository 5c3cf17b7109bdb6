/** Events of the recovery of hosts that were lost. */

import { Type } from 'typebox';
import { event } from './define.ts';
import { closed, Fqdn } from './fields.ts';

/** Ms since the epoch. */
const Time = Type.Integer({ minimum: 0 });

export const recoveryEvents = {
  /** A host was lost; the first attempt to recover it comes at `next`. */
  RecoveryStarted: event(1, Type.Object({ fqdn: Fqdn, next: Time }, closed), {
    fqdn: 'n0001.galileo.example',
    next: 1_790_000_060_000,
  }),

  /** It was still away at the time of an attempt; the next one comes at `next`. */
  RecoveryAttempted: event(
    1,
    Type.Object({ fqdn: Fqdn, attempt: Type.Integer({ minimum: 1 }), next: Time }, closed),
    { fqdn: 'n0001.galileo.example', attempt: 1, next: 1_790_000_120_000 },
  ),

  /** No attempt is left. */
  RecoveryExhausted: event(
    1,
    Type.Object({ fqdn: Fqdn, attempts: Type.Integer({ minimum: 0 }) }, closed),
    { fqdn: 'n0001.galileo.example', attempts: 5 },
  ),
};
