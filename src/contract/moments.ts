/** Which revision the log had when: what a slider over time goes by. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { ask } from './endpoint.ts';
import { nullable, RevisionNumber, Timestamp } from './values.ts';

/** Stretches of time that one answer has. */
export const momentStepsMax = 1000;

const moment = (description: string) =>
  nullable(Type.Object({ revision: RevisionNumber, at: Timestamp }, { description }));

export const LogMoments = Type.Object({
  first: moment('The first commit; null: there is none.'),
  head: moment('The last commit that is durable; null: there is none.'),
  since: { ...Timestamp, description: 'From when on it is told.' },
  until: { ...Timestamp, description: 'Until when.' },
  before: {
    ...RevisionNumber,
    description: 'The last revision before `since`; 0: there is none.',
  },
  steps: Type.Array(
    Type.Object({
      until: { ...Timestamp, description: 'Its end; it begins where the one before ends.' },
      revision: { ...RevisionNumber, description: 'The last one until then.' },
      commits: Type.Integer({ description: 'How many there are in it.' }),
    }),
    { description: 'Stretches of time of equal length, oldest first.' },
  ),
});

export type LogMoments = Static<typeof LogMoments>;

export const logMoments = ask({
  path: '/log/moments',
  access: 'viewer',
  lent: 'shown',
  tag: 'events',
  summary: 'Which revision the log had when, and when much happened',
  description:
    'Times of the first and the last commit, and how many commits came in each of some stretches of time. A revision ' +
    'or a time is what `at` of other reads takes.',
  query: {
    since: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'ms since the epoch; absent: when the first commit was.',
      }),
    ),
    until: Type.Optional(
      Type.Integer({ minimum: 0, description: 'ms since the epoch; absent: now.' }),
    ),
    steps: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: momentStepsMax,
        description: 'Into how many stretches it is divided; absent: 100.',
      }),
    ),
  },
  reply: LogMoments,
});
