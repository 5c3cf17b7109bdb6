/** When snapshots are made: after so many commits, and at the end where one would save time. */

import type { StationLogger } from '../logger.ts';
import type { Archive, GraphAt } from '../replica/archive.ts';

/** At the end one is made for fewer commits: they would all be replayed at the next start. */
const worthAtTheEnd = 1000;

export interface SnapshottingParts {
  readonly archive: Archive;
  /** One whenever this many commits have come since the last; 0: never. */
  readonly every: number;
  readonly logger: StationLogger;
  readonly present: () => GraphAt;
  /** See `Submitter.settled`. */
  readonly settled: () => Promise<void> | undefined;
}

export class Snapshotting {
  readonly #parts: SnapshottingParts;
  #last: number;
  #running: Promise<void> | null = null;

  constructor(parts: SnapshottingParts) {
    this.#parts = parts;
    this.#last = parts.archive.snapshots[0]?.about.revision ?? 0;
  }

  /** Begins one if it is time. */
  consider(head: number): void {
    const { every } = this.#parts;
    if (every === 0 || this.#running || head - this.#last < every) return;
    this.#running = this.#save().finally(() => {
      this.#running = null;
    });
  }

  /** Waits for one that is under way, and makes the last one. */
  async close(): Promise<void> {
    const { every, present } = this.#parts;
    await this.#running;
    if (every > 0 && present().head - this.#last >= Math.min(worthAtTheEnd, every))
      await this.#save();
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
