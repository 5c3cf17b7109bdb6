/** Stations become members of the cluster, lead it, and go. */

import { decided, unchanged } from '../decision.ts';
import type { Decide, Decision } from '../decision.ts';
import type { Graph } from '../graph/graph.ts';
import { leadership } from '../graph/leadership.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';
import { isStationName, isStationUrl, stationsMax } from '../values/stations.ts';

export interface AddStation {
  readonly type: 'AddStation';
  readonly station: string;
  /** Base URL. */
  readonly url: string;
}

/** One that is known gets another URL, where it has one. */
export const addStation: Decide<AddStation> = (graph, { station, url }) =>
  wrongly(station, url) ?? added(graph, station, url);

export interface RetireStation {
  readonly type: 'RetireStation';
  readonly station: string;
}

/** The one that leads may go too: it steps down when it applies this. */
export const retireStation: Decide<RetireStation> = (graph, { station }) => {
  if (!graph.get('station', station)) return unknown(station);
  if (graph.count('station') === 1)
    return reject(
      'last-station',
      `${station} is the only station of the cluster, and without one nothing could lead it; add another one first`,
      { subject: station },
    );
  return decided([{ type: 'StationRetired', data: { station } }]);
};

/** A station's own: nobody can ask for it. */
export interface LeadStation {
  readonly type: 'LeadStation';
  /** Greater than every one before. */
  readonly term: number;
  readonly station: string;
  /** Base URL at which it is found now. */
  readonly url: string;
}

/** The first one of all becomes known with that. */
export const leadStation: Decide<LeadStation> = (graph, { term, station, url }) => {
  const wrong = wrongly(station, url);
  if (wrong) return wrong;
  const last = leadership(graph)?.term ?? 0;
  if (!Number.isSafeInteger(term) || term <= last)
    return reject('older-term', `${station} cannot lead in term ${term}: it is ${last} already`, {
      subject: 'term',
    });
  if (!graph.get('station', station) && graph.count('station') > 0) return unknown(station);
  const made = added(graph, station, url);
  if (!made.ok) return made;
  return decided([...made.events, { type: 'StationLed', data: { term, station, url } }]);
};

const added = (graph: Graph, station: string, url: string): Decision => {
  const present = graph.get('station', station);
  if (present?.url === url) return unchanged;
  if (!present && graph.count('station') >= stationsMax)
    return reject(
      'too-many-stations',
      `there may be ${stationsMax} stations, and there are as many; retire some that are gone`,
    );
  return decided([{ type: 'StationAdded', data: { station, url } }]);
};

const unknown = (station: string): Refused =>
  reject('unknown-station', `there is no station ${station}`, { subject: station });

const wrongly = (station: string, url: string): Refused | undefined => {
  if (!isStationName(station))
    return reject(
      'invalid-station',
      `a station is called like a host, such as head1.example, not "${station}"`,
      { subject: 'station' },
    );
  // Not repeated: it may hold a password.
  if (!isStationUrl(url))
    return reject(
      'invalid-station',
      `the URL of ${station} must be such as https://${station}:7400: without user name, query, or slash at the end`,
      { subject: 'url' },
    );
  return undefined;
};
