/** What was seen of machines by their OBMs, and how old that is. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { nullable, Timestamp } from './values.ts';

/** Of everything that is told as it was seen last. */
export const age = {
  observed_at: nullable({
    ...Timestamp,
    description: 'When it was seen, by the clock of the station; null: not since it is known when.',
  }),
  stale: Type.Boolean({
    description: 'Whether that is longer ago than `obm_stale_after` (vars), or `max_age`.',
  }),
  refreshing: Type.Boolean({
    description: 'Whether it is looked at anew just now, behind this answer.',
  }),
  trouble: nullable(
    Type.Object(
      {
        reason: Type.String({ description: 'Such as `no-answer`, `credentials-refused`, `away`.' }),
        detail: Type.String(),
      },
      { description: 'Why it could not be seen anew; null: it could, as far as is known.' },
    ),
  ),
};

export const Age = Type.Object(age);
export type Age = Static<typeof Age>;

/** How old it may be. */
export const maxAge = {
  max_age: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 86_400,
      description: 'Seconds after which it counts as stale, where `obm_stale_after` is longer.',
    }),
  ),
};

/** What all of them do. */
export const atOnce =
  'Told as it was seen last, at once: no OBM is waited for. Where that is stale, a look is set off behind the answer, ' +
  'one for all who ask; with `Prefer: wait` the answer is held back until that is over. Refused while the OBM is not enabled.';
