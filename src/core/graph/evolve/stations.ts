/** What the events of stations change in the graph. */

import type { stationEvents } from '../../events/stations.ts';
import { upsert } from '../changes.ts';
import type { Evolvers } from '../changes.ts';

export const stationEvolvers: Evolvers<typeof stationEvents> = {
  StationAdded: (graph, { station: name, url }, position) => {
    const added = graph.get('station', name)?.added ?? position.at;
    upsert(graph, 'station', name, { name, url, added }, position);
  },

  StationRetired: (graph, { station }, { revision }) => {
    const present = graph.get('leadership', 'leadership');
    if (present?.station === station)
      graph.put('leadership', { ...present, station: null, changed: revision });
    graph.remove('station', station);
  },

  StationLed: (graph, { term, station }, position) =>
    upsert(
      graph,
      'leadership',
      'leadership',
      { id: 'leadership', term, station, since: position.at },
      position,
    ),
};
