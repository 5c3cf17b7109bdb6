/** Prometheus' text format, read as a test wants it. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export class Exposed {
  readonly text: string;
  readonly samples: readonly Sample[];
  /** By name of the metric, what it is: `counter`, `gauge`, `histogram`. */
  readonly types: ReadonlyMap<string, string>;

  constructor(text: string) {
    this.text = text;
    this.samples = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map(sampleIn);
    this.types = new Map(
      Array.from(text.matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name = '', type = '']) => [
        name,
        type,
      ]),
    );
  }

  /** The figure of a metric with these labels and no others; undefined: it is not told. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const wanted = JSON.stringify(Object.entries(labels).sort());
    const is = (one: Sample): boolean =>
      one.name === `halcyon_${name}` &&
      JSON.stringify(Object.entries(one.labels).sort()) === wanted;
    return this.samples.find(is)?.value;
  }

  /** Of a metric with one label, the figures that are not 0. */
  by(name: string, label: string): Record<string, number> {
    const those = this.samples.filter((one) => one.name === `halcyon_${name}` && one.value !== 0);
    return Object.fromEntries(those.map(({ labels, value }) => [labels[label]!, value]));
  }
}

const sampleIn = (line: string): Sample => {
  const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
  if (!match) throw new Error(`this is no sample: ${line}`);
  const [, name = '', labels = '', value = ''] = match;
  const pairs = labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g);
  return {
    name,
    labels: Object.fromEntries(Array.from(pairs, ([, key = '', text = '']) => [key, text])),
    value: value === '+Inf' ? Infinity : Number(value),
  };
};
