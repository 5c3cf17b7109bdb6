/** When snapshots are made: after so many commits, and at the end where one would save time. */

import type { EventLog } from '../../log/log.ts';
import type { StationLogger } from '../logger.ts';
import type { Archive, GraphAt } from '../replica/archive.ts';
import type { Duty } from './duty.ts';

/** At the end one is made for fewer commits: they would all be replayed at the next start. */
const worthAtTheEnd = 1000;

export interface SnapshotsParts {
  readonly log: EventLog;
  readonly archive: Archive;
  /** One whenever this many commits have come since the last; 0: never. */
  readonly every: number;
  readonly logger: StationLogger;
  readonly present: () => GraphAt;
  /** See `Submitter.settled`. */
  readonly settled: () => Promise<void> | undefined;
}

export class Snapshots implements Duty {
  readonly #parts: SnapshotsParts;
  #last: number;
  #running: Promise<void> | null = null;
  #unsubscribe: (() => void) | null = null;

  constructor(parts: SnapshotsParts) {
    this.#parts = parts;
    this.#last = parts.archive.snapshots[0]?.about.revision ?? 0;
  }

  start(): void {
    const { log, every } = this.#parts;
    if (every > 0)
      this.#unsubscribe = log.subscribe(log.head(), ({ revision }) => this.#consider(revision));
  }

  /** Waits for one that is under way. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    await this.#running;
  }

  /** Makes a last one, where it would save time; when nothing is submitted any more. */
  async conclude(): Promise<void> {
    const { every, present } = this.#parts;
    if (every > 0 && present().head - this.#last >= Math.min(worthAtTheEnd, every))
      await this.#save();
  }

  #consider(head: number): void {
    if (this.#running || head - this.#last < this.#parts.every) return;
    // Whoever waits for the commit is told of it first.
    this.#running = Promise.resolve()
      .then(() => this.#save())
      .finally(() => {
        this.#running = null;
      });
  }

  async #save(): Promise<void> {
    const { archive, logger, present, settled } = this.#parts;
    const moment = present();
    const { head } = moment;
    try {
      await archive.save(moment, settled());
      logger.info({ revision: head }, 'wrote a snapshot');
    } catch (error) {
      logger.warn(
        { err: error, revision: head },
        'could not write a snapshot; the next try comes later',
      );
    }
    this.#last = head;
  }
}
