/**
 * Points in a space of numbers, as few boxes: `1,1 1,2 2,1 2,2` is `[1-2] × [1-2]`. There are several ways to cut
 * the same points into boxes; the one taken here is that of ClusterShell, so that both write the same nodeset.
 */

import { byNumber } from './ranges.ts';

/** For every axis its numbers, in order: all their combinations. */
export type Vector = readonly (readonly string[])[];

/** Pairs that are compared at most; what is not merged then stays apart, which is longer and as right. */
const comparisonsMax = 1_000_000;

/** Some numbers of an axis, by their place in the order of the axis. */
interface Side {
  readonly ranks: Set<number>;
  first: number;
  last: number;
}

interface Axis {
  /** By rank. */
  readonly numbers: readonly string[];
  readonly ranks: ReadonlyMap<string, number>;
  /** For every rank its place in the order of text. */
  readonly textOrder: readonly number[];
}

const axisOf = (numbers: readonly string[]): Axis => {
  const ranks = new Map(numbers.map((number, rank) => [number, rank]));
  const textOrder: number[] = [];
  numbers
    .toSorted((a, b) => (a < b ? -1 : 1))
    .forEach((number, i) => {
      textOrder[ranks.get(number)!] = i;
    });
  return { numbers, ranks, textOrder };
};

type Box = Side[];

const equal = (a: Side, b: Side): boolean => {
  if (a.ranks.size !== b.ranks.size || a.first !== b.first || a.last !== b.last) return false;
  if (a.ranks.size <= 2) return true;
  for (const rank of a.ranks) if (!b.ranks.has(rank)) return false;
  return true;
};

const disjoint = (a: Side, b: Side): boolean => {
  if (a.last < b.first || b.last < a.first) return true;
  const [small, large] = a.ranks.size < b.ranks.size ? [a, b] : [b, a];
  for (const rank of small.ranks) if (large.ranks.has(rank)) return false;
  return true;
};

/** The only axis in which two boxes differ, and have nothing in common; undefined where they cannot become one. */
const axisToMerge = (a: Box, b: Box): number | undefined => {
  let found: number | undefined;
  for (let axis = 0; axis < a.length; axis++) {
    if (equal(a[axis]!, b[axis]!)) continue;
    if (found !== undefined || !disjoint(a[axis]!, b[axis]!)) return undefined;
    found = axis;
  }
  return found;
};

/** Takes `b` into `a`, where that makes a box. */
const merged = (a: Box, b: Box): boolean => {
  const axis = axisToMerge(a, b);
  if (axis === undefined) return false;
  const [own, other] = [a[axis]!, b[axis]!];
  for (const rank of other.ranks) own.ranks.add(rank);
  own.first = Math.min(own.first, other.first);
  own.last = Math.max(own.last, other.last);
  return true;
};

/** Larger boxes first, then those with longer sides, then by the text of their ends. */
const sortBoxes = (boxes: readonly Box[], axes: readonly Axis[]): Box[] => {
  const keyed = boxes.map((box) => {
    const key = [-box.reduce((size, { ranks }) => size * ranks.size, 1)];
    box.forEach(({ ranks, first, last }, axis) => {
      const { textOrder } = axes[axis]!;
      key.push(-ranks.size, textOrder[first]!, textOrder[last]!);
    });
    return { box, key };
  });
  keyed.sort((a, b) => {
    for (let i = 0; i < a.key.length; i++) {
      const difference = a.key[i]! - b.key[i]!;
      if (difference !== 0) return difference;
    }
    return 0;
  });
  return keyed.map(({ box }) => box);
};

/** Merges boxes that stand next to each other. */
const mergeNeighbours = (boxes: readonly Box[]): Box[] => {
  const left: Box[] = [];
  for (const box of boxes) {
    const before = left.at(-1);
    if (before === undefined || !merged(before, box)) left.push(box);
  }
  return left;
};

/** Merges any two boxes, as long as there is work left. */
const mergeAny = (boxes: readonly Box[], budget: { left: number }): Box[] => {
  const left: (Box | undefined)[] = [...boxes];
  for (let i = 0; i < left.length; i++) {
    const box = left[i];
    if (box === undefined) continue;
    for (let j = i + 1; j < left.length && budget.left > 0; j++) {
      const other = left[j];
      if (other === undefined) continue;
      budget.left--;
      if (merged(box, other)) left[j] = undefined;
    }
  }
  return left.filter((box) => box !== undefined);
};

/** Until nothing changes: first only neighbours, which is fast, then any. */
const mergeAll = (points: readonly Box[], axes: readonly Axis[]): readonly Box[] => {
  const budget = { left: comparisonsMax };
  let boxes = points;
  for (;;) {
    const sorted = sortBoxes(boxes, axes);
    boxes = mergeNeighbours(sorted);
    if (boxes.length === sorted.length) break;
  }
  for (;;) {
    const sorted = sortBoxes(boxes, axes);
    boxes = mergeAny(sorted, budget);
    if (boxes.length === sorted.length || budget.left <= 0) return boxes;
  }
};

/**
 * @param rows points, each once, all with as many numbers, one at least
 * @returns boxes that hold each of them once
 */
export const mergeVectors = (rows: readonly (readonly string[])[]): readonly Vector[] => {
  const numbers = rows[0]!.map((_, axis) => {
    const values = new Set<string>();
    for (const row of rows) values.add(row[axis]!);
    return [...values].sort(byNumber);
  });
  // All combinations are there: one box, found without looking for it.
  if (numbers.reduce((size, { length }) => size * length, 1) === rows.length) return [numbers];
  const axes = numbers.map(axisOf);
  const points = rows.map((row) =>
    row.map((number, axis): Side => {
      const rank = axes[axis]!.ranks.get(number)!;
      return { ranks: new Set([rank]), first: rank, last: rank };
    }),
  );
  return mergeAll(points, axes).map((box) =>
    box.map(({ ranks }, axis) =>
      [...ranks].sort((a, b) => a - b).map((rank) => axes[axis]!.numbers[rank]!),
    ),
  );
};
