/** Live delivery of durable commits inside one process; every driver uses it. */

import { setImmediate as turn } from 'node:timers/promises';
import type { Commit } from '../core/events/commit.ts';
import type { Revision } from '../core/values/revision.ts';
import type { CommitListener } from './log.ts';

/** Commits delivered to a listener that is catching up before other work gets its turn. */
const catchUpCommits = 1000;

interface Subscription {
  readonly listener: CommitListener;
  readonly failed: ((error: Error) => void) | undefined;
  /** The commit delivered last. */
  position: Revision;
  live: boolean;
}

export class Subscriptions {
  readonly #subscriptions = new Set<Subscription>();
  readonly #read: (from: Revision) => AsyncIterable<Commit>;
  readonly #head: () => Revision;

  constructor(read: (from: Revision) => AsyncIterable<Commit>, head: () => Revision) {
    this.#read = read;
    this.#head = head;
  }

  /** The listener is never called before this returns. */
  subscribe(from: Revision, listener: CommitListener, failed?: (error: Error) => void): () => void {
    const subscription = { listener, failed, position: from, live: from >= this.#head() };
    this.#subscriptions.add(subscription);
    if (!subscription.live) void this.#catchUp(subscription);
    return () => this.#subscriptions.delete(subscription);
  }

  /** Delivers a commit that is durable now; the driver's head has moved to it or beyond. */
  publish(commit: Commit): void {
    for (const subscription of this.#subscriptions) {
      // A listener may subscribe while a batch is being published: what it has already is not
      // repeated.
      if (subscription.live && commit.revision > subscription.position) {
        this.#deliver(subscription, commit);
      }
    }
  }

  /** Ends all with an error: the log cannot deliver any more. */
  fail(error: Error): void {
    for (const subscription of this.#subscriptions) this.#fail(subscription, error);
  }

  close(): void {
    this.#subscriptions.clear();
  }

  async #catchUp(subscription: Subscription): Promise<void> {
    const hasEnded = (): boolean => !this.#subscriptions.has(subscription);
    try {
      while (!subscription.live) {
        await turn();
        if (hasEnded()) return;
        let count = 0;
        for await (const commit of this.#read(subscription.position)) {
          if (hasEnded()) return;
          this.#deliver(subscription, commit);
          if (++count === catchUpCommits) break;
        }
        // No commit can become durable between this comparison and the assignment: one thread does
        // both.
        subscription.live = subscription.position >= this.#head();
      }
    } catch (error) {
      if (!hasEnded()) this.#fail(subscription, error as Error);
    }
  }

  #deliver(subscription: Subscription, commit: Commit): void {
    subscription.position = commit.revision;
    try {
      subscription.listener(commit);
    } catch (error) {
      this.#fail(subscription, error as Error);
    }
  }

  /**
   * Ends a subscription; where nobody asked to be told, the process learns of it as an uncaught
   * exception.
   */
  #fail(subscription: Subscription, error: Error): void {
    this.#subscriptions.delete(subscription);
    queueMicrotask(() => {
      if (subscription.failed === undefined) throw error;
      subscription.failed(error);
    });
  }
}
