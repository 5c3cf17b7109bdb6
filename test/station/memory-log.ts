/** The log in memory as a station uses it, with what tests want to know of it and to do to it. */

import { crc32 } from 'node:zlib';
import { revision } from '../../src/core/values/revision.ts';
import { openMemoryLog } from '../../src/log/memory.ts';
import type { MemoryStorage } from '../../src/log/memory.ts';
import type { SqliteLog } from '../../src/log/sqlite/sqlite-log.ts';

export interface WatchedLog extends SqliteLog {
  /** How many listen to it. */
  readonly listeners: () => number;
  /** Appends wait until they are let through. */
  readonly hold: () => () => void;
  /** Types of all its events. */
  readonly story: () => string[];
}

/** @param storage what it holds; to crash is to open another log on a copy */
export const memoryLog = (storage: MemoryStorage = []): WatchedLog => {
  const log = openMemoryLog({ storage });
  let listeners = 0;
  let held: Promise<void> | null = null;
  return {
    durability: log.durability,
    transactions: 0,
    trouble: undefined,
    head: () => log.head(),
    size: () => log.size(),
    close: () => log.close(),
    read: (from, to) => log.read(from, to),
    checksum: (at) =>
      at > log.head() ? undefined : storage.slice(0, at).reduce((crc, text) => crc32(text, crc), 0),
    revisionAt: (time) =>
      revision([...log.read(revision(0))].findLast(({ at }) => at <= time)?.revision ?? 0),
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
    story: () => [...log.read(revision(0))].flatMap(({ events }) => events.map(({ type }) => type)),
  };
};
