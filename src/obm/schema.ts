/** Schemas that several things are said with. */

import { Type } from 'typebox';
import type { TSchema, TSchemaOptions, TUnsafe } from 'typebox';
import type { Compile } from 'typebox/compile';

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

export type Check = ReturnType<typeof Compile<TSchema>>;

/** Where a value does not fit, and in what; the value itself, which may be a password, is not in it. */
export interface Misfit {
  /** The names on the way to it, outermost first; empty for the value as a whole. */
  readonly path: readonly string[];
  /** For example `is missing`. */
  readonly what: string;
}

/** The first place at which a value does not fit; null where it fits. */
export const misfitOf = (check: Check, value: unknown): Misfit | null => {
  if (check.Check(value)) return null;
  const [first] = check.Errors(value);
  const path = (first?.instancePath ?? '').split('/').slice(1);
  const params = (first?.params ?? {}) as {
    readonly requiredProperties?: readonly string[];
    readonly additionalProperties?: readonly string[];
  };
  const [missing] = params.requiredProperties ?? [];
  if (missing !== undefined) return { path: [...path, missing], what: 'is missing' };
  const [unknown] = params.additionalProperties ?? [];
  if (unknown !== undefined) return { path: [...path, unknown], what: 'is not known' };
  return { path, what: first?.message ?? 'does not fit' };
};
