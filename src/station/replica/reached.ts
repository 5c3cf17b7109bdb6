/** Whoever waits until a revision is there: it was told of by another station, which was ahead. */

import type { Revision } from '../../core/values/revision.ts';
import type { EventLog } from '../../log/log.ts';

interface Waiter {
  readonly revision: Revision;
  readonly resolve: () => void;
}

export class Reached {
  readonly #log: Pick<EventLog, 'head' | 'subscribe'>;
  readonly #waiters = new Set<Waiter>();
  #unsubscribe: (() => void) | null = null;

  /** It listens to the log while somebody waits. */
  constructor(log: Pick<EventLog, 'head' | 'subscribe'>) {
    this.#log = log;
  }

  /**
   * Resolves once the graph shows a revision, durably.
   *
   * @throws the reason of the signal
   */
  async by(revision: Revision, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const head = this.#log.head();
    if (head >= revision) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abandon = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abandon);
    const waiter = { revision, resolve };
    this.#waiters.add(waiter);
    this.#unsubscribe ??= this.#log.subscribe(head, (commit) => this.#tell(commit.revision));
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', abandon);
      this.#waiters.delete(waiter);
      if (this.#waiters.size === 0) this.close();
    }
  }

  /** Listens no more. */
  close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
  }

  #tell(head: Revision): void {
    for (const { revision, resolve } of this.#waiters) if (revision <= head) resolve();
  }
}
