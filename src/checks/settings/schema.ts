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

const Part = Type.Number({ minimum: 0, maximum: 1 });
const Path = Type.String({
  pattern: '^/[^\\n\\r]*$',
  maxLength: 1024,
  expected: 'a path from the root',
});
const Id = Type.String({
  pattern: '^[a-z][a-z0-9-]{0,31}$',
  expected: 'a name of small letters, digits and "-"',
});
const Full = { warn_at: optional(Part), fail_at: optional(Part) };
const Given = {
  id: Id,
  title: optional(Type.String({ minLength: 1, maxLength: 64 })),
  command: Type.String({ minLength: 1, maxLength: 4096 }),
};
const given = 64;

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
    /** File that says how machines are reached by ssh. */
    ssh: optional(Type.String({ minLength: 1, maxLength: 1024 })),
    load: optional(
      Type.Object({ warn_per_processor: optional(Type.Number({ minimum: 0.1 })) }, closed),
    ),
    memory: optional(Type.Object(Full, closed)),
    df: optional(
      Type.Object(
        {
          ...Full,
          mounts: optional(
            Type.Record(
              Type.String(),
              Type.Object(
                {
                  path: Path,
                  ...Full,
                  not_separate: optional(
                    Type.Union([Type.Literal('ok'), Type.Literal('warn'), Type.Literal('fail')]),
                  ),
                },
                closed,
              ),
            ),
          ),
        },
        closed,
      ),
    ),
    mounts: optional(Type.Array(Path, { maxItems: 256 })),
    gpus: optional(Type.Integer({ minimum: 0, maximum: 64 })),
    commands: optional(
      Type.Array(
        Type.Object(
          {
            ...Given,
            pattern: optional(Type.String({ minLength: 1, maxLength: 1024 })),
            severity: optional(Type.Union([Type.Literal('warn'), Type.Literal('fail')])),
          },
          closed,
        ),
        { maxItems: given },
      ),
    ),
    nagios: optional(Type.Array(Type.Object(Given, closed), { maxItems: given })),
    nhc: optional(Given.command),
    tcp: optional(
      Type.Object({ port: optional(Type.Integer({ minimum: 1, maximum: 65_535 })) }, closed),
    ),
  },
  closed,
);

export type CheckFile = Static<typeof CheckFile>;
