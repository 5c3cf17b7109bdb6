/** Flat tables as pandas calls them, for those who read the answer into one: a column for each part of an observation. */

import type { CheckDescription } from '../check.ts';
import type { Observation } from '../observation.ts';
import type { CellValue } from './columns.ts';
import { observationOf } from './row.ts';
import type { FleetRow } from './row.ts';

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

export const flatTable = (
  rows: readonly FleetRow[],
  checks: readonly CheckDescription[],
): FlatTable => ({
  index: rows.map(({ machine }) => machine),
  columns: [
    ...machineParts.map(([name]) => name),
    ...checks.flatMap(({ id }) => parts.map(([name]) => `${id}.${name}`)),
  ],
  data: rows.map((row) => [
    ...machineParts.map(([, of]) => of(row)),
    ...checks.flatMap(({ id }) => {
      const one = observationOf(row, id);
      return parts.map(([, of]) => (one === undefined ? null : of(one)));
    }),
  ]),
});

/** The same table, turned as it is asked for. */
export const oriented = ({ index, columns, data }: FlatTable, orient: Orient): unknown => {
  const record = (cells: readonly CellValue[]): object =>
    Object.fromEntries(columns.map((column, i) => [column, cells[i]]));
  switch (orient) {
    case 'split':
      return { index, columns, data };
    case 'index':
      return Object.fromEntries(index.map((machine, i) => [machine, record(data[i]!)]));
    case 'records':
      return index.map((machine, i) => ({ machine, ...record(data[i]!) }));
    case 'list':
      return Object.fromEntries([
        ['machine', index],
        ...columns.map((column, i) => [column, data.map((cells) => cells[i])]),
      ]);
    case 'dict':
    case 'series':
      return Object.fromEntries(
        columns.map((column, i) => [
          column,
          Object.fromEntries(index.map((machine, j) => [machine, data[j]![i]])),
        ]),
      );
  }
};
