/**
 * What happened to a machine and to what ran on it, newest first. Where that is in the log is found by the index, under
 * the names that the machine had; what the index does not hold yet is read.
 */

import type { Commit, EventRecord } from '../../core/events/commit.ts';
import { subjectsOf } from '../../core/events/subjects.ts';
import type { Graph } from '../../core/graph/graph.ts';
import { namedAt } from '../../core/graph/rows/hosts.ts';
import { revision } from '../../core/values/revision.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { EventLog } from '../../log/log.ts';
import { commitAt } from '../../log/reading.ts';
import type { Turn } from '../fair-use/turns.ts';
import type { LogIndex } from '../replica/log-index.ts';
import type { Departed } from './departed.ts';
import { Residents } from './residents.ts';

/** Of the log that are read at a time where the index does not tell. */
const windowCommits = 1000;
/** Commits that one page looks at; it answers with what it has by then. */
export const historyCommitsMax = 20_000;

/** A name that the machine had, and the part of the log in which it did. */
interface Name {
  readonly name: string;
  readonly after: number;
  readonly to: number;
}

export interface MachineHistoryParts {
  readonly log: EventLog;
  readonly index: LogIndex;
  readonly graph: Graph;
  readonly departed: Departed;
}

export interface MachineEvent {
  readonly commit: Commit;
  readonly index: number;
}

export interface SoughtHistory {
  readonly fqdn: string;
  /** Only what happened before this revision. */
  readonly before: Revision;
  readonly limit: number;
  /** Whether an event is one of them. */
  readonly accepts: (event: EventRecord, commit: Commit) => boolean;
  /** Before this time nothing is looked for, ms since the epoch. */
  readonly since: number;
}

export interface MachineHistory {
  readonly events: readonly MachineEvent[];
  /** Before which there may be more; null: there are none. */
  readonly next: Revision | null;
}

/**
 * The names of a machine. What another machine did under the same name is not its own. Of one that is gone it is not
 * known which of those of its name it was: all are told.
 */
const namesOf = (graph: Graph, fqdn: string): readonly Name[] => {
  const host = graph.get('host', fqdn);
  if (!host) return [{ name: fqdn, after: 0, to: Infinity }];
  let after = host.created - 1;
  const formerly = (host.formerly ?? []).map(({ name, until }): Name => {
    const former = { name, after, to: until };
    after = until;
    return former;
  });
  return [...formerly, { name: fqdn, after: namedAt(host) - 1, to: Infinity }];
};

export const machineHistory = async (
  parts: MachineHistoryParts,
  { fqdn, before, limit, accepts, since }: SoughtHistory,
  turn: Turn,
): Promise<MachineHistory> => {
  const { log, index, graph } = parts;
  // It may leave, or be renamed, while it is read.
  const created = graph.get('host', fqdn)?.created ?? 0;
  const names = namesOf(graph, fqdn);
  const residents = await Residents.of(parts, fqdn, names);
  const concerns = (event: EventRecord, { revision: at }: Commit): boolean =>
    at >= created &&
    (residents.has(event) ||
      subjectsOf(event).some((subject) =>
        names.some(({ name, after, to }) => name === subject && at > after && at <= to),
      ));
  const events: MachineEvent[] = [];
  let looked = 0;
  for (let to = Math.min(before - 1, log.head()); to > 0;) {
    const { commits, from } = await batchTo(log, index, names, to, limit, turn);
    await residents.meet(commits);
    looked += Math.max(commits.length, 1);
    for (const commit of commits) {
      if (commit.at < since) return { events, next: null };
      const found = commit.events
        .map((event, i) => ({ event, i }))
        .filter(({ event }) => concerns(event, commit) && accepts(event, commit))
        .map(({ i }) => ({ commit, index: i }));
      events.push(...found.reverse());
      // Commits are shown whole: the cursor is between two of them.
      if (events.length >= limit)
        return { events, next: commit.revision > 1 ? commit.revision : null };
      if (turn.isOver) await turn.next();
    }
    if (looked >= historyCommitsMax && from > 1) return { events, next: revision(from) };
    to = from - 1;
  }
  return { events, next: null };
};

interface Batch {
  /** Newest first. */
  readonly commits: readonly Commit[];
  /** The oldest that was looked at. */
  readonly from: number;
}

const batchTo = async (
  log: EventLog,
  index: LogIndex,
  names: readonly Name[],
  to: number,
  limit: number,
  turn: Turn,
): Promise<Batch> => {
  const isIndexed = to <= index.position;
  const found = isIndexed ? await newest(index, names, to, limit) : null;
  if (!found) {
    const after = Math.max(isIndexed ? 0 : index.position, to - windowCommits, 0);
    return { commits: await stretch(log, after, to, turn), from: after + 1 };
  }
  const commits: Commit[] = [];
  for (const at of found) {
    commits.push((await commitAt(log, at))!);
    if (turn.isOver) await turn.next();
  }
  return { commits, from: found.length < limit ? 1 : found.at(-1)! };
};

/** The newest commits under any of the names; null where the index cannot be used. */
const newest = async (
  index: LogIndex,
  names: readonly Name[],
  to: number,
  count: number,
): Promise<readonly Revision[] | null> => {
  const all = new Set<Revision>();
  for (const { name, after, to: last } of names) {
    const top = Math.min(to, last);
    if (top <= after) continue;
    for (const term of [`subject ${name}`, `on ${name}`] as const) {
      const found = await index.newest(term, revision(top), count);
      if (!found) return null;
      for (const at of found) if (at > after) all.add(at);
    }
  }
  return [...all].sort((a, b) => b - a).slice(0, count);
};

const stretch = async (
  log: EventLog,
  after: number,
  to: number,
  turn: Turn,
): Promise<readonly Commit[]> => {
  const commits: Commit[] = [];
  for await (const commit of log.read(revision(after), revision(to))) {
    commits.push(commit);
    if (turn.isOver) await turn.next();
  }
  return commits.reverse();
};
