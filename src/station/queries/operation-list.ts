/**
 * The operations that were ordered last. They are found by the index of the log, newest first, and looked at as they
 * are now; what the index does not hold yet is read. Nothing is kept of them.
 */

import { asksForLongWork } from '../../core/commands/long-work.ts';
import type { Commit } from '../../core/events/commit.ts';
import type { Graph } from '../../core/graph/graph.ts';
import { GraphView } from '../../core/graph/view.ts';
import { revision } from '../../core/values/revision.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { EventLog } from '../../log/log.ts';
import { commitAt } from '../../log/reading.ts';
import type { Turn } from '../fair-use/turns.ts';
import type { LogIndex } from '../replica/log-index.ts';
import type { Operation, Progress } from './operation.ts';
import { operationIn } from './operations.ts';

export interface ListedOperation {
  readonly id: Revision;
  readonly operation: Operation;
}

/** What is looked for. */
export interface Sought {
  /** Only what was ordered before this one. */
  readonly before: Revision;
  readonly limit: number;
  /** Whether a commit may be one of them. */
  readonly matches: (commit: Commit) => boolean;
  /** Whether it is one, as it is now. */
  readonly accepts: (operation: Operation, commit: Commit) => boolean;
}

export interface OperationPage {
  readonly operations: readonly ListedOperation[];
  /** Before which there may be more; null: there are none. */
  readonly next: Revision | null;
}

interface Parts {
  readonly log: EventLog;
  readonly index: Pick<LogIndex, 'position' | 'newest'>;
  readonly graph: () => Graph;
}

/** Of those that are looked for, that are read before they are looked at. */
const batchCommits = 20;
/** Of the log that are read at a time where the index does not tell. */
const windowCommits = 1000;
/** How much one page looks at before it answers with what it has. */
export interface PageEffort {
  readonly commits: number;
  /** That operations are about; each operation counts for one at least. */
  readonly processes: number;
}

export const pageEffort: PageEffort = { commits: 20_000, processes: 1_000_000 };

/** The operations that are looked for, newest first. What is rare may be beyond the first page, which then has none. */
export const listOperations = async (
  parts: Parts,
  { before, limit, matches, accepts }: Sought,
  turn: Turn,
  effort = pageEffort,
): Promise<OperationPage> => {
  const operations: ListedOperation[] = [];
  let [steps, commits] = [0, 0];
  for await (const batch of batches(parts, before, turn)) {
    commits += batch.looked;
    const found = batch.commits.filter(matches).flatMap(candidate);
    const view = new GraphView(parts.graph());
    try {
      for (const { commit, progress } of found) {
        const { revision: id } = commit;
        const walk = progress.look(view);
        let step = walk.next();
        for (; !step.done; step = walk.next()) {
          steps += 1;
          if (turn.isOver) await turn.next();
        }
        const operation = step.value;
        if (accepts(operation, commit)) operations.push({ id, operation });
        const isFull = operations.length > limit;
        if (isFull)
          return { operations: operations.slice(0, limit), next: operations[limit - 1]!.id };
        if (steps > effort.processes) return { operations, next: id };
      }
    } finally {
      view.close();
    }
    if (commits >= effort.commits && batch.from > 1) return { operations, next: batch.from };
  }
  return { operations, next: null };
};

const candidate = (commit: Commit): { commit: Commit; progress: Progress }[] => {
  const progress = operationIn(commit);
  return progress ? [{ commit, progress }] : [];
};

interface Batch {
  /** Newest first. */
  readonly commits: readonly Commit[];
  /** The oldest commit that was looked at. */
  readonly from: Revision;
  /** Commits that were read. */
  readonly looked: number;
}

async function* batches(
  { log, index }: Parts,
  before: Revision,
  turn: Turn,
): AsyncGenerator<Batch, void> {
  for (let to = Math.min(before - 1, log.head()); to > 0;) {
    const isIndexed = to <= index.position;
    const found = isIndexed ? await index.newest('operation', revision(to), batchCommits) : null;
    const batch = found
      ? await named(log, found, turn)
      : await window(log, Math.max(isIndexed ? 0 : index.position, to - windowCommits), to, turn);
    yield batch;
    to = batch.from - 1;
  }
}

/** What the index tells of. */
const named = async (log: EventLog, revisions: readonly Revision[], turn: Turn): Promise<Batch> => {
  const commits: Commit[] = [];
  for (const at of revisions) {
    commits.push((await commitAt(log, at))!);
    if (turn.isOver) await turn.next();
  }
  const from = revisions.length < batchCommits ? revision(1) : revisions.at(-1)!;
  return { commits, from, looked: revisions.length };
};

/** What a stretch of the log holds. */
const window = async (log: EventLog, after: number, to: number, turn: Turn): Promise<Batch> => {
  const commits: Commit[] = [];
  for await (const commit of log.read(revision(after), revision(to))) {
    if (asksForLongWork(commit)) commits.push(commit);
    if (turn.isOver) await turn.next();
  }
  return { commits: commits.reverse(), from: revision(after + 1), looked: to - after };
};
