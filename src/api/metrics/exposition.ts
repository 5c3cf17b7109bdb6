/** What Prometheus is told: figures that are read when they are asked for, and what has to be found out before. */

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Turn, Turns } from '../../station/fair-use/turns.ts';

/** Values of the labels in their order, and the figure that they have. */
export type Sample = readonly [labels: readonly string[], figure: number];

/** Finds out what costs more than a moment. */
export type Preparation = (turn: Turn) => Promise<void>;

type Read = () => Iterable<Sample> | Promise<Iterable<Sample>>;

export class Exposition {
  readonly #registry = new Registry();
  readonly #preparations: Preparation[] = [];
  readonly #turns: Turns;
  #answer: Promise<string> | null = null;

  constructor(turns: Turns) {
    this.#turns = turns;
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /**
   * Everything as it is now, in Prometheus' text format. Made once for all who ask meanwhile, and for nobody's share:
   * whoever watches is to be told most of all when others ask for too much.
   */
  text(): Promise<string> {
    return (this.#answer ??= this.#make().finally(() => (this.#answer = null)));
  }

  async #make(): Promise<string> {
    const turn = await this.#turns.begin('metrics', new AbortController().signal);
    for (const prepare of this.#preparations) await prepare(turn);
    return this.#registry.metrics();
  }

  /** Has something found out before each answer. */
  before(prepare: Preparation): void {
    this.#preparations.push(prepare);
  }

  /** Something that goes up and down. */
  gauge(name: string, help: string, read: () => number | null): void {
    this.gauges(name, help, [], () => one(read()));
  }

  /** The same of several, told apart by labels; what is not among the samples is not told. */
  gauges(name: string, help: string, labelNames: readonly string[], read: Read): void {
    const metric: Gauge = new Gauge({
      ...this.#named(name, help, labelNames),
      collect: async () => {
        const samples = await read();
        metric.reset();
        if (labelNames.length === 0) metric.remove();
        for (const [labels, figure] of samples) metric.labels(...labels).set(figure);
      },
    });
  }

  /** Something that only grows, since the station started. */
  counter(name: string, help: string, read: () => number): void {
    this.counters(name, help, [], () => one(read()));
  }

  /** The same of several, told apart by labels. */
  counters(name: string, help: string, labelNames: readonly string[], read: Read): void {
    const metric: Counter = new Counter({
      ...this.#named(name, help, labelNames),
      collect: async () => {
        const samples = await read();
        metric.reset();
        for (const [labels, figure] of samples) metric.labels(...labels).inc(figure);
      },
    });
  }

  /**
   * How long something took, and how often.
   *
   * @param buckets upper ends, s
   * @returns takes one more, s
   */
  histogram(name: string, help: string, buckets: readonly number[]): (seconds: number) => void {
    const metric = new Histogram({ ...this.#named(name, help, []), buckets: [...buckets] });
    return (seconds) => metric.observe(seconds);
  }

  #named(
    name: string,
    help: string,
    labelNames: readonly string[],
  ): { name: string; help: string; labelNames: string[]; registers: Registry[] } {
    const registers = [this.#registry];
    return { name: `halcyon_${name}`, help, labelNames: [...labelNames], registers };
  }
}

const one = (figure: number | null): Sample[] => (figure === null ? [] : [[[], figure]]);
