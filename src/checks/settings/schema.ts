/** The file that says what is checked: see docs/checks.md. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { looksKept } from '../verdicts.ts';

const closed = { additionalProperties: false } as const;
const optional = Type.Optional;

/** Seconds between two looks; a second is as often as anything is looked at. */
const Period = Type.Number({ minimum: 1, maximum: 86_400 });
const Timeout = Type.Number({ minimum: 0.1, maximum: 300 });
const Parallel = Type.Integer({ minimum: 1, maximum: 1024 });

export const CheckFile = Type.Object(
  {
    checks: optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 256 })),
    periods: optional(Type.Record(Type.String(), Period)),
    timeouts: optional(Type.Record(Type.String(), Timeout)),
    verdicts: optional(
      Type.Object(
        {
          needed: optional(Type.Integer({ minimum: 1, maximum: looksKept })),
          of: optional(Type.Integer({ minimum: 1, maximum: looksKept })),
          flaps_at: optional(Type.Integer({ minimum: 1, maximum: looksKept })),
        },
        closed,
      ),
    ),
    parallel: optional(Type.Object({ tcp: optional(Parallel), ssh: optional(Parallel) }, closed)),
    tcp: optional(
      Type.Object({ port: optional(Type.Integer({ minimum: 1, maximum: 65_535 })) }, closed),
    ),
  },
  closed,
);

export type CheckFile = Static<typeof CheckFile>;
