/** Rows for spreadsheets and for other programs. Times and amounts are numbers there; texts are inert. */

import { printable } from '../../terminal/lines.ts';
import type { CellValue, Column } from './columns.ts';
import type { FleetRow } from './row.ts';

/** What spreadsheets take for the beginning of a formula, also behind white space. */
const formula = /^[\s]*[=+\-@\t\r＝＋－＠]/;

/** A text, not a formula: numbers stay what they are. */
const inertText = (text: string): string => {
  const shown = printable(text);
  return formula.test(shown) && !/^-?\d+(\.\d+)?$/.test(shown) ? `'${shown}` : shown;
};

/** A cell of CSV (RFC 4180). */
export const csvCell = (value: string): string => {
  const text = inertText(value);
  return /[",\n\r']|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** A cell of TSV: tabs and line ends in it are escaped already. */
export const tsvCell = (value: string): string => inertText(value);

const plain = (value: CellValue): string =>
  value === null ? '' : typeof value === 'object' ? value.join(' ') : String(value);

/** What stands in a cell: the words of a check as people are shown them, and all else as it is measured. */
export const plainCell = (column: Column, row: FleetRow, now: number): string =>
  column.observation ? column.text(row, now) : plain(column.value(row, now));

/** Lines with their ends, titles first, so that a long table can be sent piece by piece. */
export function* delimited(
  form: 'csv' | 'tsv',
  columns: readonly Column[],
  rows: Iterable<FleetRow>,
  now: number,
): Generator<string> {
  const [cell, separator, end] =
    form === 'csv' ? ([csvCell, ',', '\r\n'] as const) : ([tsvCell, '\t', '\n'] as const);
  yield columns.map(({ id }) => cell(id)).join(separator) + end;
  for (const row of rows)
    yield columns.map((column) => cell(plainCell(column, row, now))).join(separator) + end;
}
