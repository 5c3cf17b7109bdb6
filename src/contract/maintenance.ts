/** Machines that somebody works on. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { maintenanceReasonPattern, maintenanceSecondsMax } from '../core/values/maintenance.ts';
import { command } from './endpoint.ts';
import { Done } from './outcome.ts';
import { Fqdn, strict } from './values.ts';

export const MaintenanceBody = Type.Object(
  {
    reason: Type.String({
      pattern: maintenanceReasonPattern,
      description: 'Why, in one line; whoever sees the host sees it.',
    }),
    ends_in: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maintenanceSecondsMax,
        description: 'Seconds after which it ends by itself; absent: when somebody says so.',
      }),
    ),
  },
  strict,
);

export type MaintenanceBody = Static<typeof MaintenanceBody>;

const params = { fqdn: Fqdn };

export const beginMaintenance = command({
  method: 'PUT',
  path: '/hosts/:fqdn/maintenance',
  params,
  access: 'operator',
  tag: 'hosts',
  summary: 'Say that somebody works on a machine',
  description:
    'Nothing recovers it from now on, and a recovery that is under way ends. Its agent and its processes go on. ' +
    'While it is down it does not count for `recovery_max_down_percent`. Said again, it gets another reason and end.',
  body: MaintenanceBody,
  reply: Done,
});

export const endMaintenance = command({
  method: 'DELETE',
  path: '/hosts/:fqdn/maintenance',
  params,
  access: 'operator',
  tag: 'hosts',
  summary: 'Say that nobody works on a machine any more',
  description: 'Where it is down, it is recovered. Where nobody did, nothing changes.',
  reply: Done,
});
