/** Where a station stands among those of its cluster. One that has its log for itself leads always. */

import { leadership } from '../../core/graph/leadership.ts';
import type { Station } from '../../station/station.ts';
import type { Exposition } from './exposition.ts';

const oneOrNone = (is: boolean): number => (is ? 1 : 0);

export const standingMetrics = (exposition: Exposition, station: Station): void => {
  exposition.gauge('leads', 'Whether this station leads the cluster: 1 or 0.', () =>
    oneOrNone(station.standing.role === 'leading'),
  );
  exposition.gauge('term', 'The newest term of leadership that this station knows of.', () =>
    Math.max(station.standing.term, leadership(station.graph)?.term ?? 0),
  );
  exposition.gauge(
    'station_known',
    'Whether this station is one of the cluster, and may lead: 1 or 0.',
    () => {
      const { name } = station.standing;
      const isOnly = station.log.shared === undefined;
      return oneOrNone(
        isOnly || (name !== null && station.graph.get('station', name) !== undefined),
      );
    },
  );
  exposition.gauge('stations', 'Stations of the cluster; 0: the log is one station’s own.', () =>
    station.graph.count('station'),
  );
  exposition.gauge('log_reachable', 'Whether the servers of the log can be reached: 1 or 0.', () =>
    oneOrNone(station.log.shared?.trouble === undefined),
  );
};
