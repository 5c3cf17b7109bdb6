/** `--set multiplicity=4`: overrides of a role's variables. */

import { Failure } from './exit-codes.ts';

export type Overrides = Record<string, unknown>;

const example =
  'Write it like --set multiplicity=4 or, with several roles, --set s3server:multiplicity=4.';

/** A value as JSON would read it; what is no JSON is a text. */
const valueOf = (text: string): unknown => {
  if (!/^(["[{]|-?\d|true$|false$|null$)/.test(text)) return text;
  try {
    const value: unknown = JSON.parse(text);
    // A long number is rather an id than a quantity, and would lose digits.
    return typeof value === 'number' && String(value) !== text ? text : value;
  } catch {
    if (/^["[{]/.test(text))
      throw new Failure('usage', `"${text}" is neither JSON nor a plain text`, example);
    return text;
  }
};

/**
 * The overrides of each of the roles.
 *
 * @param settings `key=value` for every role, or `role:key=value` for one of them
 */
export const readOverrides = (
  roles: readonly string[],
  settings: readonly string[],
): ReadonlyMap<string, Overrides> => {
  const overrides = new Map<string, Overrides>(roles.map((role) => [role, {}]));
  for (const setting of settings) {
    const role = roles.find((name) => setting.startsWith(`${name}:`));
    const rest = role === undefined ? setting : setting.slice(role.length + 1);
    const equals = rest.indexOf('=');
    const key = rest.slice(0, Math.max(equals, 0)).trim();
    if (!/^[A-Za-z_]\w*$/.test(key))
      throw new Failure(
        'usage',
        `"${setting}" does not say which variable gets which value`,
        example,
      );
    for (const [name, values] of overrides)
      if (role === undefined || role === name) values[key] = valueOf(rest.slice(equals + 1));
  }
  return overrides;
};
