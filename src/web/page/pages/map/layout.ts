/** Where each machine has its place on the map: groups beside each other, cells as large as all of them leave room for. */

import { byName } from '../../../../checks/view/natural.ts';
import type { FleetRow } from '../../../../checks/view/row.ts';

export interface MapGroup {
  /** Empty: those that are in none. */
  readonly label: string;
  readonly rows: readonly FleetRow[];
}

export interface Block {
  readonly group: MapGroup;
  /** Of its cells; what is called so stands above them. Px. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly columns: number;
}

export interface MapLayout {
  readonly blocks: readonly Block[];
  /** Of a cell, px. */
  readonly cell: number;
  /** Of all, px: more than there is room for where cells would be too small else. */
  readonly height: number;
  /** Px above the cells of a block; 0: there are too many to name them. */
  readonly labelHeight: number;
}

const [cellMax, cellMin] = [28, 6];
/** So many groups can be told apart by their names. */
const namedMax = 80;
const labelHeight = 18;
const labelWidth = 96;
/** Between groups, px; where there are many the space is for cells. */
const [gapNamed, gapBare] = [6, 3];

/** In the order of their names; what is in none comes last. */
export const groupsOf = (
  rows: readonly FleetRow[],
  nameOf: (row: FleetRow) => string,
): readonly MapGroup[] => {
  const groups = new Map<string, FleetRow[]>();
  for (const row of rows) {
    const label = nameOf(row);
    const group = groups.get(label);
    if (group) group.push(row);
    else groups.set(label, [row]);
  }
  return [...groups]
    .map(([label, members]) => ({ label, rows: members }))
    .sort((a, b) => Number(a.label === '') - Number(b.label === '') || byName(a.label, b.label));
};

/** @param width of the screen that is there for it, px; and `height` likewise */
export const layoutOf = (groups: readonly MapGroup[], width: number, height: number): MapLayout => {
  for (let cell = cellMax; ; cell -= 1) {
    const layout = placed(groups, Math.max(width, cellMax), cell);
    if (layout.height <= height || cell === cellMin) return layout;
  }
};

const placed = (groups: readonly MapGroup[], width: number, cell: number): MapLayout => {
  const isOne = groups.length === 1;
  const above = groups.length > namedMax || isOne ? 0 : labelHeight;
  const gap = above > 0 ? gapNamed : gapBare;
  const most = Math.max(1, Math.floor(width / cell));
  const blocks: Block[] = [];
  let [x, y, shelf] = [0, 0, 0];
  for (const group of groups) {
    const count = group.rows.length;
    const columns = isOne ? most : Math.min(most, Math.max(1, Math.ceil(Math.sqrt(count * 1.8))));
    const own = Math.min(width, Math.max(columns * cell, above > 0 ? labelWidth : 0));
    const tall = Math.ceil(count / columns) * cell + above;
    if (x > 0 && x + own > width) [x, y, shelf] = [0, y + shelf + gap, 0];
    blocks.push({ group, x, y: y + above, width: own, columns });
    x += own + gap;
    shelf = Math.max(shelf, tall);
  }
  return { blocks, cell, height: y + shelf, labelHeight: above };
};

/** The machine at a place of the map. */
export const machineAt = (
  { blocks, cell }: MapLayout,
  x: number,
  y: number,
): FleetRow | undefined => {
  for (const { group, x: left, y: top, columns } of blocks) {
    const [column, line] = [Math.floor((x - left) / cell), Math.floor((y - top) / cell)];
    if (column < 0 || line < 0 || column >= columns) continue;
    const row = group.rows[line * columns + column];
    if (row) return row;
  }
  return undefined;
};

export interface Placed {
  readonly row: FleetRow;
  /** Of its upper left corner, px. */
  readonly x: number;
  readonly y: number;
}

/** Each machine with its place, in the order in which they stand. */
export function* placesOf({ blocks, cell }: MapLayout): Generator<Placed> {
  for (const { group, x, y, columns } of blocks)
    for (const [i, row] of group.rows.entries())
      yield { row, x: x + (i % columns) * cell, y: y + Math.floor(i / columns) * cell };
}

export type Direction = 'left' | 'right' | 'up' | 'down';

/** The next machine in a direction; the same where there is none. Sideways it goes on in the next line. */
export const neighbour = (layout: MapLayout, name: string, direction: Direction): string => {
  const places = [...placesOf(layout)];
  const at = places.findIndex(({ row }) => row.machine === name);
  const here = places[at];
  if (!here) return places[0]?.row.machine ?? '';
  if (direction === 'left' || direction === 'right') {
    const next = places[at + (direction === 'left' ? -1 : 1)];
    return (next ?? here).row.machine;
  }
  const sign = direction === 'up' ? -1 : 1;
  let best = here;
  let least = Infinity;
  for (const one of places) {
    const down = (one.y - here.y) * sign;
    if (down < layout.cell / 2) continue;
    const far = down + Math.abs(one.x - here.x) * 3;
    if (far < least) [best, least] = [one, far];
  }
  return best.row.machine;
};
