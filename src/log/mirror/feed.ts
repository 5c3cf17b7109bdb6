/** Brings what an engine has into the mirror: all of it, once, in its order, within bounds. */

import type { Commit } from '../../core/events/commit.ts';
import type { Revision } from '../../core/values/revision.ts';
import { bodyOf } from '../chain.ts';
import { copyCommits } from '../copying.ts';
import type { Progress } from '../copying.ts';
import type { EventLog } from '../log.ts';

/** How a mirror keeps up with its engine. */
export const mirrorPace = {
  /** May be on the way into the mirror; where the engine brings more, it is read from it later. */
  aheadCommits: 10_000,
  aheadCharacters: 64 * 1024 * 1024,
  /** How many commits are read at an open without saying how far it is. */
  saidEvery: 100_000,
} as const;

export type MirrorPace = { readonly [name in keyof typeof mirrorPace]: number };

export interface FeedParts {
  readonly pace: MirrorPace;
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
    const { mirror, reached, pace } = this.#parts;
    const { revision } = commit;
    const { length } = bodyOf(commit);
    const commits = revision - mirror.head();
    const isTooLarge = commits > 1 && this.#ahead + length > pace.aheadCharacters;
    if (commits > pace.aheadCommits || isTooLarge) {
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
      if (!signal.aborted) await copyCommits(engine, mirror, reached, signal);
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
