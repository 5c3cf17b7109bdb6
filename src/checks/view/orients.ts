/** Flat tables as pandas calls them, for those who read the answer into one: a column for each part of an observation. */

import type { Observation } from '../observation.ts';
import type { CellValue } from './columns.ts';
import { observationOf } from './row.ts';
import type { FleetRow, ViewedCheck } from './row.ts';

export const orients = ['index', 'records', 'split', 'dict', 'list', 'series'] as const;
export type Orient = (typeof orients)[number];

/** The parts of an observation, in the order of their columns. */
const parts: readonly (readonly [string, (one: Observation) => CellValue])[] = [
  ['verdict', ({ verdict }) => verdict],
  ['value', ({ value }) => value],
  ['text', ({ text }) => text],
  ['cause', ({ cause }) => cause ?? null],
  ['at', ({ observedAt }) => observedAt],
  ['ms', ({ durationMs }) => durationMs],
  ['soft', ({ soft }) => soft ?? false],
  ['flapping', ({ flapping }) => flapping ?? false],
];

/** Where the parts of a check stand among the columns of a flat table. */
export const partNames: readonly string[] = parts.map(([name]) => name);

const machineParts: readonly (readonly [string, (row: FleetRow) => CellValue])[] = [
  ['state', ({ state }) => state],
  ['reason', ({ reason }) => reason],
  ['since', ({ since }) => since],
];

export interface FlatTable {
  readonly index: readonly string[];
  readonly columns: readonly string[];
  readonly data: readonly (readonly CellValue[])[];
}

/**
 * The table as JSON, turned as it is asked for, in pieces: it is long. Empty ones only give others a turn.
 */
export function* orientedText(
  rows: readonly FleetRow[],
  checks: readonly ViewedCheck[],
  orient: Orient,
): Generator<string> {
  const columns = columnsOf(checks);
  const names = columns.map(([name]) => name);
  const record = (row: FleetRow): [string, CellValue][] =>
    columns.map(([name, of]) => [name, of(row)]);
  switch (orient) {
    case 'split':
      yield '{"index":';
      yield* listed(rows, ({ machine }) => machine);
      yield `,"columns":${JSON.stringify(names)},"data":`;
      yield* listed(rows, (row) => columns.map(([, of]) => of(row)));
      yield '}';
      return;
    case 'records':
      yield* listed(rows, (row) => Object.fromEntries([['machine', row.machine], ...record(row)]));
      return;
    case 'index':
      yield* keyed(
        rows,
        ({ machine }) => machine,
        function* (row) {
          yield JSON.stringify(Object.fromEntries(record(row)));
        },
      );
      return;
    case 'list':
      yield '{"machine":';
      yield* listed(rows, ({ machine }) => machine);
      for (const [name, of] of columns) {
        yield `,${JSON.stringify(name)}:`;
        yield* listed(rows, of);
      }
      yield '}';
      return;
    case 'dict':
    case 'series':
      yield* keyed(
        columns,
        ([name]) => name,
        ([, of]) =>
          keyed(
            rows,
            ({ machine }) => machine,
            function* (row) {
              yield JSON.stringify(of(row));
            },
          ),
      );
  }
}

type FlatColumn = readonly [name: string, of: (row: FleetRow) => CellValue];

const columnsOf = (checks: readonly ViewedCheck[]): readonly FlatColumn[] => [
  ...machineParts,
  ...checks.flatMap(({ id }) =>
    parts.map(([name, of]): FlatColumn => [
      `${id}.${name}`,
      (row) => {
        const one = observationOf(row, id);
        return one === undefined ? null : of(one);
      },
    ]),
  ),
];

function* listed<T>(items: readonly T[], of: (item: T) => unknown): Generator<string> {
  let separator = '[';
  for (const item of items) {
    yield separator + JSON.stringify(of(item));
    separator = ',';
  }
  yield separator === '[' ? '[]' : ']';
}

function* keyed<T>(
  items: readonly T[],
  key: (item: T) => string,
  text: (item: T) => Generator<string>,
): Generator<string> {
  let separator = '{';
  for (const item of items) {
    yield `${separator}${JSON.stringify(key(item))}:`;
    yield* text(item);
    separator = ',';
  }
  yield separator === '{' ? '{}' : '}';
}
