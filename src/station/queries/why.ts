/**
 * Why a resource is as it is: the commits that made and changed it, and in each the chain of events
 * that led there.
 */

import type { Commit, EventRecord } from '../../core/events/commit.ts';
import { subjectsOf } from '../../core/events/subjects.ts';
import type { Graph } from '../../core/graph/graph.ts';
import { shownKinds } from '../../core/graph/resources.ts';
import type { Kind, Rows, ShownKind } from '../../core/graph/resources.ts';
import { parseFid } from '../../core/values/fid.ts';
import { revision } from '../../core/values/revision.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { EventLog } from '../../log/log.ts';
import type { Turn } from '../fair-use/turns.ts';
import type { LogIndex } from '../replica/log-index.ts';

export interface Found {
  readonly kind: ShownKind;
  readonly key: string;
  readonly row: Rows[Kind];
}

/**
 * A commit that touched the resource, with the indexes of the events that did and of those that set
 * them off.
 */
export interface Step {
  readonly commit: Commit;
  readonly events: readonly number[];
}

/** Kinds that can be asked for by their bare key, most likely first. */
const explained: readonly ShownKind[] = [
  'process',
  'host',
  'node',
  'role',
  'service',
  'pool',
  'profile',
  'enclosure',
  'project',
  'var',
  'cluster',
  'station',
  'leadership',
];

/** At most this many steps are told: the first, which made it, and the latest. */
export const stepsMax = 100;

/** The resource that an id names: a fid, an FQDN or a name. */
export const findResource = (graph: Graph, id: string, only?: ShownKind): Found | undefined => {
  const key = parseFid(id) ?? id;
  for (const kind of only ? [only] : explained) {
    const row = graph.get(kind, key);
    if (row) return { kind, key, row };
  }
  return undefined;
};

/** Whether a word is a kind that may be asked for. */
export const isKind = (text: string): text is ShownKind =>
  (shownKinds as readonly string[]).includes(text);

/**
 * Reads what the log has about the resource between its first and its last change; of a host all that happened to it,
 * also where that changed nothing of its row: what its OBM was told, and what was seen there.
 */
export const explain = async (
  log: EventLog,
  index: LogIndex,
  { kind, key, row }: Found,
  turn: Turn,
): Promise<Step[]> => {
  const names = identifiersOf(kind, key, row);
  const last = kind === 'host' ? log.head() : row.changed;
  const terms = Array.from(names.keys(), (name) => `subject ${name}` as const);
  async function* steps(after: Revision): AsyncGenerator<Step, void> {
    for await (const stretch of index.stretches(terms, after, last))
      for await (const commit of log.read(stretch.after, stretch.to)) {
        const touching = commit.events.flatMap((event, i) =>
          touches(event, commit.revision, names) ? [i] : [],
        );
        if (touching.length > 0) yield { commit, events: withCauses(commit, touching) };
        if (turn.isOver) await turn.next();
      }
  }
  const told: Step[] = [];
  const tell = (step: Step): void => {
    told.push(step);
    if (told.length > stepsMax) told.splice(1, 1);
  };
  const enough = await index.latest(terms, last, stepsMax - 1);
  // What lies between the first step and the latest is not read.
  const isFar = ({ commit }: Step): boolean => commit.revision < enough - 1;
  for await (const step of steps(revision(row.created - 1))) {
    tell(step);
    if (isFar(step)) break;
  }
  const [made] = told;
  if (made && isFar(made)) for await (const step of steps(revision(enough - 1))) tell(step);
  return told;
};

/** Commits from one to another, both included. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** What events call the resource, and for how long they did: a name may have been another's before, and be now. */
const identifiersOf = (
  kind: Kind,
  key: string,
  row: Rows[Kind],
): ReadonlyMap<string, readonly Stretch[]> => {
  const always = [{ from: 0, to: Infinity }];
  if (kind === 'service')
    return new Map([key, (row as Rows['service']).process].map((name) => [name, always]));
  if (kind === 'station' || kind === 'leadership') return new Map([[`${kind}/${key}`, always]]);
  const names = new Map<string, Stretch[]>();
  let from = 0;
  const called = (name: string, to: number): void => {
    names.set(name, [...(names.get(name) ?? []), { from, to }]);
    from = to;
  };
  for (const { name, until } of (kind === 'host' && (row as Rows['host']).formerly) || [])
    called(name, until);
  called(key, Infinity);
  return names;
};

const touches = (
  event: EventRecord,
  at: Revision,
  names: ReadonlyMap<string, readonly Stretch[]>,
): boolean =>
  subjectsOf(event).some((subject) =>
    names.get(subject)?.some(({ from, to }) => from <= at && at <= to),
  );

const withCauses = ({ events }: Commit, touching: readonly number[]): number[] => {
  const all = new Set(touching);
  for (const start of touching)
    for (let cause = events[start]!.cause; cause !== undefined; cause = events[cause]!.cause)
      all.add(cause);
  return [...all].sort((a, b) => a - b);
};
