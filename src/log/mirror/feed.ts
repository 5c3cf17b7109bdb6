/** Brings what an engine has into the mirror: all of it, once, in its order, within bounds. */

import type { Commit } from '../../core/events/commit.ts';
import type { Revision } from '../../core/values/revision.ts';
import { bodyOf } from '../chain.ts';
import type { EventLog } from '../log.ts';

/** What may be on the way into the mirror; where the engine brings more, it is read from it later. */
const aheadMax = { commits: 10_000, characters: 64 * 1024 * 1024 } as const;
/** What is read from the engine before the mirror must have it. */
const window = { commits: 1000, characters: 8 * 1024 * 1024 } as const;

/** Told how far the mirror is, while it reads what it lacks. */
export type Progress = (revision: Revision) => void;

/**
 * Reads what the mirror lacks, with little of it in memory at any time.
 *
 * @param progress told after each window
 * @throws what reading the engine or writing the mirror failed with; what was written stays
 */
export async function catchUp(
  engine: EventLog,
  mirror: EventLog,
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  for (let to = engine.head(); mirror.head() < to; to = engine.head()) {
    let written: Promise<void> | undefined;
    let [commits, characters] = [0, 0];
    const inMirror = async (): Promise<void> => {
      await written;
      [commits, characters] = [0, 0];
      progress(mirror.head());
    };
    for await (const commit of engine.read(mirror.head(), to)) {
      if (signal?.aborted) return;
      commits += 1;
      characters += bodyOf(commit).length;
      written = mirror.append(commit, (commit.revision - 1) as Revision);
      // It is awaited in any case; and one that fails takes those behind it along.
      written.catch(() => undefined);
      if (commits >= window.commits || characters >= window.characters) await inMirror();
    }
    await inMirror();
  }
}

export interface FeedParts {
  readonly engine: EventLog;
  readonly mirror: EventLog;
  /** Told when the mirror has come to a revision, after it was delivered there. */
  readonly reached: Progress;
  /** Told once when it cannot go on; it has ended then. */
  readonly failed: (error: Error) => void;
}

/** Follows the engine from the mirror's end on. */
export class Feed {
  readonly #parts: FeedParts;
  readonly #ended = new AbortController();
  #unsubscribe: () => void = () => undefined;
  /** Of the commit that was taken last. */
  #written: Promise<void> = Promise.resolve();
  /** Characters on the way into the mirror. */
  #ahead = 0;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.#follow();
  }

  end(): void {
    this.#ended.abort();
    this.#unsubscribe();
  }

  #follow(): void {
    const { engine, mirror } = this.#parts;
    this.#unsubscribe = engine.subscribe(
      mirror.head(),
      (commit) => this.#take(commit),
      (error) => this.#fail(error),
    );
  }

  #take(commit: Commit): void {
    const { mirror, reached } = this.#parts;
    const { revision } = commit;
    const { length } = bodyOf(commit);
    const commits = revision - mirror.head();
    if (commits > aheadMax.commits || (commits > 1 && this.#ahead + length > aheadMax.characters)) {
      this.#unsubscribe();
      void this.#readOn();
      return;
    }
    this.#ahead += length;
    this.#written = mirror.append(commit, (revision - 1) as Revision).then(
      () => {
        this.#ahead -= length;
        reached(revision);
      },
      (error: unknown) => this.#fail(error as Error),
    );
  }

  /** The engine is faster than the mirror: what it has is read as there is room for it. */
  async #readOn(): Promise<void> {
    const { engine, mirror, reached } = this.#parts;
    const { signal } = this.#ended;
    try {
      await this.#written;
      if (!signal.aborted) await catchUp(engine, mirror, reached, signal);
      if (!signal.aborted) this.#follow();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    if (this.#ended.signal.aborted) return;
    this.end();
    this.#parts.failed(error);
  }
}
