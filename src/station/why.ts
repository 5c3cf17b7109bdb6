/**
 * Why a resource is as it is: the commits that made and changed it, and in each the chain of events
 * that led there.
 */

import { parseFid } from '../core/allocation/fid.ts';
import { revision } from '../core/events/commit.ts';
import type { Commit, EventRecord } from '../core/events/commit.ts';
import type { Graph } from '../core/graph/graph.ts';
import { shownKinds } from '../core/graph/resources.ts';
import type { Kind, Rows } from '../core/graph/resources.ts';
import type { EventLog } from '../log/log.ts';
import type { Turn } from './turns.ts';

export interface Found {
  readonly kind: Kind;
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
const explained: readonly Kind[] = [
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
];

/** At most this many steps are told: the first, which made it, and the latest. */
export const stepsMax = 100;

/** The resource that an id names: a fid, an FQDN or a name. */
export const findResource = (graph: Graph, id: string, only?: Kind): Found | undefined => {
  const key = parseFid(id) ?? id;
  for (const kind of only ? [only] : explained) {
    const row = graph.get(kind, key);
    if (row) return { kind, key, row };
  }
  return undefined;
};

/** Whether a word is a kind that may be asked for. */
export const isKind = (text: string): text is Kind =>
  (shownKinds as readonly string[]).includes(text);

/** Reads the log between the resource's first and last change. */
export const explain = async (
  log: EventLog,
  { kind, key, row }: Found,
  turn: Turn,
): Promise<Step[]> => {
  const names = identifiersOf(kind, key, row);
  const steps: Step[] = [];
  for (const commit of log.read(revision(row.created - 1))) {
    if (commit.revision > row.changed) break;
    const touching = commit.events.flatMap((event, i) => (touches(event, names) ? [i] : []));
    if (touching.length > 0) steps.push({ commit, events: withCauses(commit, touching) });
    if (steps.length > stepsMax) steps.splice(1, 1);
    if (turn.isOver) await turn.next();
  }
  return steps;
};

const identifiersOf = (kind: Kind, key: string, row: Rows[Kind]): ReadonlySet<string> =>
  new Set(kind === 'service' ? [key, (row as Rows['service']).process] : [key]);

/**
 * An event touches what its own fields name: `fid`, `fqdn`, `host`, `name`, … but not what it
 * merely refers to.
 */
const touches = ({ type, data }: EventRecord, names: ReadonlySet<string>): boolean => {
  const fields = data as Record<string, unknown>;
  const subject = fields['fid'] ?? fields['fqdn'] ?? fields['name'] ?? fields['id'];
  if (typeof subject === 'string' && names.has(subject)) return true;
  return type === 'ObmDeclared' && names.has(fields['host'] as string);
};

const withCauses = ({ events }: Commit, touching: readonly number[]): number[] => {
  const all = new Set(touching);
  for (const start of touching)
    for (let cause = events[start]!.cause; cause !== undefined; cause = events[cause]!.cause)
      all.add(cause);
  return [...all].sort((a, b) => a - b);
};
