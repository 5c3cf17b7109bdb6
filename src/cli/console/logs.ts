/** Logs of several consoles as one: merged by time, or as they come. */

import type { LogEntry } from './log.ts';

/** The log of one machine. */
export interface LogSource {
  readonly host: string;
  readonly entries: AsyncGenerator<LogEntry, void>;
}

export interface LogReader {
  /** Called for one entry after the other. */
  readonly show: (host: string, entry: LogEntry) => Promise<void>;
  /** A log cannot be read, or not to its end: the others go on. */
  readonly failed: (host: string, error: unknown) => void;
}

interface Head {
  readonly source: LogSource;
  entry: LogEntry;
}

/** Each log stays in its own order, although a clock may have been set back meanwhile. */
export const mergeByTime = async (
  sources: readonly LogSource[],
  { show, failed }: LogReader,
): Promise<void> => {
  const next = async (source: LogSource): Promise<LogEntry | null> => {
    try {
      const step = await source.entries.next();
      return step.done ? null : step.value;
    } catch (error) {
      failed(source.host, error);
      return null;
    }
  };
  const firstOf = async (source: LogSource): Promise<Head[]> => {
    const entry = await next(source);
    return entry === null ? [] : [{ source, entry }];
  };
  try {
    let heads = (await Promise.all(sources.map(firstOf))).flat();
    while (heads.length > 0) {
      const head = heads.reduce((a, b) => (b.entry.at < a.entry.at ? b : a));
      await show(head.source.host, head.entry);
      const entry = await next(head.source);
      if (entry === null) heads = heads.filter((other) => other !== head);
      else head.entry = entry;
    }
  } finally {
    await Promise.all(sources.map(({ entries }) => entries.return()));
  }
};

/** Resolves when all have come to their end. */
export const asTheyCome = async (
  sources: readonly LogSource[],
  { show, failed }: LogReader,
): Promise<void> => {
  // One after the other, and no faster than they are taken.
  let shown = Promise.resolve();
  const read = async ({ host, entries }: LogSource): Promise<void> => {
    try {
      for await (const entry of entries) await (shown = shown.then(() => show(host, entry)));
    } catch (error) {
      failed(host, error);
    }
  };
  // Whoever is interrupted takes leave of all.
  for (const ended of await Promise.allSettled(sources.map(read)))
    if (ended.status === 'rejected') throw ended.reason;
};
