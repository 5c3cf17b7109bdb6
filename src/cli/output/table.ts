/** Tables that fit the terminal. */

import type { Paint } from './colour.ts';
import { printable, shorten, widthOf } from './text.ts';

export interface Column<R> {
  readonly title: string;
  readonly value: (row: R) => string;
  readonly align?: 'left' | 'right';
  /**
   * Columns with a higher number are shortened sooner where the terminal is narrow; those without
   * one never are.
   */
  readonly yields?: number;
  readonly paint?: (row: R) => Paint;
}

const gap = '  ';
const narrowest = 8;

/** Takes from the columns that yield, in their order, until the line fits. */
const fit = (
  columns: readonly { title: string; yields?: number }[],
  natural: readonly number[],
  width: number,
): number[] => {
  const widths = [...natural];
  let excess = widths.reduce((sum, one) => sum + one, gap.length * (columns.length - 1)) - width;
  const order = columns
    .map(({ title, yields }, index) => ({ title, yields, index }))
    .filter(({ yields }) => yields !== undefined)
    .sort((a, b) => (b.yields ?? 0) - (a.yields ?? 0));
  for (const { title, index } of order) {
    if (excess <= 0) break;
    const now = widths[index] ?? 0;
    const taken = Math.max(0, Math.min(excess, now - Math.max(widthOf(title), narrowest)));
    widths[index] = now - taken;
    excess -= taken;
  }
  return widths;
};

/**
 * Lines of a table with a line of titles.
 *
 * @param width columns of the terminal; absent: as wide as it needs to be, nothing shortened
 */
export const formatTable = <R>(
  columns: readonly Column<R>[],
  rows: readonly R[],
  width?: number,
): string[] => {
  const cells = rows.map((row) => columns.map(({ value }) => printable(value(row))));
  const natural = columns.map(({ title }, index) =>
    cells.reduce((widest, line) => Math.max(widest, widthOf(line[index] ?? '')), widthOf(title)),
  );
  const widths = width === undefined ? natural : fit(columns, natural, width);

  const place = (text: string, index: number): string => {
    const cell = shorten(text, widths[index] ?? 0);
    const space = ' '.repeat((widths[index] ?? 0) - widthOf(cell));
    if (columns[index]?.align === 'right') return space + cell;
    return index === columns.length - 1 ? cell : cell + space;
  };
  const titles = columns.map(({ title }, index) => place(title, index)).join(gap);
  return [
    titles.trimEnd(),
    ...cells.map((line, at) =>
      line
        .map((text, index) => {
          const placed = place(text, index);
          const row = rows[at];
          const paint = row === undefined ? undefined : columns[index]?.paint?.(row);
          return paint ? paint(placed) : placed;
        })
        .join(gap)
        .trimEnd(),
    ),
  ];
};

/** Names and values beneath each other. */
export const formatFields = (
  fields: readonly (readonly [string, string | undefined])[],
): string[] => {
  const shown = fields.filter(([, value]) => value !== undefined);
  const width = shown.reduce((widest, [name]) => Math.max(widest, widthOf(name)), 0);
  return shown.map(([name, value = '']) =>
    `${name.padEnd(width)}${gap}${printable(value)}`.trimEnd(),
  );
};
