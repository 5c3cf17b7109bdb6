/** Liveness, readiness and metrics. */

import type * as contract from '../../contract/health.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import type { Exposition } from '../metrics/exposition.ts';

export const healthHandlers = (
  station: Station,
  metrics: Exposition,
): Handlers<typeof contract> => {
  return {
    healthy: () => ({ ok: true }),

    ready: async () => {
      station.premises.mustBeInPlace();
      await station.settled();
      return { ok: true, revision: station.head };
    },

    metrics: async (_request, reply) => {
      const text = await metrics.text();
      reply.type(metrics.contentType);
      return text;
    },
  };
};
