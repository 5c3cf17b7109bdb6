/** What a service says of a thing, read without trust: whatever is not there, or is of another kind, is null. */

import { ObmError } from '../../errors.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface Resource {
  readonly path: string;
  readonly json: Json;
  /** For changes of it; null where the service knows none. */
  readonly etag: string | null;
}

export const objectAt = (json: unknown, ...names: readonly string[]): Json | null => {
  let value: unknown = json;
  for (const name of names) value = isObject(value) ? value[name] : null;
  return isObject(value) ? value : null;
};

const valueAt = (json: unknown, names: readonly string[]): unknown =>
  objectAt(json, ...names.slice(0, -1))?.[names.at(-1)!];

/** Never empty. */
export const textAt = (json: unknown, ...names: readonly string[]): string | null => {
  const value = valueAt(json, names);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
};

export const numberAt = (json: unknown, ...names: readonly string[]): number | null => {
  const value = valueAt(json, names);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
};

export const listAt = (json: unknown, ...names: readonly string[]): readonly unknown[] => {
  const value = valueAt(json, names);
  return Array.isArray(value) ? (value as unknown[]) : [];
};

/** null where there is no list at all. */
export const textsAt = (json: unknown, ...names: readonly string[]): readonly string[] | null => {
  const value = valueAt(json, names);
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : null;
};

/** The path behind `@odata.id` of what is named. */
export const linkAt = (json: unknown, ...names: readonly string[]): string | null => {
  const text = textAt(json, ...names, '@odata.id');
  return text === null ? null : pathIn(text);
};

/** Paths of a list of links, each once. */
export const linksAt = (json: unknown, ...names: readonly string[]): readonly string[] => [
  ...new Set(
    listAt(json, ...names)
      .map((one) => linkAt(one))
      .filter((one) => one !== null),
  ),
];

/** What may be asked for at the service itself, as it was written; null for anything else. */
export const pathIn = (link: string): string | null => {
  const [path = ''] = link.split('#');
  return /^\/(?!\/)[\u0021-\u007e]*$/.test(path) && path.length <= 1_024 ? path : null;
};

/** One line of what a service calls things, without what a terminal would obey. */
export const printable = (text: string, max = 256): string =>
  text.slice(0, max).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?');

/** What a thing is called where nothing else is known of it. */
export const nameOf = (path: string): string =>
  printable(path.split('/').findLast((part) => part !== '') ?? path, 64);

export const malformed = (what: string): ObmError =>
  new ObmError('malformed', `the service has ${what}`);

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
