/** Two versions, measured in turns: what came of it. */

import { median, table } from './report.ts';

/** The name of a figure, with its benchmark, and what was measured. */
export type Measured = ReadonlyMap<string, { readonly value: number; readonly unit: string }>;

/** Slower by more than this is marked; a share. */
const tolerance = 0.05;

/** Of the floods, whose figures have fields of their own. */
const floodFields = {
  healthP99: ['healthz p99', 'ms'],
  commandP99: ['command p99', 'ms'],
  restart: ['restart', 'ms'],
  memoryMiB: ['memory', 'MiB'],
} as const;

interface Printed {
  readonly benchmark: string;
  readonly figures: readonly Readonly<Record<string, unknown>>[];
}

/**
 * What a benchmark has printed: the figures of its `BENCH` lines. A figure that stands there twice,
 * beside two limits, is one.
 *
 * @throws Error there is no such line
 */
export const figuresOf = (output: string): Measured => {
  const figures = new Map<string, { value: number; unit: string }>();
  const lines = output.split('\n').filter((line) => line.startsWith('BENCH '));
  if (lines.length === 0) throw new Error('it printed no line that begins with BENCH');
  for (const line of lines) {
    const { benchmark, figures: printed } = JSON.parse(line.slice('BENCH '.length)) as Printed;
    for (const figure of printed) {
      const name = `${benchmark}: ${String(figure['name'])}`;
      const { value, unit } = figure;
      if (typeof value === 'number') figures.set(name, { value, unit: String(unit) });
      else
        for (const [field, [what, unit]] of Object.entries(floodFields))
          if (typeof figure[field] === 'number')
            figures.set(`${name}, ${what}`, { value: figure[field], unit });
    }
  }
  return figures;
};

export interface Compared {
  readonly name: string;
  readonly unit: string;
  /** Medians; null: never measured. */
  readonly before: number | null;
  readonly after: number | null;
  /** Above 1 is better, whatever the unit; null: one of the two is not known. */
  readonly ratio: number | null;
  /**
   * How far the runs of one version lie apart, as a share of their median, the larger of the two;
   * null: there is one run of each, which says nothing of that.
   */
  readonly spread: number | null;
  readonly isSlower: boolean;
}

/** Of rates more is better, of everything else less. */
const isRate = (unit: string): boolean => unit.endsWith('/s');

/** Compares the runs of two versions, by the medians of each figure. */
export const compare = (before: readonly Measured[], after: readonly Measured[]): Compared[] => {
  const names = new Set([...before, ...after].flatMap((run) => [...run.keys()]));
  return [...names].map((name) => {
    const [old, now] = [before, after].map((runs) => runs.flatMap((run) => run.get(name) ?? []));
    const unit = (old![0] ?? now![0])!.unit;
    const [a, b] = [old!, now!].map((found) => found.map(({ value }) => value));
    const [was, is] = [medianOf(a!), medianOf(b!)];
    const ratio = was === null || is === null ? null : isRate(unit) ? is / was : was / is;
    const isRepeated = a!.length > 1 || b!.length > 1;
    const spread = isRepeated ? Math.max(spreadOf(a!), spreadOf(b!)) : null;
    return { name, unit, before: was, after: is, ratio, spread, isSlower: isSlower(ratio) };
  });
};

const isSlower = (ratio: number | null): boolean => ratio !== null && ratio < 1 / (1 + tolerance);

const medianOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : median(values);

const spreadOf = (values: readonly number[]): number =>
  values.length === 0 ? 0 : (Math.max(...values) - Math.min(...values)) / median(values);

const shown = (value: number | null, unit: string): string =>
  value === null
    ? 'not measured'
    : `${Number(value.toPrecision(4)).toLocaleString('en-US')} ${unit}`;

/** For people: a line a figure. */
export const comparisonTable = (compared: readonly Compared[]): string =>
  table([
    ['figure', 'before', 'after', 'ratio', 'spread', ''],
    ...compared.map(({ name, unit, before, after, ratio, spread, isSlower }) => [
      name,
      shown(before, unit),
      shown(after, unit),
      ratio === null ? '' : ratio.toFixed(2),
      spread === null ? '' : `${Math.round(spread * 100)} %`,
      isSlower ? 'SLOWER' : '',
    ]),
  ]);
