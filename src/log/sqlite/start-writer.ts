/** Starting the thread that writes a SQLite log, and what becomes of it when the log is closed. */

import { once } from 'node:events';
import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { logFailure } from './failure.ts';
import type { LogFiles } from './files.ts';
import type { WriterReport, WriterRequest, WriterSetup } from './writer.ts';

/** Between two looks whether the files are where they were, ms. */
const lookMs = 250;

/** Threads that have no log at the moment. */
const spareMax = 4;

/**
 * Of logs of this process that were closed: to start one costs more than everything else that opening a log does.
 * They hold nothing of what they wrote, and keep nobody from ending.
 */
const spare = new Set<Worker>();

/** @throws what opening the log for writing failed with, as an error of a log */
export async function startWriter(setup: Omit<WriterSetup, 'lookMs'>): Promise<Worker> {
  const all: WriterSetup = { ...setup, lookMs };
  try {
    for (const writer of spare) {
      spare.delete(writer);
      hushed(writer).ref();
      if (await hasOpened(writer, all)) return writer;
    }
    const writer = newThread();
    if (await hasOpened(writer, all)) return writer;
  } catch (error) {
    throw logFailure(error, setup.files.database);
  }
  throw new Error('the writer has ended before it had begun');
}

/** Lets a writer close its log; resolves once it has let go of the files. */
export async function endWriter(writer: Worker): Promise<void> {
  const ended = Promise.withResolvers<boolean>();
  writer.on('message', ({ kind }: WriterReport) => {
    if (kind === 'closed') ended.resolve(true);
  });
  writer.on('exit', () => ended.resolve(false));
  writer.postMessage('close' satisfies WriterRequest);
  if (await ended.promise) await keep(writer);
}

async function keep(writer: Worker): Promise<void> {
  hushed(writer).unref();
  if (spare.size >= spareMax) return void (await writer.terminate());
  spare.add(writer);
  writer.on('error', () => spare.delete(writer));
  writer.on('exit', () => spare.delete(writer));
}

/** Nobody listens to it then; what Node.js itself listens to on it stays. */
function hushed(writer: Worker): Worker {
  for (const event of ['message', 'error', 'exit']) writer.removeAllListeners(event);
  return writer;
}

/** @returns false: it has ended without a word, as one of another log may have meanwhile */
async function hasOpened(writer: Worker, setup: WriterSetup): Promise<boolean> {
  const heard = new AbortController();
  const { signal } = heard;
  writer.postMessage(setup);
  try {
    return await Promise.race([
      once(writer, 'message', { signal }).then(() => true),
      once(writer, 'exit', { signal }).then(() => false),
    ]);
  } finally {
    heard.abort();
  }
}

function newThread(): Worker {
  // The published package is compiled, so the writer's file ends as this one does.
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  return new Worker(new URL(`./writer${extension}`, import.meta.url), { name: 'log-writer' });
}

/** Which file the log is in, whatever its name leads to. */
export function identityOf({ database }: LogFiles): string {
  const { dev, ino } = statSync(database, { throwIfNoEntry: false }) ?? { dev: 0, ino: 0 };
  return `${dev}:${ino}`;
}
