/** What every benchmark prints: a table for people, and one line for machines. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The limit measured in the same run. */
  readonly limit?: { readonly name: string; readonly value: number };
  /** What `value / limit` should be. */
  readonly target?: { readonly atLeast: number } | { readonly atMost: number };
  /** Where the ratio to judge is not value / limit. */
  readonly ratio?: number;
}

const number = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);

const ratioOf = ({ value, limit, ratio }: Figure): number | undefined =>
  ratio ?? (limit ? value / limit.value : undefined);

const verdict = (figure: Figure): string => {
  const ratio = ratioOf(figure);
  const { target } = figure;
  if (!target || ratio === undefined) return '';
  const [word, bound, met] =
    'atLeast' in target
      ? (['at least', target.atLeast, ratio >= target.atLeast] as const)
      : (['at most', target.atMost, ratio <= target.atMost] as const);
  return `${word} ${bound}: ${met ? 'met' : 'MISSED'}`;
};

/** Columns as wide as they have to be; the first row is the header. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

/** Prints the figures of one benchmark. */
export const report = (benchmark: string, figures: readonly Figure[]): void => {
  const rows = figures.map((figure) => {
    const ratio = ratioOf(figure);
    return [
      figure.name,
      `${number(figure.value)} ${figure.unit}`,
      figure.limit ? `${figure.limit.name}: ${number(figure.limit.value)}` : '',
      ratio === undefined ? '' : ratio.toFixed(2),
      verdict(figure),
    ];
  });
  const header = ['figure', 'value', 'limit in this run', 'ratio', 'target'];
  console.log(`\n${benchmark}\n${table([header, ...rows])}`);
  const data = figures.map((figure) => ({ ...figure, ratio: ratioOf(figure) }));
  console.log(`BENCH ${JSON.stringify({ benchmark, figures: data })}`);
};

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
};

/** The value below which a share (0..1) of the values lies. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
};
