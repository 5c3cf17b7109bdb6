/** Schemas of values that several events carry. */

import { Type } from 'typebox';
import type { TSchema, TUnsafe } from 'typebox';
import type { DeclaredRole } from '../values/facts.ts';
import type { Fid } from '../values/fid.ts';
import type { Variables } from '../values/roles.ts';
import { userNamePattern } from '../values/users.ts';

/** Objects refuse fields they do not know, so that a misspelt field cannot slip into the log. */
export const closed = { additionalProperties: false } as const;

const pattern = (source: string): { pattern: string } => ({ pattern: source });

export const FidField = Type.Unsafe<Fid>(
  Type.String(pattern('^0x[0-9a-f]{1,16}:0x[0-9a-f]{1,13}$')),
);

/** RFC 1123 host name, lower case, at most 253 characters. */
export const Fqdn = Type.String({
  maxLength: 253,
  pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$',
});

export const Name = Type.String({ minLength: 1, maxLength: 128 });

/** How a user is called. */
export const UserName = Type.String(pattern(userNamePattern));

/** Only what JSON can say: a number that is none would come back from the log as null. */
const JsonField = Type.Cyclic(
  {
    Json: Type.Union([
      Type.String(),
      Type.Number(),
      Type.Boolean(),
      Type.Null(),
      Type.Array(Type.Ref('Json')),
      Type.Record(Type.String(), Type.Ref('Json')),
    ]),
  },
  'Json',
);

export const VariablesField: TUnsafe<Variables> = Type.Unsafe<Variables>(
  Type.Record(Type.String(), JsonField),
);

export const DeclaredRoleField = Type.Unsafe<DeclaredRole>(
  Type.Object({ name: Name, overrides: VariablesField }, closed),
);

/** One of some words. */
export const oneOf = <T extends string>(values: readonly T[]): TUnsafe<T> =>
  Type.Unsafe<T>(Type.Union(values.map((value) => Type.Literal(value))));

export const Nullable = <S extends TSchema>(schema: S): ReturnType<typeof nullable<S>> =>
  nullable(schema);
const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
