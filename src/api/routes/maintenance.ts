/** Machines that somebody works on. */

import type * as contract from '../../contract/maintenance.ts';
import type { Station } from '../../station/station.ts';
import { principalOf } from '../asker.ts';
import type { Handlers } from '../bind.ts';
import { done, run } from '../commands.ts';

export const maintenanceHandlers = (station: Station): Handlers<typeof contract> => ({
  beginMaintenance: (request, reply) => {
    const { fqdn } = request.params;
    const { reason, ends_in: seconds = null } = request.body;
    const by = principalOf(request);
    const command = { type: 'BeginMaintenance', fqdn, reason, by, seconds } as const;
    return run(station, request, reply, command, done);
  },

  endMaintenance: (request, reply) => {
    const { fqdn } = request.params;
    return run(station, request, reply, { type: 'EndMaintenance', fqdn }, done);
  },
});
