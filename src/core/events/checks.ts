/** Events of what checks find out about machines. Looks that find the same as before are no events. */

import { Type } from 'typebox';
import { causes, checkLimits, verdicts } from '../values/checks.ts';
import { event } from './define.ts';
import { closed, Fqdn, Nullable, oneOf } from './fields.ts';

export const checkEvents = {
  /** What was confirmed by as many looks as it takes, and is something else than before. */
  ChecksChanged: event(
    1,
    Type.Object(
      {
        fqdn: Fqdn,
        changes: Type.Array(
          Type.Object(
            {
              check: Type.String({ minLength: 1, maxLength: checkLimits.id }),
              /** Null: it was not known before. */
              before: Nullable(oneOf(verdicts)),
              verdict: oneOf(verdicts),
              cause: Nullable(oneOf(causes)),
              text: Type.String({ maxLength: checkLimits.text }),
              /** When the look was that confirmed it, by the clock of the station; ms since the epoch. */
              seen: Type.Integer({ minimum: 0 }),
            },
            closed,
          ),
          { minItems: 1, maxItems: checkLimits.checks },
        ),
      },
      closed,
    ),
    {
      fqdn: 'n0001.galileo.example',
      changes: [
        {
          check: 'ssh',
          before: 'ok',
          verdict: 'fail',
          cause: 'no-banner',
          text: 'connected, but no banner within 10 s',
          seen: 1_790_000_000_000,
        },
      ],
    },
  ),
};
