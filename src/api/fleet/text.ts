/** Answers about the fleet, made piece by piece, so that others have their turns meanwhile. */

import type { Column, Tone } from '../../checks/view/columns.ts';
import { delimited } from '../../checks/view/delimited.ts';
import { orientedText } from '../../checks/view/orients.ts';
import type { FleetRow } from '../../checks/view/row.ts';
import { byCheck, byValue, shownMachine, tableCell } from '../../checks/view/shapes.ts';
import { orderBy } from '../../checks/view/sort.ts';
import { severityOf } from '../../checks/view/state.ts';
import { fleetTableSteps } from '../../checks/view/table.ts';
import type { FleetMeta } from '../../contract/fleet.ts';
import type { Asked, Format } from './asked.ts';
import type { Blocks, Piece } from './pieces.ts';

/** Rows in one go, between two looks at whether others want a turn. */
const rowsAtOnce = 64;

/** The rows that pass, in their order. Empty pieces give others a turn. */
export function* passing(
  rows: readonly FleetRow[],
  { test, order }: Pick<Asked, 'test' | 'order'>,
  now: number,
): Generator<string, readonly FleetRow[]> {
  const found: FleetRow[] = [];
  for (const [i, row] of rows.entries()) {
    if (test(row, now)) found.push(row);
    if (i % rowsAtOnce === 0) yield '';
  }
  const [first] = order;
  // In these orders are most answers, and neither compares any two rows.
  if (first?.column === 'problems' && order.length === 1)
    return bySeverity(found, first.isReversed);
  if (typeof first?.column === 'object' && first.column.id === 'machine' && !first.isReversed)
    return found;
  return yield* sorted(
    found,
    orderBy(order, now, () => 0),
  );
}

const bySeverity = (rows: readonly FleetRow[], isReversed: boolean): readonly FleetRow[] => {
  const groups = [...Map.groupBy(rows, severityOf)].sort(([a], [b]) =>
    isReversed ? a - b : b - a,
  );
  return groups.flatMap(([, alike]) => alike);
};

/** Rows are in the order of their names already: a merge of short runs keeps what is alike where it is. */
export function* sorted(
  rows: readonly FleetRow[],
  order: (a: FleetRow, b: FleetRow) => number,
): Generator<string, readonly FleetRow[]> {
  const atOnce = 1024;
  let runs: FleetRow[][] = [];
  for (let at = 0; at < rows.length; at += atOnce) {
    runs.push(rows.slice(at, at + atOnce).sort(order));
    yield '';
  }
  while (runs.length > 1) {
    const merged: FleetRow[][] = [];
    for (let at = 0; at < runs.length; at += 2)
      merged.push(yield* mergedOf(runs[at]!, runs[at + 1] ?? [], order));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* mergedOf(
  a: readonly FleetRow[],
  b: readonly FleetRow[],
  order: (a: FleetRow, b: FleetRow) => number,
): Generator<string, FleetRow[]> {
  const merged: FleetRow[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const first = j >= b.length || (i < a.length && order(a[i]!, b[j]!) <= 0);
    merged.push(first ? a[i++]! : b[j++]!);
    if (merged.length % 1024 === 0) yield '';
  }
  return merged;
}

/** What a machine's row is as JSON with all its checks: rows never change, and most are asked for again. */
const texts = new WeakMap<FleetRow, string>();

export const machineText = (row: FleetRow, wanted?: Asked['wanted']): string => {
  if (wanted) return JSON.stringify(shownMachine(row, wanted));
  let text = texts.get(row);
  if (text === undefined) texts.set(row, (text = JSON.stringify(shownMachine(row))));
  return text;
};

function* list(items: Iterable<string>): Generator<string> {
  let separator = '[';
  for (const item of items) {
    yield separator + item;
    separator = ',';
  }
  yield separator === '[' ? '[]' : ']';
}

function* each<T>(items: readonly T[], text: (item: T) => string): Generator<string> {
  for (const item of items) yield text(item);
}

/** Steps that make no text yet. */
export function* withTurns<T>(steps: Generator<undefined, T>): Generator<string, T> {
  for (let done = 0; ; done += 1) {
    const step = steps.next();
    if (step.done) return step.value;
    if (done % rowsAtOnce === 0) yield '';
  }
}

const rowText = (row: FleetRow, columns: readonly Column[], now: number): string =>
  JSON.stringify(
    columns.map((column) =>
      column.observation ? tableCell(column.observation(row)) : column.value(row, now),
    ),
  );

export interface Written {
  readonly asked: Asked;
  readonly meta: FleetMeta;
  readonly rows: readonly FleetRow[];
  readonly now: number;
}

/** Whether an answer has machines with all of their checks, whose texts are the same in all answers. */
export const hasBlocks = (format: Format, { shape, orient, wanted }: Asked): boolean =>
  format === 'json' && shape === 'nodes' && orient === undefined && wanted === undefined;

/** Such an answer; what is no text is shared with others. */
export function* blockedText({ meta, rows }: Written, blocks: Blocks): Generator<string | Piece> {
  const [first, ...others] = rows;
  yield `{"meta":${JSON.stringify(meta)},"nodes":[${first ? machineText(first) : ''}`;
  yield* blocks.of(others);
  yield ']}\n';
}

function* jsonText({ asked, meta, rows, now }: Written): Generator<string> {
  const { checks, wanted, columns, shape, orient } = asked;
  yield `{"meta":${JSON.stringify(meta)},`;
  if (orient !== undefined) {
    yield '"table":';
    yield* orientedText(rows, checks, orient);
  } else if (shape === 'nodes') {
    yield '"nodes":';
    yield* list(each(rows, (row) => machineText(row, wanted)));
  } else if (shape === 'table') {
    yield '"rows":';
    yield* list(each(rows, (row) => rowText(row, columns, now)));
  } else if (shape === 'check') {
    let separator = '"checks":{';
    for (const check of checks) {
      yield `${separator}${JSON.stringify(byCheck(rows, [check])).slice(1, -1)}`;
      separator = ',';
    }
    yield separator === ',' ? '}' : '"checks":{}';
  } else {
    yield '"groups":';
    yield* list(each(yield* withTurns(byValue(rows, checks)), (group) => JSON.stringify(group)));
  }
  yield '}\n';
}

function* ndjsonText({ asked, rows }: Written): Generator<string> {
  for (const row of rows) yield `${machineText(row, asked.wanted)}\n`;
}

/** For terminals (ECMA-48). */
const colours: Readonly<Record<Tone, number>> = { good: 32, bad: 31, busy: 33, faint: 2, plain: 0 };

const paint = (tone: Tone, text: string): string => `\u001b[${colours[tone]}m${text}\u001b[0m`;

function* tableText({ asked, rows, now }: Written): Generator<string> {
  const leavesEmptyOut = !asked.hasColumns;
  const isFolded = asked.shape === 'value';
  const { columns } = asked;
  const { lines } = yield* withTurns(
    fleetTableSteps(columns, rows, {
      ...{ now, leavesEmptyOut, isFolded },
      ...(asked.isColoured ? { paint } : {}),
    }),
  );
  for (const line of lines) yield `${line}\n`;
}

export const mediaTypes: Readonly<Record<Exclude<Format, 'events'>, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  text: 'text/plain',
};

/** The answer in its format. */
export const writtenIn = (
  format: Exclude<Format, 'events'>,
  written: Written,
): Iterable<string> => {
  const { asked, rows, now } = written;
  switch (format) {
    case 'json':
      return jsonText(written);
    case 'ndjson':
      return ndjsonText(written);
    case 'csv':
    case 'tsv':
      return delimited(format, asked.columns, rows, now);
    case 'text':
      return tableText(written);
  }
};
