/** The log in memory as a station uses it, with what tests want to know of it and to do to it. */

import type { Commit } from '../../src/core/events/commit.ts';
import { after, bodyOf, logStart } from '../../src/log/chain.ts';
import type { EventLog } from '../../src/log/log.ts';
import { openMemoryLog } from '../../src/log/memory.ts';
import type { MemoryStorage } from '../../src/log/memory.ts';

export interface WatchedLog extends EventLog {
  /** How many listen to it. */
  readonly listeners: () => number;
  /** Appends wait until they are let through. */
  readonly hold: () => () => void;
  /** All that it holds. */
  readonly commits: () => Commit[];
  /** Types of all its events. */
  readonly story: () => string[];
}

/** @param storage what it holds; to crash is to open another log on a copy */
export const memoryLog = (storage: MemoryStorage = []): WatchedLog => {
  const log = openMemoryLog({ storage });
  const commits = (): Commit[] => storage.map(({ body }) => JSON.parse(body) as Commit);
  let listeners = 0;
  let held: Promise<void> | null = null;
  return {
    durability: log.durability,
    limits: log.limits,
    files: undefined,
    shared: undefined,
    groups: 0,
    head: () => log.head(),
    size: () => log.size(),
    close: () => log.close(),
    read: (from, to) => log.read(from, to),
    checksum: (at) => log.checksum(at),
    revisionAt: (time) => log.revisionAt(time),
    subscribe: (from, listener, failed) => {
      listeners += 1;
      const unsubscribe = log.subscribe(from, listener, failed);
      return () => {
        listeners -= 1;
        unsubscribe();
      };
    },
    append: async (commit, expected) => {
      await held;
      return log.append(commit, expected);
    },
    listeners: () => listeners,
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return () => {
        held = null;
        resolve();
      };
    },
    commits,
    story: () => commits().flatMap(({ events }) => events.map(({ type }) => type)),
  };
};

/** Commits as a log keeps them. */
export const storageOf = (commits: readonly Commit[]): MemoryStorage => {
  let end = logStart;
  return commits.map((commit) => {
    const body = bodyOf(commit);
    end = after(end, body);
    return { ...end, at: commit.at, body };
  });
};
