/** What is done again and again about OBMs: by daemons, and by the station, which asks them. */

import type { PeriodicWork } from '../periodic.ts';
import type { Observed } from './observed.ts';
import { watchMs } from './watcher.ts';

/** As daemons call it, and people. */
const names: Readonly<Record<string, string>> = {
  power: 'power sync',
  validation: 'validation',
  'event-logs': 'event logs',
};

/** @param now ms since the epoch */
export function* worksOf(observed: Observed, now: number): IterableIterator<PeriodicWork> {
  for (const [where, { rows, works, heard }] of observed.daemons()) {
    const late = heard === null ? 0 : Math.max(0, now - heard - watchMs);
    yield {
      ...{ work: 'news of OBMs', where, period_ms: watchMs, items: rows.size },
      ...{ due: late > 0 ? 1 : 0, lag_ms: late },
    };
    for (const { work, machines, ...state } of works) {
      const name = Object.hasOwn(names, work) ? names[work]! : work;
      yield { ...state, work: name, where, items: machines };
    }
  }
}
