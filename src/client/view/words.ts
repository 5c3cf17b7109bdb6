/** Numbers and values in words, for people: the same on a terminal and in a browser. */

import { printable } from '../../terminal/lines.ts';

/** `1 host`, `2 hosts`, `1 process`, `2 processes`. */
export const counted = (count: number, noun: string): string => {
  if (count === 1) return `1 ${noun}`;
  return `${count} ${/(s|sh|ch|x)$/.test(noun) ? `${noun}es` : `${noun}s`}`;
};

/** A value of an event or a resource in a few characters: `--json` has all of it. */
const brief = (value: unknown, depth: number): string => {
  if (typeof value === 'string') {
    const lines = value.trimEnd().split('\n').length;
    return value === '' ? '""' : lines > 1 ? `{${lines} lines}` : printable(value);
  }
  if (Array.isArray(value)) return `[${value.length === 0 ? '' : value.length}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value);
  if (fields.length > fieldsShown || (depth > 0 && fields.length > 0)) return '{…}';
  return `{${fields.map(([name, field]) => `${printable(name)}=${brief(field, depth + 1)}`).join(' ')}}`;
};
const fieldsShown = 4;

/** The fields of an object on one line: `fqdn=n1.savio3 state=up roles=[2]`. */
export const briefly = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? Object.entries(value)
        .map(([name, field]) => `${printable(name)}=${brief(field, 0)}`)
        .join(' ')
    : brief(value, 0);
