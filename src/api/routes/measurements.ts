/** Numbers that checks found of a machine. */

import type { CheckDescription } from '../../checks/check.ts';
import { checksNamed, ViewError } from '../../checks/view/request.ts';
import type * as contract from '../../contract/measurements.ts';
import { sampleSeconds, samplesKept } from '../../core/values/samples.ts';
import { momentAt } from '../../station/queries/moments.ts';
import type { Station } from '../../station/station.ts';
import { isMember } from '../auth.ts';
import type { Handlers } from '../bind.ts';
import { ApiError } from '../errors.ts';

export const measurementHandlers = (station: Station): Handlers<typeof contract> => ({
  measurements: async (request) => {
    const { fqdn } = request.params;
    const { checks, since = 0 } = request.query;
    const host = station.graph.get('host', fqdn);
    if (!host) throw new ApiError('unknown-host', `there is no host ${fqdn}`);
    const wanted = named(station, checks);
    // What it was like while it was another project's is not for a member.
    const lent = isMember(request)
      ? await momentAt(station.log, host.lent ?? host.changed)
      : { at: 0 };
    const now = station.now();
    const from = Math.max(since, lent?.at ?? Infinity, now - sampleSeconds * samplesKept * 1000);
    const series = wanted.flatMap(({ id, title, type, unit = null }) => {
      const points = station.observations
        .samplesOf(fqdn, id)
        .filter(({ at }) => at >= from)
        .map(({ at, value }): [number, number] => [at, value]);
      return points.length === 0 ? [] : [{ check: id, title, type, unit, points }];
    });
    return { machine: fqdn, at: now, step: sampleSeconds, series };
  },
});

const named = (
  station: Station,
  given: string | readonly string[] | undefined,
): readonly CheckDescription[] => {
  const { all } = station.checks.catalogue;
  try {
    const text = given === undefined ? undefined : [given].flat().join(',');
    const ids = new Set(checksNamed(text, all).map(({ id }) => id));
    return all.filter(({ id }) => ids.has(id));
  } catch (error) {
    if (error instanceof ViewError)
      throw new ApiError('invalid-request', error.message, { field: error.field });
    throw error;
  }
};
