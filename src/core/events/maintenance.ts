/** Events of machines that somebody works on. */

import { Type } from 'typebox';
import { maintenanceReasonPattern } from '../values/maintenance.ts';
import { event } from './define.ts';
import { closed, Fqdn, Nullable, oneOf } from './fields.ts';

const fqdn = 'n0001.galileo.example';

export const maintenanceEvents = {
  /** What recovers lost hosts leaves it alone from now on. Said again, it replaces what was said before. */
  MaintenanceBegun: event(
    1,
    Type.Object(
      {
        fqdn: Fqdn,
        reason: Type.String({ pattern: maintenanceReasonPattern }),
        /** Who has said so. */
        by: Type.String({ minLength: 1, maxLength: 256 }),
        /** When it ends by itself, ms since the epoch; null: when somebody says so. */
        until: Nullable(Type.Integer({ minimum: 1 })),
      },
      closed,
    ),
    { fqdn, reason: 'replacing a fan', by: 'token:4f1c9d3e0c52', until: 1_797_592_000_000 },
  ),

  MaintenanceEnded: event(
    1,
    Type.Object({ fqdn: Fqdn, why: oneOf(['asked', 'expired']) }, closed),
    { fqdn, why: 'asked' },
  ),
};
