/** Events of the stations of a cluster. One that has its log for itself makes none. */

import { Type } from 'typebox';
import { stationNamePattern, stationUrlMax, stationUrlPattern } from '../values/stations.ts';
import { event } from './define.ts';
import { closed } from './fields.ts';

const Station = Type.String({ maxLength: 253, pattern: stationNamePattern });
const Url = Type.String({ maxLength: stationUrlMax, pattern: stationUrlPattern });

const station = 'head1.galileo.example';
const url = 'https://head1.galileo.example:7400';

export const stationEvents = {
  /** A station may lead from now on; one that is known already is found at another URL. */
  StationAdded: event(1, Type.Object({ station: Station, url: Url }, closed), { station, url }),

  /** It leads no more, and will not. */
  StationRetired: event(1, Type.Object({ station: Station }, closed), { station }),

  /** From this commit on one leads, until another does. Terms only grow. */
  StationLed: event(
    1,
    Type.Object({ term: Type.Integer({ minimum: 1 }), station: Station, url: Url }, closed),
    { term: 7, station, url },
  ),
};
