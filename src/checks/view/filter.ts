/** What a filter means: which rows pass. */

import { nearest } from '../../core/values/nearest.ts';
import { expandNodeset } from '../../nodeset/nodeset.ts';
import type { Verdict } from '../observation.ts';
import type { CellValue, Column, ColumnType } from './columns.ts';
import { FilterError } from './filter-grammar.ts';
import type { Comparison, Filter, Operator } from './filter-grammar.ts';
import { matcherOf } from './glob.ts';
import { parseQuantity } from './quantities.ts';
import type { Quantity } from './quantities.ts';
import type { FleetRow } from './row.ts';

export type RowTest = (row: FleetRow, now: number) => boolean;

export interface FilterSurroundings {
  readonly columns: ReadonlyMap<string, Column>;
  /** Machines of a group. Throws what tells that there is none, and which was meant. */
  readonly group: (name: string) => ReadonlySet<string>;
}

/** The test that a filter is. Throws a `FilterError`, and whatever `group` throws. */
export const testOf = (filter: Filter, around: FilterSurroundings): RowTest => {
  switch (filter.kind) {
    case 'and': {
      const tests = filter.of.map((one) => testOf(one, around));
      return (row, now) => tests.every((test) => test(row, now));
    }
    case 'or': {
      const tests = filter.of.map((one) => testOf(one, around));
      return (row, now) => tests.some((test) => test(row, now));
    }
    case 'not': {
      const test = testOf(filter.of, around);
      return (row, now) => !test(row, now);
    }
    case 'group': {
      const machines = around.group(filter.name);
      return ({ machine }) => machines.has(machine);
    }
    case 'text':
      return anywhere(filter.text);
    case 'comparison':
      return comparisonTest(filter, around);
  }
};

/** Whether the answer of a filter changes by time alone. */
export const dependsOnTime = (filter: Filter): boolean => {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.of.some(dependsOnTime);
    case 'not':
      return dependsOnTime(filter.of);
    case 'comparison':
      return /(^|\.)age$/.test(filter.column);
    default:
      return false;
  }
};

/** Looks in all that is said of a machine. */
const anywhere = (pattern: string): RowTest => {
  const matches = matcherOf(pattern);
  return (row) =>
    [
      row.machine,
      row.state,
      row.reason,
      row.hostReason,
      row.project ?? '',
      row.scheduler?.state ?? '',
      row.scheduler?.reason ?? '',
      row.maintenance?.reason ?? '',
      row.note?.text ?? '',
      ...row.roles,
    ].some(matches) || row.checks.some(({ verdict, text }) => verdict !== 'ok' && matches(text));
};

const otherNames: ReadonlyMap<string, string> = new Map([
  ['name', 'machine'],
  ['slurm', 'scheduler'],
]);

const columnOf = (
  { column: name, at }: Comparison,
  columns: FilterSurroundings['columns'],
): Column => {
  const given = name.replace(/^check\./, '');
  const found = columns.get(given) ?? columns.get(otherNames.get(given) ?? '');
  if (found) return found;
  throw new FilterError(`there is no column "${name}"`, at, nearest(given, columns.keys()));
};

const comparisonTest = (comparison: Comparison, { columns }: FilterSurroundings): RowTest => {
  if (comparison.column === 'q') return anywhere(comparison.value);
  const column = columnOf(comparison, columns);
  const test = valueTest(column, comparison);
  const isNegated = comparison.operator === '!=' || comparison.operator === '!~';
  return (row, now) => test(column.value(row, now), row, now) !== isNegated;
};

type ValueTest = (value: CellValue, row: FleetRow, now: number) => boolean;

const verdictWords: ReadonlyMap<string, Verdict> = new Map([
  ['ok', 'ok'],
  ['up', 'ok'],
  ['pass', 'ok'],
  ['warn', 'warn'],
  ['warning', 'warn'],
  ['fail', 'fail'],
  ['failed', 'fail'],
  ['down', 'fail'],
  ['bad', 'fail'],
  ['unknown', 'unknown'],
  ['skipped', 'skipped'],
]);

/** The positive form: `!=` and `!~` are turned round by whoever calls. What is not known is equal to `none` only. */
const valueTest = (column: Column, comparison: Comparison): ValueTest => {
  const { operator, value } = comparison;
  if (value === 'none' && isEquality(operator))
    return (given) => given === null || (Array.isArray(given) && given.length === 0);
  if (operator === '~' || operator === '!~' || operator === '~=') return textTest(column, value);
  if (isOrder(operator)) return orderTest(column, comparison);
  if (column.type === 'check') return verdictTest(column, value);
  if (column.type === 'name') return nameTest(comparison);
  const quantity = quantityOf(column.type);
  if (quantity) {
    const wanted = amountOf(column, comparison);
    return (given) => given === wanted;
  }
  if (column.type === 'bool') {
    const wanted = isYes(comparison);
    return (given) => given === wanted;
  }
  if (operator === ':' && column.type === 'text') return textTest(column, value);
  return equalTest(value);
};

const isEquality = (operator: Operator): boolean => [':', '=', '==', '!='].includes(operator);
const isOrder = (operator: Operator): boolean => ['<', '<=', '>', '>='].includes(operator);

const textTest = (column: Column, pattern: string): ValueTest => {
  const matches = matcherOf(pattern);
  return (given, row, now) =>
    Array.isArray(given) ? given.some(matches) : given !== null && matches(column.text(row, now));
};

/** By the verdict; any other word is compared with what was found. */
const verdictTest = (column: Column, value: string): ValueTest => {
  const verdict = verdictWords.get(value.toLowerCase());
  if (verdict) return (given) => given === verdict;
  const wanted = value.toLowerCase();
  return (_given, row) => {
    const one = column.observation?.(row);
    return (
      one !== undefined &&
      [String(one.value), one.text, one.cause].some((text) => text?.toLowerCase() === wanted)
    );
  };
};

const nameTest = ({ value, valueAt }: Comparison): ValueTest => {
  if (/[*?]/.test(value)) {
    const matches = matcherOf(value);
    return (given) => matches(String(given));
  }
  let names: ReadonlySet<string>;
  try {
    names = new Set(expandNodeset(value));
  } catch (error) {
    throw new FilterError((error as Error).message, valueAt);
  }
  return (given) => names.has(String(given));
};

const equalTest = (value: string): ValueTest => {
  const wanted = value.toLowerCase();
  const isEqual = (given: unknown): boolean => String(given).toLowerCase() === wanted;
  return (given) => (Array.isArray(given) ? given.some(isEqual) : given !== null && isEqual(given));
};

const quantityOf = (type: ColumnType): Quantity | 'time' | undefined => {
  if (type === 'age' || type === 'seconds') return 'seconds';
  if (type === 'bytes' || type === 'ratio' || type === 'count' || type === 'time') return type;
  return undefined;
};

const isYes = ({ value, column, valueAt }: Comparison): boolean => {
  if (/^(yes|true|1)$/i.test(value)) return true;
  if (/^(no|false|0)$/i.test(value)) return false;
  throw new FilterError(`${column} is yes or no, not "${value}"`, valueAt);
};

const examples: Readonly<Record<Quantity | 'time', string>> = {
  seconds: '90s, 10m, 1h30m, 2d',
  bytes: '10GiB, 500M',
  ratio: '85%, 0.85',
  count: '16',
  time: '2026-11-21T10:00:00Z',
};

const amountOf = (column: Column, { value, valueAt }: Comparison): number => {
  const quantity = quantityOf(column.type) ?? 'count';
  const amount =
    quantity === 'time'
      ? /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(value)
        ? Date.parse(value)
        : NaN
      : parseQuantity(value, quantity);
  if (amount === undefined || !Number.isFinite(amount))
    throw new FilterError(
      `${column.id} is compared with something such as ${examples[quantity]}, not with "${value}"`,
      valueAt,
    );
  return amount;
};

/** A check is compared by its value; what is no number is neither less nor more. */
const orderTest = (column: Column, comparison: Comparison): ValueTest => {
  if (!column.observation && quantityOf(column.type) === undefined)
    throw new FilterError(
      `${column.id} has no amount that could be less or more; use : or ~`,
      comparison.at,
    );
  const wanted = column.observation
    ? (checkAmount(comparison) ?? amountOf({ ...column, type: 'count' }, comparison))
    : amountOf(column, comparison);
  const { operator } = comparison;
  const compare = (given: number): boolean => {
    if (operator === '<') return given < wanted;
    if (operator === '<=') return given <= wanted;
    if (operator === '>') return given > wanted;
    return given >= wanted;
  };
  return (value, row) => {
    const given = column.observation ? column.observation(row)?.value : value;
    return typeof given === 'number' && compare(given);
  };
};

/** `load>2`, `df/tmp>10GiB`, `uptime<1h`, `memory>85%`: the unit says of what it is. */
const checkAmount = ({ value }: Comparison): number | undefined =>
  (['count', 'ratio', 'seconds', 'bytes'] as const)
    .map((quantity) => parseQuantity(value, quantity))
    .find((amount) => amount !== undefined);
