/** All kinds of deadlines, in the order in which they are fired and shown; a missing one does not compile. */

import type { DeadlineKind } from '../graph/rows/deadlines.ts';
import { campaignTurn } from './campaign-turn.ts';
import { clusterAdvance } from './cluster-advance.ts';
import { connectionExpiry } from './connection-expiry.ts';
import { credentialExpiry } from './credential-expiry.ts';
import type { Deadline } from './deadline.ts';
import { departureExpiry } from './departure-expiry.ts';
import { endpointCooldown } from './endpoint-cooldown.ts';
import { grantExpiry } from './grant-expiry.ts';
import { hostReturn } from './host-return.ts';
import { maintenanceExpiry } from './maintenance-expiry.ts';
import { queueExpiry } from './queue-expiry.ts';
import { stageExpiry } from './stage-expiry.ts';
import { processRetry } from './process-retry.ts';
import { processStart } from './process-start.ts';
import { processStop } from './process-stop.ts';
import { recoveryAttempt } from './recovery-attempt.ts';
import { requestExpiry } from './request-expiry.ts';

export const deadlines: { readonly [K in DeadlineKind]: Deadline } = {
  'process-start': processStart,
  'process-stop': processStop,
  'process-retry': processRetry,
  'recovery-attempt': recoveryAttempt,
  'maintenance-expiry': maintenanceExpiry,
  'queue-expiry': queueExpiry,
  'stage-expiry': stageExpiry,
  'campaign-turn': campaignTurn,
  'cluster-advance': clusterAdvance,
  'endpoint-cooldown': endpointCooldown,
  'departure-expiry': departureExpiry,
  'grant-expiry': grantExpiry,
  'credential-expiry': credentialExpiry,
  'connection-expiry': connectionExpiry,
  'host-return': hostReturn,
  'request-expiry': requestExpiry,
};
