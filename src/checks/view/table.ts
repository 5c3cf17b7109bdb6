/** The table of the fleet as text: as wide as it is, or fitted by leaving columns out, never by losing machines. */

import { printable, shorten, widthOf } from '../../terminal/lines.ts';
import type { Column, Tone } from './columns.ts';
import { foldRows } from './fold.ts';
import type { FleetRow } from './row.ts';
import { atOnce } from './steps.ts';

export interface TableOptions {
  readonly now: number;
  /** Columns of the terminal; absent: as many as it takes. */
  readonly width?: number | undefined;
  /** What is alike once, with the machines as a nodeset. */
  readonly isFolded?: boolean;
  /** Columns in which nothing stands are left out; absent: they are there as they were asked for. */
  readonly leavesEmptyOut?: boolean;
  /** How a cell is coloured; absent: not at all. */
  readonly paint?: (tone: Tone, text: string) => string;
}

export interface FleetTable {
  readonly lines: readonly string[];
  /** Columns that there was no room for, in the order in which they went. */
  readonly dropped: readonly Column[];
}

interface Line {
  readonly row: FleetRow;
  readonly cells: readonly string[];
}

const gap = '  ';
/** The last column that is left may be shortened to this, where nothing else helps. */
const narrowest = 12;

/** Lines of the table, titles first. What machines printed does nothing to a terminal. */
export const fleetTable = (
  columns: readonly Column[],
  rows: readonly FleetRow[],
  options: TableOptions,
): FleetTable => atOnce(fleetTableSteps(columns, rows, options));

/** The same; where it yields, others may have a turn. */
export function* fleetTableSteps(
  columns: readonly Column[],
  rows: readonly FleetRow[],
  options: TableOptions,
): Generator<undefined, FleetTable> {
  const lines = yield* linesOf(columns, rows, options);
  const widths = columns.map(({ title }, i) =>
    lines.reduce((widest, { cells }) => Math.max(widest, widthOf(cells[i]!)), widthOf(title)),
  );
  // A column in which nothing stands says as much as it does when it is not there.
  const isShown = (column: Column, i: number): boolean =>
    !options.leavesEmptyOut || column.drop === 0 || lines.some(({ cells }) => cells[i] !== '');
  const places = columns.map((column, i) => ({ column, i }));
  const { kept, dropped } = fitted(
    places.filter(({ column, i }) => isShown(column, i)),
    widths,
    options.width,
  );
  const given = sharedWidths(kept, widths, options.width);
  const shown = kept.map(({ column, i }) => ({ column, i, width: given.get(i)! }));
  const titles = shown.map(({ column, width }) => padded(shorten(column.title, width), width));
  const text = [titles.join(gap).trimEnd()];
  for (const { row, cells } of lines) {
    yield;
    const placed = shown.map(({ column, i, width }, at) => {
      const text = shorten(cells[i]!, width);
      const cell = at === shown.length - 1 ? text : padded(text, width);
      const tone = column.tone?.(row) ?? 'plain';
      return options.paint && tone !== 'plain' ? options.paint(tone, cell) : cell;
    });
    text.push(placed.join(gap).trimEnd());
  }
  return { lines: text, dropped: dropped.map(({ column }) => column) };
}

const padded = (text: string, width: number): string => text + ' '.repeat(width - widthOf(text));

function* linesOf(
  columns: readonly Column[],
  rows: readonly FleetRow[],
  { now, isFolded }: TableOptions,
): Generator<undefined, Line[]> {
  const cell = (column: Column, row: FleetRow): string => {
    const text = printable(column.text(row, now));
    const symbol = column.symbol?.(row) ?? '';
    return symbol === '' ? text : `${symbol} ${text}`.trimEnd();
  };
  const lines: Line[] = [];
  if (!isFolded) {
    for (const row of rows) {
      yield;
      lines.push({ row, cells: columns.map((column) => cell(column, row)) });
    }
    return lines;
  }
  for (const { row, nodes, machines } of yield* foldRows(rows, columns, now)) {
    const name = machines.length === 1 ? nodes : `${nodes} (${machines.length})`;
    const cells = columns.map((column) => (column.type === 'name' ? name : cell(column, row)));
    lines.push({ row, cells });
  }
  return lines;
}

interface Place {
  readonly column: Column;
  readonly i: number;
}

/** Leaves out columns, those with the highest number first and of several the last, until the line fits. */
const fitted = (
  places: readonly Place[],
  widths: readonly number[],
  width: number | undefined,
): { kept: readonly Place[]; dropped: readonly Place[] } => {
  const total = (kept: readonly Place[]): number =>
    kept.reduce((sum, { i }) => sum + widths[i]! + gap.length, -gap.length);
  let kept = places;
  const dropped: Place[] = [];
  while (width !== undefined && total(kept) - slack(kept, widths) > width) {
    const next = kept
      .filter(({ column }) => column.drop > 0)
      .reduce<Place | undefined>(
        (last, one) => (!last || one.column.drop >= last.column.drop ? one : last),
        undefined,
      );
    if (!next) break;
    dropped.push(next);
    kept = kept.filter((one) => one !== next);
  }
  return { kept, dropped };
};

/** What the longest text may give before a column is left out for it. */
const slack = (kept: readonly Place[], widths: readonly number[]): number =>
  kept.reduce(
    (sum, { column, i }) =>
      column.type === 'text' || column.type === 'check' || column.type === 'list'
        ? sum + Math.max(0, widths[i]! - Math.max(narrowest, widthOf(column.title)))
        : sum,
    0,
  );

/** The width of each column: texts give up what is too much, the widest first; names give where nothing else is left. */
const sharedWidths = (
  kept: readonly Place[],
  widths: readonly number[],
  width: number | undefined,
): ReadonlyMap<number, number> => {
  const given = new Map(kept.map(({ i }) => [i, widths[i]!]));
  if (width === undefined) return given;
  const total = (): number =>
    [...given.values()].reduce((sum, one) => sum + one + gap.length, -gap.length);
  const isYielding = ({ column }: Place): boolean =>
    ['text', 'check', 'list'].includes(column.type);
  for (const places of [kept.filter(isYielding), kept]) {
    for (let excess = total() - width; excess > 0; excess = total() - width) {
      const least = ({ column, i }: Place): number =>
        Math.min(widths[i]!, Math.max(narrowest, widthOf(column.title)));
      const widest = places
        .filter((place) => given.get(place.i)! > least(place))
        .reduce<Place | undefined>(
          (most, one) => (!most || given.get(one.i)! > given.get(most.i)! ? one : most),
          undefined,
        );
      if (!widest) break;
      const now = given.get(widest.i)!;
      given.set(widest.i, Math.max(least(widest), now - Math.max(1, Math.min(excess, now >> 2))));
    }
  }
  return given;
};
