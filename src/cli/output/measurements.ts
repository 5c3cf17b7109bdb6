/** Numbers that checks found of a machine, as a table with small plots. */

import {
  formatBytes,
  formatCount,
  formatRatio,
  formatSeconds,
} from '../../checks/view/quantities.ts';
import type { Measurements } from '../../client/types.ts';
import { formatTable } from './table.ts';

type Series = Measurements['series'][number];

/** Characters of a plot, each of so many points. */
const cells = 48;
const heights = '▁▂▃▄▅▆▇█';

const words = (type: string, value: number): string => {
  if (type === 'bytes') return formatBytes(value);
  if (type === 'ratio') return formatRatio(value);
  return type === 'seconds' ? formatSeconds(value) : formatCount(value);
};

/** The most of each stretch of the last day, from 0 or the least to the most; a space where nothing was found. */
const plotOf = ({ points }: Series, { at: now, step }: Measurements): string => {
  const values = points.map(([, value]) => value);
  const least = Math.min(0, ...values);
  const range = Math.max(...values) - least;
  const cellMs = (86_400_000 + step * 1000) / cells;
  const most = new Map<number, number>();
  for (const [at, value] of points) {
    const cell = cells - 1 - Math.floor((now - at) / cellMs);
    most.set(cell, Math.max(most.get(cell) ?? value, value));
  }
  return Array.from({ length: cells }, (_, cell) => {
    const value = most.get(cell);
    if (value === undefined) return ' ';
    const height = range === 0 ? 0 : (value - least) / range;
    return heights[Math.min(heights.length - 1, Math.floor(height * heights.length))]!;
  }).join('');
};

export const measurementLines = (reply: Measurements, width: number | undefined): string[] => {
  const { series, machine } = reply;
  if (series.length === 0) return [`No check has found a number of ${machine} lately.`];
  const among = (pick: (values: readonly number[]) => number) => (one: Series) =>
    words(one.type, pick(one.points.map(([, value]) => value)));
  return formatTable<Series>(
    [
      { title: 'CHECK', value: ({ check }) => check },
      { title: 'LAST', value: among((values) => values.at(-1)!) },
      { title: 'LEAST', value: among((values) => Math.min(...values)) },
      { title: 'MOST', value: among((values) => Math.max(...values)) },
      { title: 'LAST 24 HOURS', value: (one) => plotOf(one, reply), yields: 1 },
    ],
    series,
    width,
  );
};
