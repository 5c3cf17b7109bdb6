/**
 * In which term this station leads, and of which cluster: what is said with everything that it
 * orders, so that whoever has heard of a later one does not obey.
 */

import { revision } from '../../core/values/revision.ts';
import type { Leading } from '../../disk/heard-terms.ts';
import type { EventLog } from '../../log/log.ts';
import type { StationLogger } from '../logger.ts';
import type { Duty } from './duty.ts';

const first = revision(1);

/** By which a cluster is known: its first commit, which no other cluster has. */
const nameOf = (crc: number): string => crc.toString(16).padStart(8, '0');

/** How it is known whether a station that was given a term still leads. */
export interface Lead {
  /** Whether it does at this moment; asked before each thing that is done outside. */
  stillLeads(): boolean;
  /** Somebody has heard of a later term: whoever leads finds out whether that is so, and steps down. */
  deposed(why: string): void;
}

export class Mandate implements Duty {
  readonly #log: EventLog;
  readonly #logger: StationLogger;
  #lead: Lead | undefined;
  /** The term in which it was said last that another leads. */
  #doubted: number | null = null;
  #cluster: string | undefined;
  #term: number | null = null;
  #unsubscribe: (() => void) | undefined;
  #learning: Promise<void> | undefined;

  private constructor(log: EventLog, logger: StationLogger) {
    this.#log = log;
    this.#logger = logger;
  }

  /** @throws {LogUnavailableError | LogCorruptError} the log cannot be read */
  static async of(log: EventLog, logger: StationLogger): Promise<Mandate> {
    const mandate = new Mandate(log, logger);
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

  /** Whoever decides which station leads says so here; where nobody does, the log is this station's alone. */
  judgedBy(lead: Lead): void {
    this.#lead = lead;
  }

  /**
   * Whether this station may act outside, at this moment. A process that was stopped for a minute is
   * asked this first.
   */
  stands(): boolean {
    return this.#lead?.stillLeads() ?? true;
  }

  /** Somebody outside refuses what is ordered, because he has heard of a later term. Said once a term. */
  deposed(why: string): void {
    const term = this.#term;
    if (term === null || term === this.#doubted) return;
    this.#doubted = term;
    this.#logger.error({ term, why }, 'this station is taken for one that was deposed');
    this.#lead?.deposed(why);
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
