/** What checks found of machines, and how old that is. */

import { verdicts } from '../../checks/observation.ts';
import type { FleetSummary } from '../../contract/fleet.ts';
import type { Station } from '../../station/station.ts';
import type { Exposition, Sample } from './exposition.ts';

export const checkMetrics = (
  exposition: Exposition,
  station: Station,
  summary: () => FleetSummary,
): void => {
  const { settings, catalogue } = station.checks;
  exposition.gauges(
    'check_machines',
    'Machines by what a check found of them last.',
    ['check', 'verdict'],
    () =>
      Object.entries(summary().checks).flatMap(([check, found]) =>
        verdicts.map((verdict): Sample => [[check, verdict], found.verdicts[verdict] ?? 0]),
      ),
  );
  const ages = (which: 'newest' | 'oldest', help: string): void =>
    exposition.gauges(`check_${which}_age_seconds`, help, ['check'], () =>
      Object.entries(summary().checks).flatMap(([check, found]): Sample[] => {
        const at = found[which];
        return at === null ? [] : [[[check], Math.max(0, station.now() - at) / 1000]];
      }),
    );
  ages('newest', 'Age of the newest answer of a check; above its period nobody looks any more.');
  ages('oldest', 'Age of the oldest answer of a check.');
  exposition.gauges(
    'check_period_seconds',
    'How often each machine is looked at by a check that the station asks by itself.',
    ['check'],
    () => settings.enabled.map((id) => [[id], catalogue.find(id)!.periodSeconds]),
  );
};
