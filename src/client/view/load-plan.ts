/** What a load would do and what it did, in the words of `halctl` and the page: `+` comes, `~` changes, `-` goes. */

import { printable } from '../../terminal/lines.ts';
import type { Loaded, LoadPlan } from '../types.ts';
import { briefly, counted } from './words.ts';

type Change = LoadPlan['changes'][number];
type Field = Change['fields'][number];
type Kept = Loaded['kept'][number];

const signs = { add: '+', change: '~', remove: '-' } as const;
export type PlanSign = (typeof signs)[keyof typeof signs];

/** What a line of a plan is about; undefined: nothing by itself. */
export const signOfLine = (line: string): PlanSign | undefined => {
  const sign = line.trimStart().charAt(0);
  return sign === '+' || sign === '~' || sign === '-' ? sign : undefined;
};

/** One change, in a line or several. */
export const changeLines = ({ action, kind, name, fields }: Change): string[] => {
  const head = `${signs[action]} ${kind} ${printable(name)}`;
  if (kind === 'role' && action !== 'change') return [head];
  if (kind === 'var') return fields.map((field) => `${head}: ${inOneLine(field)}`);
  if (action === 'change') return [head, ...fields.flatMap((field) => fieldLines(field))];
  const about = fields.map((field) => {
    const value = action === 'add' ? field.after : field.before;
    return `${field.name}=${valueText(value)}`;
  });
  return [[head, ...about].join('  ')];
};

const valueText = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(itemText).join(',');
  return isRecord(value) ? `{${briefly(value)}}` : briefly(value);
};

/** A role of a host, a pool of a profile, and the like. */
const itemText = (item: unknown): string => {
  if (typeof item !== 'object' || item === null) return printable(String(item));
  const { name, overrides } = item as { name?: string; overrides?: object };
  if (name === undefined || overrides === undefined) return printable(JSON.stringify(item));
  const settings = Object.entries(overrides).map(
    ([key, value]) => `${key}=${JSON.stringify(value)}`,
  );
  return printable(settings.length === 0 ? name : `${name}(${settings.join(' ')})`);
};

const inOneLine = ({ before, after }: Field): string => `${plainly(before)} -> ${plainly(after)}`;

const plainly = (value: unknown): string =>
  typeof value === 'string' ? printable(value) : printable(JSON.stringify(value ?? null));

const fieldLines = ({ name, before, after }: Field): string[] => {
  if (Array.isArray(before) && Array.isArray(after)) return listChange(name, before, after);
  if (isRecord(before) && isRecord(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
      .flatMap((key) =>
        fieldLines({
          name: `${name}.${key}`,
          before: before[key] ?? null,
          after: after[key] ?? null,
        }),
      );
  if (typeof before === 'string' && typeof after === 'string' && (before + after).includes('\n'))
    return textChange(name, before, after);
  return [`    ~ ${printable(name)}: ${inOneLine({ name, before, after })}`];
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const listChange = (name: string, before: unknown[], after: unknown[]): string[] => {
  const was = new Set(before.map((item) => JSON.stringify(item)));
  const is = new Set(after.map((item) => JSON.stringify(item)));
  const gone = before.filter((item) => !is.has(JSON.stringify(item)));
  const come = after.filter((item) => !was.has(JSON.stringify(item)));
  if (gone.length + come.length === 0) return [`    ~ ${printable(name)}: in another order`];
  return [
    `    ~ ${printable(name)}:`,
    ...gone.map((item) => `      - ${itemText(item)}`),
    ...come.map((item) => `      + ${itemText(item)}`),
  ];
};

/** Lines that both texts begin and end with are left out. */
const textChange = (name: string, before: string, after: string): string[] => {
  const [was, is] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < was.length && start < is.length && was[start] === is[start]) start += 1;
  let end = 0;
  const shorter = Math.min(was.length, is.length) - start;
  while (end < shorter && was.at(-1 - end) === is.at(-1 - end)) end += 1;
  return [
    `    ~ ${printable(name)}:`,
    ...was.slice(start, was.length - end).map((line) => `      - ${printable(line)}`),
    ...is.slice(start, is.length - end).map((line) => `      + ${printable(line)}`),
  ];
};

/** What a dry run or a check says of a plan in a word. */
export const planSummary = ({ counts: { add, change, remove } }: LoadPlan): string =>
  `${counted(add, 'addition')}, ${counted(change, 'change')}, ${counted(remove, 'removal')}`;

/** What is not declared any more and stays: `role web of host n1.example`. */
export const keptName = ({ kind, name, host }: Kept): string =>
  host === null
    ? `${kind} ${printable(name)}`
    : `role ${printable(name)} of host ${printable(host)}`;

/** What a load came to, as names and numbers. */
export const loadedFields = ({
  hosts,
  roles,
  processes,
}: Loaded): readonly (readonly [name: string, value: number])[] => [
  ['hosts declared', hosts],
  ['roles defined', roles],
  ['processes added', processes],
];

/** A host that lacks what the facts give it, and why. */
export const missingText = ({ host, roles, reason }: Loaded['missing'][number]): string =>
  printable(`${roles.join(', ')} of ${host}: ${reason}; load again when it has gone`);
