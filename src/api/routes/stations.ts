/** The stations of the cluster. */

import type * as contract from '../../contract/stations.ts';
import type { KnownStation, StationList } from '../../contract/stations.ts';
import { knownStations, leadership } from '../../core/graph/leadership.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { StationRow } from '../../core/graph/rows/stations.ts';
import type { Station } from '../../station/station.ts';
import type { Handlers } from '../bind.ts';
import { done, run } from '../commands.ts';
import { ApiError } from '../errors.ts';
import { read } from '../reads.ts';

export const stationsHandlers = (station: Station): Handlers<typeof contract> => ({
  listStations: (request, reply) =>
    read(station, reply, request.query.at, ({ graph, head }): StationList => {
      const led = leadership(graph);
      const stations = knownStations(graph).map((row) => knownView(graph, row));
      return { revision: head, term: led?.term ?? 0, leader: led?.station ?? null, stations };
    }),

  addStation: (request, reply) => {
    if (station.log.shared === undefined)
      throw new ApiError(
        'log-not-shared',
        "the log in this directory is one station's: start the station on a log that several may have " +
          '(--log postgres://…), then add others; see docs/high-availability.md',
      );
    const { name, url } = request.body;
    return run(
      station,
      request,
      reply,
      { type: 'AddStation', station: name, url: usual(url) },
      (graph) => knownView(graph, graph.must('station', name)),
      true,
    );
  },

  retireStation: (request, reply) =>
    run(station, request, reply, { type: 'RetireStation', station: request.params.name }, done),
});

const knownView = (graph: Pick<ReadGraph, 'get'>, row: StationRow): KnownStation => {
  const { name, url, added } = row;
  const led = leadership(graph);
  const isLeading = led?.station === name;
  return {
    ...{ name, url, leads: isLeading, added },
    term: isLeading ? led.term : null,
    since: isLeading ? led.at : null,
  };
};

/** One spelling of a URL; what is none, the core refuses. */
const usual = (url: string): string => (URL.parse(url)?.href ?? url).replace(/\/+$/, '');
