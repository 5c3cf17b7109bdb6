/** Whoever waits until a revision is there: it was told of by another station, which was ahead. */

import type { Revision } from '../../core/values/revision.ts';
import type { EventLog } from '../../log/log.ts';

interface Waiter {
  readonly revision: Revision;
  readonly resolve: () => void;
}

export class Reached {
  readonly #log: Pick<EventLog, 'head' | 'subscribe'>;
  readonly #shown: () => Revision;
  readonly #waiters = new Set<Waiter>();
  #unsubscribe: (() => void) | null = null;

  /**
   * It listens to the log while somebody waits.
   *
   * @param shown what of the log the graph shows
   */
  constructor(log: Pick<EventLog, 'head' | 'subscribe'>, shown: () => Revision) {
    this.#log = log;
    this.#shown = shown;
  }

  /**
   * Resolves once the graph shows a revision, durably.
   *
   * @throws the reason of the signal
   */
  async by(revision: Revision, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#shown() >= revision) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abandon = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abandon);
    const waiter = { revision, resolve };
    this.#waiters.add(waiter);
    this.#unsubscribe ??= this.#log.subscribe(this.#log.head(), () => this.#tell());
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

  #tell(): void {
    const head = this.#shown();
    for (const { revision, resolve } of this.#waiters) if (revision <= head) resolve();
  }
}
