/** Liveness, readiness and metrics. */

import type * as contract from '../../contract/health.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { metricsOf } from '../metrics.ts';

export const healthHandlers = (station: Station): Handlers<typeof contract> => {
  const metrics = metricsOf(station);
  return {
    healthy: () => ({ ok: true }),

    ready: async () => {
      station.premises.mustBeInPlace();
      await station.settled();
      return { ok: true, revision: station.head };
    },

    metrics: async (_request, reply) => {
      reply.type(metrics.contentType);
      return metrics.metrics();
    },
  };
};
