/** What out-of-band managers tell of their machines when they are asked: each is waited for, and not for long. */

import type { FastifyRequest } from 'fastify';
import type * as contract from '../../contract/obm-readings.ts';
import type { Reading, ReadingOf } from '../../station/obm/readings.ts';
import type { Station } from '../../station/station.ts';
import { principalOf } from '../asker.ts';
import { mustBeAllowed } from '../auth.ts';
import type { Handlers } from '../bind.ts';
import { ApiError } from '../errors.ts';
import { asked, mustHaveObm } from '../obm-answers.ts';

export const obmReadingHandlers = (station: Station): Handlers<typeof contract> => {
  const readFrom = async <R extends Reading>(
    request: FastifyRequest,
    host: string,
    what: R,
  ): Promise<ReadingOf<R>> => {
    mustHaveObm(station.graph, host);
    const read = await asked(request, () => station.obms.read(host, what, principalOf(request)));
    // The machine may have changed hands meanwhile.
    mustBeAllowed(station.graph, request);
    if (read) return read;
    throw new ApiError('obm-disabled', `the OBM of ${host} is not enabled`);
  };

  return {
    getSensors: async (request) => {
      const { fqdn: host } = request.params;
      const { sensors, missing } = await readFrom(request, host, 'sensors');
      return { host, sensors: [...sensors], missing: [...missing] };
    },

    getSystemEvents: async (request) => {
      const { fqdn: host } = request.params;
      const { events } = await readFrom(request, host, 'system-events');
      return { host, events: [...events] };
    },

    getInventory: async (request) => {
      const { fqdn: host } = request.params;
      const { parts } = await readFrom(request, host, 'inventory');
      return { host, parts: [...parts] };
    },

    identifyObm: async (request) => {
      const { fqdn: host } = request.params;
      return { host, ...(await readFrom(request, host, 'identity')) };
    },
  };
};
