/** Live delivery of durable commits inside one process; every driver uses it. */

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
  readonly #read: (from: Revision) => IterableIterator<Commit>;
  readonly #head: () => Revision;

  constructor(read: (from: Revision) => IterableIterator<Commit>, head: () => Revision) {
    this.#read = read;
    this.#head = head;
  }

  /** The listener is never called before this returns. */
  subscribe(from: Revision, listener: CommitListener, failed?: (error: Error) => void): () => void {
    const subscription = { listener, failed, position: from, live: from >= this.#head() };
    this.#subscriptions.add(subscription);
    if (!subscription.live) setImmediate(() => this.#catchUp(subscription));
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

  close(): void {
    this.#subscriptions.clear();
  }

  #catchUp(subscription: Subscription, commits = this.#read(subscription.position)): void {
    try {
      for (let count = 0; count < catchUpCommits; count++) {
        if (!this.#subscriptions.has(subscription)) return;
        const next = commits.next();
        if (next.done === true) {
          // No commit can become durable between this comparison and the assignment: one thread
          // does both.
          subscription.live = subscription.position >= this.#head();
          if (subscription.live) return;
          commits = this.#read(subscription.position);
        } else {
          this.#deliver(subscription, next.value);
        }
      }
    } catch (error) {
      this.#fail(subscription, error as Error);
      return;
    }
    setImmediate(() => this.#catchUp(subscription, commits));
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
