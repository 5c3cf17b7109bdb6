/** `--set multiplicity=4`: overrides of a role's variables. */

import * as overrides from '../client/view/overrides.ts';
import type { Overrides } from '../client/view/overrides.ts';
import { Failure } from './exit-codes.ts';

export type { Overrides };

const orFail = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (error instanceof overrides.OverrideError)
      throw new Failure('usage', error.message, error.advice);
    throw error;
  }
};

/** A value as JSON would read it; what is no JSON is a text. @throws {Failure} */
export const valueOf = (text: string): unknown => orFail(() => overrides.valueOf(text));

/**
 * The overrides of each of the roles.
 *
 * @param settings `key=value` for every role, or `role:key=value` for one of them
 * @throws {Failure}
 */
export const readOverrides = (
  roles: readonly string[],
  settings: readonly string[],
): ReadonlyMap<string, Overrides> => orFail(() => overrides.readOverrides(roles, settings));
