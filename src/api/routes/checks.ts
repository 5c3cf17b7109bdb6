/** What can be found out about machines, and looks that somebody asks for. */

import type { CheckDescription } from '../../checks/check.ts';
import { checksNamed, ViewError } from '../../checks/view/request.ts';
import { runResultsMax } from '../../contract/checks.ts';
import type * as contract from '../../contract/checks.ts';
import type { Check as Described, CheckRun as Shown } from '../../contract/checks.ts';
import { nearest } from '../../core/values/nearest.ts';
import { expandNodeset, NodesetError } from '../../nodeset/nodeset.ts';
import type { CheckRun } from '../../station/checks/runs.ts';
import { Share, waitLimits } from '../../station/fair-use/shares.ts';
import type { Station } from '../../station/station.ts';
import { askerOf, principalOf } from '../asker.ts';
import type { Handlers } from '../bind.ts';
import { ApiError } from '../errors.ts';

export const checkHandlers = (station: Station): Handlers<typeof contract> => {
  const waits = new Share('waits for check runs', waitLimits);
  return {
    checks: () => ({
      checks: station.checks.catalogue.all.map(described(station)),
      lag: lagOf(station),
    }),

    startCheckRun: (request, reply) => {
      const { nodes, checks } = request.body;
      const machines = machinesOf(station, nodes);
      const ids = checksOf(station, checks).map(({ id }) => id);
      const run = station.checks.runs.begin(principalOf(request), machines, ids);
      reply.code(202).header('location', `/api/v1/check-runs/${run.id}`);
      return runView(station, run);
    },

    checkRun: async (request, reply) => {
      const { id } = request.params;
      const { runs } = station.checks;
      if (!runs.of(id)) throw unknownRun(id);
      const waitMs = (request.query.wait ?? 0) * 1000;
      const asker = askerOf(reply);
      if (waitMs > 0) await waits.during(asker.principal, () => runs.end(id, waitMs, asker.signal));
      const run = runs.of(id);
      if (!run) throw unknownRun(id);
      return runView(station, run);
    },
  };
};

const unknownRun = (id: string): ApiError =>
  new ApiError(
    'not-found',
    `there is no check run ${id}; the latest are remembered until the station ends`,
  );

const described =
  (station: Station) =>
  (check: CheckDescription): Described => ({
    id: check.id,
    parent: check.parent ?? null,
    title: check.title,
    description: check.description,
    type: check.type,
    unit: check.unit ?? null,
    needs: check.needs,
    timeout: check.timeoutSeconds,
    period: check.periodSeconds,
    enabled: station.checks.settings.enabled.includes(check.id),
    lack: station.checks.lackOf(check),
  });

const lagOf = (
  station: Station,
): { under_way: number; longest_ms: number; passed_over: number } => {
  const { underWay, longestMs, passedOver } = station.checks.inFlight.lag;
  return { under_way: underWay, longest_ms: longestMs, passed_over: passedOver };
};

/** @throws {ApiError} one of them is not there: nothing is asked */
const machinesOf = (station: Station, nodes: string): readonly string[] => {
  let machines: readonly string[];
  try {
    machines = [...new Set(expandNodeset(nodes))];
  } catch (error) {
    if (!(error instanceof NodesetError)) throw error;
    throw new ApiError('invalid-request', error.message, { field: 'nodes' });
  }
  const { graph } = station;
  const unknown = machines.find((fqdn) => !graph.get('host', fqdn));
  if (unknown === undefined) return machines;
  const near = nearest(
    unknown,
    Array.from(graph.all('host'), ({ fqdn }) => fqdn),
  );
  const meant = near === undefined ? '' : `; did you mean "${near}"?`;
  throw new ApiError('unknown-host', `there is no host ${unknown}${meant}`, { field: 'nodes' });
};

/** @throws {ApiError} there is no such check, or it cannot be asked for */
const checksOf = (
  station: Station,
  names: readonly string[] | undefined,
): readonly CheckDescription[] => {
  const { catalogue, settings } = station.checks;
  if (names === undefined)
    return settings.enabled
      .map((id) => catalogue.find(id)!)
      .filter((check) => station.checks.lackOf(check) === null);
  let found: readonly CheckDescription[];
  try {
    found = checksNamed(names.join(','), catalogue.all).map(({ id }) => catalogue.find(id)!);
  } catch (error) {
    if (!(error instanceof ViewError)) throw error;
    throw new ApiError('invalid-request', error.message, { field: 'checks' });
  }
  for (const check of found) {
    const lack = station.checks.lackOf(check);
    if (lack !== null)
      throw new ApiError('invalid-request', `"${check.id}" cannot be asked for: ${lack}`, {
        field: 'checks',
      });
  }
  return found;
};

/** What was found since the run began; the look that it joined may have begun before. */
const runView = (station: Station, run: CheckRun): Shown => {
  const counts: Record<string, number> = {};
  const results: Shown['results'] = [];
  for (const machine of run.machines)
    for (const check of run.checks) {
      const found = station.observations.of(machine, check);
      if (!found || found.observedAt < run.at) continue;
      counts[found.verdict] = (counts[found.verdict] ?? 0) + 1;
      if (results.length >= runResultsMax) continue;
      const { verdict, value, text, cause = null, observedAt, durationMs } = found;
      results.push({
        ...{ node: machine, check, verdict, value, text, cause },
        ...{ observed_at: Math.round(observedAt), duration_ms: durationMs },
        ...{ soft: found.soft === true, flapping: found.flapping === true },
      });
    }
  const { id, by, at, ended, total } = run;
  return {
    ...{ id, state: ended === null ? 'running' : 'ended', by, at, ended },
    ...{ checks: [...run.checks], total, done: total - run.pending, counts, results },
  };
};
