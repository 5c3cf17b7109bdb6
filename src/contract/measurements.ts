/** Numbers that checks found of a machine, for plots. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { sampleSeconds, samplesKept } from '../core/values/samples.ts';
import { ask } from './endpoint.ts';
import { Fqdn, nullable, Timestamp } from './values.ts';

export const Measurements = Type.Object({
  machine: Fqdn,
  at: { ...Timestamp, description: 'Now, by the clock of the station.' },
  step: Type.Integer({ description: 'Seconds from one point to the next.' }),
  series: Type.Array(
    Type.Object({
      check: Type.String(),
      title: Type.String(),
      type: Type.String({ description: 'seconds, count, ratio or bytes.' }),
      unit: nullable(Type.String()),
      points: Type.Array(Type.Tuple([Timestamp, Type.Number()]), {
        description:
          'When its stretch of time begins (ms since the epoch), and the last number that was found in it; oldest first. ' +
          'A stretch in which nothing was found has none.',
      }),
    }),
    { description: 'Of each check that found a number, in the order in which checks are shown.' },
  ),
});

export type Measurements = Static<typeof Measurements>;

export const measurements = ask({
  answeredBy: 'leader',
  path: '/hosts/:fqdn/measurements',
  params: { fqdn: Fqdn },
  access: 'viewer',
  lent: 'machine',
  tag: 'fleet',
  summary: 'Numbers that checks found of a machine, of the last day',
  description:
    `Of ${sampleSeconds} s the last, ${samplesKept} of each check at most: load, memory, how full disks are, how long ` +
    'ping takes. They are no events and not in the log. A crash of the station loses those of 15 minutes at most.',
  query: {
    checks: Type.Optional(
      Type.Union(
        [
          Type.String({ maxLength: 4096 }),
          Type.Array(Type.String({ maxLength: 4096 }), { maxItems: 100 }),
        ],
        { description: 'Only of these checks, with their children; a list with commas.' },
      ),
    ),
    since: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Not before; ms since the epoch.' }),
    ),
  },
  reply: Measurements,
});
