/** Which revision the log had when. */

import type * as contract from '../../contract/moments.ts';
import { momentAt, momentsBetween } from '../../station/queries/moments.ts';
import type { Station } from '../../station/station.ts';
import { askerOf } from '../asker.ts';
import type { Handlers } from '../bind.ts';
import { ApiError } from '../errors.ts';

export const momentHandlers = (station: Station): Handlers<typeof contract> => ({
  logMoments: (request, reply) =>
    station.longReads.run(askerOf(reply), async (turn) => {
      const { log } = station;
      const head = log.head();
      const now = station.now();
      const [first, last] = [await momentAt(log, 1), await momentAt(log, head)];
      const { until = now, since = Math.min(first?.at ?? now, until), steps = 100 } = request.query;
      if (until < since)
        throw new ApiError('invalid-request', `until is before since, ${since}`, {
          field: 'until',
        });
      const found = await momentsBetween(log, { since, until, steps, head }, turn);
      return { first, head: last, since, until, ...found };
    }),
});
