/** How late is what is done again and again. */

import type { PeriodicWork } from '../../station/periodic.ts';
import type { Station } from '../../station/station.ts';
import type { Exposition } from './exposition.ts';

export const periodicMetrics = (exposition: Exposition, { periodic }: Station): void => {
  const metric = (name: string, help: string, figure: (work: PeriodicWork) => number): void =>
    exposition.gauges(`periodic_${name}`, help, ['work', 'where'], () =>
      periodic.list().map((one) => [[one.work, one.where], figure(one)]),
    );
  metric('lag_seconds', 'How late periodic work is, or was lately.', (one) => one.lag_ms / 1000);
  metric('due', 'What is due and not begun.', (one) => one.due);
};
