/** What every command answers that has nothing else to tell. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { nullable, RevisionNumber } from './values.ts';

export const Done = Type.Object({ revision: RevisionNumber, changed: Type.Boolean() });

export const DryRun = Type.Object({
  dry_run: Type.Literal(true),
  revision: RevisionNumber,
  events: Type.Array(
    Type.Object({
      type: Type.String(),
      data: Type.Unsafe<unknown>(Type.Any()),
      rule: nullable(Type.String()),
    }),
  ),
});

export type Done = Static<typeof Done>;
export type DryRun = Static<typeof DryRun>;
