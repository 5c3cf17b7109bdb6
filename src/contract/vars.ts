/** Settings. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { command, read } from './endpoint.ts';
import { Done } from './outcome.ts';
import { RevisionNumber } from './values.ts';

export const VarList = Type.Object({
  revision: RevisionNumber,
  items: Type.Array(
    Type.Object({
      name: Type.String(),
      value: Type.Number(),
      default: Type.Number(),
      unit: Type.String(),
      min: Type.Number(),
      max: Type.Number(),
      description: Type.String(),
    }),
  ),
});

export const VarsBody = Type.Record(Type.String({ maxLength: 128 }), Type.Number(), {
  description: 'Settings by name; see docs/vars.md.',
});

export type VarList = Static<typeof VarList>;
export type VarsBody = Static<typeof VarsBody>;

export const vars = read({
  path: '/vars',
  access: 'viewer',
  tag: 'cluster',
  summary: 'The settings, with unit, range and default',
  reply: VarList,
});

export const setVars = command({
  method: 'PUT',
  path: '/vars',
  repeat: 'as-it-is',
  access: 'admin',
  tag: 'cluster',
  summary: 'Change settings',
  description: 'All of those given or none. With If-Match it is a compare-and-set.',
  body: VarsBody,
  reply: Done,
});
