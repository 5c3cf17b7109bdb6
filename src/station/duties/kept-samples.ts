/** Keeps the numbers of checks over a restart: in a file that is written now and then, and at the end. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Graph } from '../../core/graph/graph.ts';
import type { StationLogger } from '../logger.ts';
import type { Observations } from '../observations/observations.ts';
import { readSamples, writeSamples } from '../observations/sample-file.ts';
import type { Cancel, Time } from '../time.ts';
import type { Duty } from './duty.ts';

/** Between two times that it is written; what was found since the last is lost with a crash, ms. */
export const samplesWrittenMs = 15 * 60_000;

export interface KeptSamplesParts {
  readonly directory: string;
  readonly graph: () => Graph;
  readonly observations: Observations;
  /** What of the directory is not where it was, in words. */
  readonly trouble: () => string | undefined;
  readonly time: Time;
  readonly logger: StationLogger;
}

export class KeptSamples implements Duty {
  readonly #parts: KeptSamplesParts;
  readonly #path: string;
  #cancel: Cancel | null = null;
  /** Reading and writing, one after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(parts: KeptSamplesParts) {
    this.#parts = parts;
    this.#path = join(parts.directory, 'samples.bin');
  }

  start(): void {
    if (existsSync(this.#path)) this.#work = this.#work.then(() => this.#read());
    this.#cancel = this.#parts.time.every(samplesWrittenMs, () => this.#later());
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    this.#later();
    await this.#work;
  }

  #later(): void {
    this.#work = this.#work.then(() => this.#write());
  }

  /** What was found since the start stays. */
  async #read(): Promise<void> {
    const { graph, observations, logger } = this.#parts;
    try {
      await readSamples(this.#path, (series) => {
        if (graph().get('host', series.machine)) observations.resume(series);
      });
    } catch (error) {
      logger.warn({ err: error }, 'numbers that checks found before the start are not known');
    }
  }

  async #write(): Promise<void> {
    const { observations, trouble, logger } = this.#parts;
    if (!observations.hasSamples || trouble() !== undefined) return;
    try {
      await writeSamples(this.#path, observations.series());
    } catch (error) {
      logger.warn({ err: error }, 'numbers that checks found could not be written for a restart');
    }
  }
}
