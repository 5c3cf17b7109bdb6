/** All machines at a glance, as `halctl status` counts them. */

import { machineStates } from '../../checks/view/row.ts';
import type { FleetRow } from '../../checks/view/row.ts';
import { isFailing } from '../../checks/view/state.ts';
import type { FleetSummary } from '../../contract/fleet.ts';
import { inTurns } from '../../station/fair-use/turns.ts';
import type { Station } from '../../station/station.ts';
import { summaryOf } from '../fleet/summary.ts';
import type { Exposition } from './exposition.ts';

/** @returns what was counted for the present answer */
export const machineMetrics = (exposition: Exposition, station: Station): (() => FleetSummary) => {
  let summary: FleetSummary;
  let failing = 0;
  exposition.before(async (turn) => {
    const { version, rows } = await station.fleet.cut(turn);
    const moment = { version: String(version), revision: station.head, at: station.now() };
    failing = await inTurns(turn, failingAmong(rows));
    const all = summaryOf(rows, () => true, moment);
    summary = await inTurns(turn, all);
  });
  exposition.gauges(
    'machines',
    'Machines by how far they answer, as in the fleet.',
    ['state'],
    () => machineStates.map((state) => [[state], summary.states[state] ?? 0]),
  );
  exposition.gauge(
    'machines_with_problems',
    'Machines that somebody should look at: those that fail, warn, or of which nothing is known.',
    () => summary.problems,
  );
  exposition.gauge(
    'machines_failing',
    'Machines that are not up, or of which a check fails, and on which nobody works.',
    () => failing,
  );
  exposition.gauge(
    'machines_in_maintenance',
    'Machines that somebody works on.',
    () => summary.maintenance,
  );
  return () => summary;
};

function* failingAmong(rows: readonly FleetRow[]): Generator<undefined, number> {
  let failing = 0;
  for (const row of rows) {
    yield;
    if (isFailing(row)) failing += 1;
  }
  return failing;
}
