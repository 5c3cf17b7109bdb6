/** Liveness, readiness and metrics. */

import type * as contract from '../../contract/health.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { ApiError } from '../errors.ts';
import type { Exposition } from '../metrics/exposition.ts';

export const healthHandlers = (
  station: Station,
  metrics: Exposition,
): Handlers<typeof contract> => {
  return {
    healthy: () => ({ ok: true }),

    ready: async () => {
      station.premises.mustBeInPlace();
      const trouble = station.log.shared?.trouble;
      if (trouble !== undefined)
        throw new ApiError('append-failed', `the log cannot be reached: ${trouble}`);
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
