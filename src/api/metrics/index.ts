/** Prometheus metrics of a station. No label names a machine, so that ten thousand of them cost what ten do. */

import type { Station } from '../../station/station.ts';
import { agentMetrics } from './agents.ts';
import { checkMetrics } from './checks.ts';
import { Exposition } from './exposition.ts';
import { logMetrics } from './log.ts';
import { machineMetrics } from './machines.ts';
import { obmMetrics } from './obms.ts';
import { operationMetrics } from './operations.ts';
import { periodicMetrics } from './periodic.ts';
import { ruleMetrics } from './rules.ts';
import { servingMetrics } from './serving.ts';
import type { Serving } from './serving.ts';
import { sourceMetrics } from './sources.ts';
import { standingMetrics } from './standing.ts';

export type { Serving } from './serving.ts';

export const metricsOf = (station: Station, serving: Serving): Exposition => {
  const exposition = new Exposition(station.turns);
  logMetrics(exposition, station);
  standingMetrics(exposition, station);
  ruleMetrics(exposition, station);
  agentMetrics(exposition, station);
  const summary = machineMetrics(exposition, station);
  checkMetrics(exposition, station, summary);
  sourceMetrics(exposition, station);
  obmMetrics(exposition, station);
  operationMetrics(exposition, station);
  periodicMetrics(exposition, station);
  servingMetrics(exposition, serving);
  return exposition;
};
