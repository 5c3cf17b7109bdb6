/** Reads a log from its first commit to its last, and makes the graph of it: all that it can be asked for. */

import { Engine } from '../../core/engine.ts';
import { definitionOf, readEvent } from '../../core/events/catalogue.ts';
import type { Commit } from '../../core/events/commit.ts';
import { revision } from '../../core/values/revision.ts';
import type { Revision } from '../../core/values/revision.ts';
import { LogCorruptError } from '../../log/log.ts';
import type { EventLog } from '../../log/log.ts';
import { replayOnly } from './archive.ts';

/** What a log is, in figures that another with the same commits has as well. */
export interface Replayed {
  readonly head: Revision;
  /** The chained checksum at the head. */
  readonly checksum: number;
  /** Of the graph. */
  readonly digest: string;
  readonly events: number;
  /** How many events there are of types that this version does not know, and skips. */
  readonly unknown: ReadonlyMap<string, number>;
}

/** A commit is not what this version can go on with. */
export class UnreadableCommitError extends Error {
  /** Up to which, and with which, all is well. */
  readonly good: Revision;
  constructor(good: Revision, cause: Error) {
    super(cause.message, { cause });
    this.name = 'UnreadableCommitError';
    this.good = good;
  }
}

/** Types of events that are named; there may be any number. */
const namedMax = 100;

/**
 * Reads all of a log. Every commit is compared with the chain of checksums, every event with its
 * schema, and the graph is made of them without any snapshot.
 *
 * @param progress told after every commit
 * @throws {UnreadableCommitError} something is not as it was written, or of a newer version
 * @throws {LogUnavailableError} the log cannot be read
 */
export async function replayLog(
  log: EventLog,
  progress: (revision: Revision) => void,
): Promise<Replayed> {
  const engine = new Engine(replayOnly);
  const head = log.head();
  const unknown = new Map<string, number>();
  let events = 0;
  try {
    for await (const commit of log.read(revision(0), head)) {
      for (const type of unknownIn(commit))
        if (unknown.size < namedMax || unknown.has(type))
          unknown.set(type, (unknown.get(type) ?? 0) + 1);
      engine.replay(commit);
      events += commit.events.length;
      progress(commit.revision);
    }
  } catch (error) {
    if (error instanceof Error && !isOfLine(error))
      throw new UnreadableCommitError(engine.head, error);
    throw error;
  }
  if (engine.head !== head)
    throw new LogCorruptError(`it ends at revision ${engine.head}, and should at ${head}`);
  const checksum = (await log.checksum(head))!;
  return { head, checksum, digest: engine.graph.digest(), events, unknown };
}

/** Not of what is stored, but of getting it. */
const isOfLine = (error: Error): boolean =>
  'code' in error && ['log-unavailable', 'history-lost'].includes(String(error.code));

/** @throws Error an event has not what its type must have */
function* unknownIn({ events }: Commit): Generator<string> {
  for (const record of events) {
    const event = readEvent(record);
    if (event === null) {
      yield record.type;
      continue;
    }
    const wrong = definitionOf(event.type).check(event.data);
    if (wrong !== null) throw new Error(`its event ${event.type} is not one: ${wrong}`);
  }
}
