/** `multiplicity=4`: overrides of a role's variables, as people write them. */

/** What is written is no override. */
export class OverrideError extends Error {
  override readonly name = 'OverrideError';
  /** What to write; undefined: the message says it. */
  readonly advice: string | undefined;

  constructor(message: string, advice?: string) {
    super(message);
    this.advice = advice;
  }
}

export type Overrides = Record<string, unknown>;

const example =
  'Write it like --set multiplicity=4 or, with several roles, --set s3server:multiplicity=4.';

/** Whether a number is kept, and printed, as it was written. */
const isExact = (value: number, text: string): boolean =>
  String(value) === text && (!Number.isInteger(value) || Number.isSafeInteger(value));

/** Numbers within lists and maps that are not what was written, where the engine tells what was. */
const exactly = (_key: string, value: unknown, { source }: { source?: string } = {}): unknown => {
  if (typeof value !== 'number' || isExact(value, source ?? String(value))) return value;
  throw new OverrideError(
    `the number ${source ?? value} cannot be kept as it is written`,
    'Quote it to have it as it is written.',
  );
};

/** A value as JSON would read it; what is no JSON is a text. */
export const valueOf = (text: string): unknown => {
  // An argument that is not UTF-8 reaches us with this in the place of what it held.
  if (text.includes('\uFFFD')) throw new OverrideError(`"${text}" is not UTF-8`);
  // A number that JSON would print otherwise is rather an id or a version than a quantity.
  if (/^-?\d/.test(text)) return isExact(Number(text), text) ? Number(text) : text;
  if (!/^(["[{]|true$|false$|null$)/.test(text)) return text;
  try {
    return JSON.parse(text, exactly) as unknown;
  } catch (error) {
    if (error instanceof OverrideError) throw error;
    if (/^["[{]/.test(text))
      throw new OverrideError(`"${text}" is neither JSON nor a plain text`, example);
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
      throw new OverrideError(`"${setting}" does not say which variable gets which value`, example);
    for (const [name, values] of overrides)
      if (role === undefined || role === name) values[key] = valueOf(rest.slice(equals + 1));
  }
  return overrides;
};
