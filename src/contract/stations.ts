/** The stations of the cluster: which there are, and which of them leads. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { stationNamePattern, stationsMax, stationUrlMax } from '../core/values/stations.ts';
import { command, read } from './endpoint.ts';
import { Done } from './outcome.ts';
import { nullable, RevisionNumber, strict, Timestamp } from './values.ts';

const StationName = Type.String({
  maxLength: 253,
  pattern: stationNamePattern,
  description: 'How a station is called: like a host.',
});

export const KnownStation = Type.Object({
  name: Type.String(),
  url: Type.String({ description: 'Base URL.' }),
  leads: Type.Boolean({ description: 'As the log has it.' }),
  term: nullable(Type.Integer({ description: 'In which it leads; null: it does not.' })),
  since: nullable(Type.Integer({ description: 'When that term began; null: it does not lead.' })),
  added: Timestamp,
});

export const StationList = Type.Object({
  revision: RevisionNumber,
  term: Type.Integer({ description: 'The last that the log has; 0: no station has led by it.' }),
  leader: nullable(
    Type.String({ description: 'Who leads in it; null: nobody, or a station that is alone.' }),
  ),
  stations: Type.Array(KnownStation, {
    maxItems: stationsMax,
    description: 'By name. Empty where the log is one station’s own.',
  }),
});

export const StationBody = Type.Object(
  {
    name: StationName,
    url: Type.String({
      minLength: 1,
      maxLength: stationUrlMax,
      description: 'Base URL, such as `https://head2.example:7400`, at which the others find it.',
    }),
  },
  strict,
);

export type KnownStation = Static<typeof KnownStation>;
export type StationList = Static<typeof StationList>;
export type StationBody = Static<typeof StationBody>;

export const listStations = read({
  path: '/stations',
  access: 'viewer',
  tag: 'station',
  summary: 'The stations of the cluster, and which of them leads',
  description:
    'What the log has of them. How each of them is, it says itself: ask `GET /station` at its URL.',
  reply: StationList,
});

export const addStation = command({
  method: 'POST',
  path: '/stations',
  access: 'admin',
  tag: 'station',
  summary: 'Let a station be one of the cluster',
  description:
    'It may lead from then on. One that is known gets the URL. Refused where the log is in a directory, which is one ' +
    'station’s.',
  body: StationBody,
  reply: KnownStation,
  creates: true,
});

export const retireStation = command({
  method: 'DELETE',
  path: '/stations/:name',
  params: { name: StationName },
  access: 'admin',
  tag: 'station',
  summary: 'Let a station lead no more',
  description:
    'It follows as long as it runs, and never leads. The one that leads steps down, and another takes over. The last ' +
    'one cannot be retired.',
  reply: Done,
});
