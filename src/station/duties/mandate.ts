/**
 * In which term this station leads, and of which cluster: what is said with everything that it
 * orders, so that whoever has heard of a later one does not obey.
 */

import { revision } from '../../core/values/revision.ts';
import type { Leading } from '../../disk/heard-terms.ts';
import type { EventLog } from '../../log/log.ts';
import type { Duty } from './duty.ts';

const first = revision(1);

/** By which a cluster is known: its first commit, which no other cluster has. */
const nameOf = (crc: number): string => crc.toString(16).padStart(8, '0');

export class Mandate implements Duty {
  readonly #log: EventLog;
  #cluster: string | undefined;
  #term: number | null = null;
  #unsubscribe: (() => void) | undefined;
  #learning: Promise<void> | undefined;

  private constructor(log: EventLog) {
    this.#log = log;
  }

  /** @throws {LogUnavailableError | LogCorruptError} the log cannot be read */
  static async of(log: EventLog): Promise<Mandate> {
    const mandate = new Mandate(log);
    await mandate.#learn();
    return mandate;
  }

  /** As in `Leading`; undefined as long as the log is empty. */
  get cluster(): string | undefined {
    return this.#cluster;
  }

  /** null: this station does not lead, or nobody has said anything to it yet. */
  get leading(): Leading | null {
    const [cluster, term] = [this.#cluster, this.#term];
    return cluster === undefined || term === null ? null : { cluster, term };
  }

  start(term: number): void {
    this.#term = term;
    if (this.#cluster !== undefined) return;
    this.#unsubscribe = this.#log.subscribe(revision(0), () => {
      this.#learning ??= this.#learn();
    });
  }

  async stop(): Promise<void> {
    this.#term = null;
    this.#listenNoMore();
    await this.#learning;
  }

  #listenNoMore(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  async #learn(): Promise<void> {
    const crc = await this.#log.checksum(first);
    if (crc === undefined) return;
    this.#cluster = nameOf(crc);
    this.#listenNoMore();
  }
}
