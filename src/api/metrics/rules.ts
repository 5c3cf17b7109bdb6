/** What the engine decides. */

import { rules } from '../../core/rules/index.ts';
import type { Station } from '../../station/station.ts';
import type { Exposition } from './exposition.ts';

export const ruleMetrics = (exposition: Exposition, station: Station): void => {
  exposition.counter(
    'rejections_total',
    'Commands refused since this station started.',
    () => station.counters.rejections,
  );
  exposition.counters('rule_firings_total', 'How often a rule added something.', ['rule'], () =>
    rules.map(({ name }) => [[name], station.counters.firings.get(name) ?? 0]),
  );
};
