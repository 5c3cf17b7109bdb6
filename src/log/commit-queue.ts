/** Commits that wait to be sent, in order, cut into batches. */

import type { Commit } from '../core/events/commit.ts';

export interface WaitingCommit {
  readonly commit: Commit;
  /** The commit as it will be stored. */
  readonly body: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface BatchLimits {
  readonly batchCommits: number;
  readonly batchCharacters: number;
}

export class CommitQueue {
  readonly #limits: BatchLimits;
  #waiting: WaitingCommit[] = [];
  #characters = 0;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#waiting.length;
  }

  add(waiting: WaitingCommit): void {
    this.#waiting.push(waiting);
    this.#characters += waiting.body.length;
  }

  /** Removes as many as fit one batch: at least one, where there is one. */
  takeBatch(): WaitingCommit[] {
    const { batchCommits, batchCharacters } = this.#limits;
    if (this.#waiting.length <= batchCommits && this.#characters <= batchCharacters) {
      return this.takeAll();
    }
    let count = 0;
    let characters = 0;
    for (const { body } of this.#waiting) {
      if (count === batchCommits || (count > 0 && characters + body.length > batchCharacters)) {
        break;
      }
      count += 1;
      characters += body.length;
    }
    this.#characters -= characters;
    return this.#waiting.splice(0, count);
  }

  takeAll(): WaitingCommit[] {
    const all = this.#waiting;
    this.#waiting = [];
    this.#characters = 0;
    return all;
  }
}
