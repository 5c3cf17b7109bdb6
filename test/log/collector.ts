/** What a subscription delivers. */

import { once } from 'node:events';
import type { Commit } from '../../src/core/events/commit.ts';

/** Collects what a subscription delivers and can wait until it has come to a revision. */
export class Collector {
  readonly seen: number[] = [];
  readonly #target = new EventTarget();

  readonly listener = (commit: Commit): void => {
    this.seen.push(commit.revision);
    this.#target.dispatchEvent(new Event('commit'));
  };

  async reach(last: number): Promise<void> {
    const signal = AbortSignal.timeout(60_000);
    while ((this.seen.at(-1) ?? 0) < last) await once(this.#target, 'commit', { signal });
  }
}
