/** How an event type is defined. */

import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** Turns the data of one schema version into that of the next. Pure. */
export type Upcaster = (data: never) => unknown;

export interface EventDefinition<S extends TSchema = TSchema> {
  /** Version of `schema`; older ones are brought up by `upcast`. */
  readonly version: number;
  readonly schema: S;
  /** A complete example; tests keep it valid and the reference shows it. */
  readonly sample: Static<S>;
  /** `upcast[v]` makes version `v + 1` of version `v`; one for every version before the present. */
  readonly upcast: Readonly<Record<number, Upcaster>>;
  /** Whether a reader that does not know the type may skip it. */
  readonly ignorable: boolean;
  /** Where the data does not fit the schema: the first place and what was wrong. */
  readonly check: (data: unknown) => string | null;
}

export const event = <S extends TSchema>(
  version: number,
  schema: S,
  sample: Static<S>,
  options: { upcast?: Record<number, Upcaster>; ignorable?: boolean } = {},
): EventDefinition<S> => {
  // Compiled when it is first asked for: a process meets few of all types, and often none.
  let compiled: ReturnType<typeof Compile<S>> | undefined;
  return {
    version,
    schema,
    sample,
    upcast: options.upcast ?? {},
    ignorable: options.ignorable ?? false,
    check: (data) => {
      const validator = (compiled ??= Compile(schema));
      if (validator.Check(data)) return null;
      const [first] = validator.Errors(data);
      return first ? `${first.instancePath || '/'} ${first.message}` : 'does not fit its schema';
    },
  };
};
