/** Schemas that several things are said with. */

import { Type } from 'typebox';
import type { TSchema, TSchemaOptions, TUnsafe } from 'typebox';

/** One of some texts. */
export const oneOf = <T extends string>(
  values: readonly T[],
  options: TSchemaOptions = {},
): TUnsafe<T> =>
  Type.Unsafe<T>(
    Type.Union(
      values.map((value) => Type.Literal(value)),
      options,
    ),
  );

export const nullable = <S extends TSchema>(schema: S): Type.TUnion<[S, Type.TNull]> =>
  Type.Union([schema, Type.Null()]);
