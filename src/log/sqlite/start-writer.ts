/** Starting the thread that writes a SQLite log. */

import { once } from 'node:events';
import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { logFailure } from './failure.ts';
import type { LogFiles } from './files.ts';
import type { WriterSetup } from './writer.ts';

/** Between two looks whether the files are where they were, ms. */
const lookMs = 250;

/** @throws what opening the log for writing failed with, as an error of a log */
export async function startWriter(setup: Omit<WriterSetup, 'lookMs'>): Promise<Worker> {
  const workerData: WriterSetup = { ...setup, lookMs };
  // The published package is compiled, so the writer's file ends as this one does.
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const writer = new Worker(new URL(`./writer${extension}`, import.meta.url), {
    name: 'log-writer',
    workerData,
  });
  try {
    await once(writer, 'message');
    return writer;
  } catch (error) {
    throw logFailure(error, setup.files.database);
  }
}

/** Which file the log is in, whatever its name leads to. */
export function identityOf({ database }: LogFiles): string {
  const { dev, ino } = statSync(database, { throwIfNoEntry: false }) ?? { dev: 0, ino: 0 };
  return `${dev}:${ino}`;
}
