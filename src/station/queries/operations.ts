/**
 * Long work and how far it is. An operation is the commit that expressed a wish; its progress is read
 * from the graph, so there is nothing that could be lost or left over by a crash.
 */

import type { Commit } from '../../core/events/commit.ts';
import { eventsOf } from '../../core/events/reading.ts';
import type { ReadEvent } from '../../core/events/reading.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { ProcessRow } from '../../core/graph/rows/processes.ts';
import { hostOf, isManaged } from '../../core/lifecycle/process.ts';
import { wantedOf } from '../../core/lifecycle/wanted.ts';
import { byFid } from '../../core/values/fid.ts';
import type { Fid } from '../../core/values/fid.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { WantedState } from '../../core/values/states.ts';
import type { Operation } from './operation.ts';
import { removalIn } from './removal-progress.ts';
import { requirementsOf, straggler } from './stragglers.ts';
import type { RequirementsOf, Straggler } from './stragglers.ts';

type Kind = 'start' | 'stop';

interface Wish {
  readonly kind: Kind;
  readonly subject: string;
  readonly targets: (graph: Graph) => ProcessRow[];
  /** Whether what it is about has been removed. */
  readonly isGone: (graph: Graph) => boolean;
}

const present = (rows: readonly (ProcessRow | undefined)[]): ProcessRow[] =>
  rows.filter((row) => row !== undefined);

const onNode = (graph: Graph, node: Fid): ProcessRow[] =>
  graph.get('node', node) ? [...graph.many('hosts', node)] : [];

const kindOf = (state: WantedState): Kind => (state === 'online' ? 'start' : 'stop');

/** The wish that a commit expressed; null: it is no operation. */
const wishIn = (events: readonly ReadEvent[]): Wish | null => {
  for (const event of events) {
    switch (event.type) {
      case 'ClusterWanted':
        return {
          kind: kindOf(event.data.state),
          subject: 'cluster',
          targets: (graph) => [...graph.all('process')],
          isGone: () => false,
        };
      case 'NodeWanted': {
        const { fid, state } = event.data;
        return {
          kind: kindOf(state),
          subject: fid,
          targets: (graph) => onNode(graph, fid),
          isGone: (graph) => !graph.get('node', fid),
        };
      }
      case 'ProcessWanted': {
        const { fid, state } = event.data;
        return {
          kind: kindOf(state),
          subject: fid,
          targets: (graph) => present([graph.get('process', fid)]),
          isGone: (graph) => !graph.get('process', fid),
        };
      }
      default:
    }
  }
  return null;
};

/** How far the operation of a commit is, each time one looks; null where the commit is none. */
export const operationIn = (commit: Commit): ((graph: Graph) => Operation) | null => {
  const wish = wishIn(eventsOf(commit));
  if (!wish) return removalIn(commit);
  return (graph) => progressOf(graph, wish, commit.revision);
};

const progressOf = (
  graph: Graph,
  { kind, subject, targets: targetsOf, isGone }: Wish,
  revision: Revision,
): Operation => {
  const all = targetsOf(graph).filter(({ created }) => created <= revision);
  const managed = all.filter((row) => isManaged(graph, row));
  const independent = all.filter((row) => !isManaged(graph, row) && row.state === 'online');
  const warnings =
    kind === 'stop'
      ? independent.sort(byFid).map(({ fid }) => `${fid} is independent and goes on running`)
      : [];
  const targets = managed.filter((row) => !isOverruled(graph, row, kind, revision)).sort(byFid);
  const left = targets.filter((row) => !isThere(row, kind, revision));
  const requirements = requirementsOf(graph);
  const stuck = new Set(left.filter((row) => isStuck(graph, requirements, row, kind)));
  const explain = (row: ProcessRow): Straggler => straggler(graph, requirements, row);
  const failed = left.filter((row) => stuck.has(row)).map(explain);
  const waiting = left.filter((row) => !stuck.has(row)).map(explain);
  const isCancelled =
    (managed.length > 0 && targets.length === 0) || (kind === 'start' && isGone(graph));
  const ended = failed.length > 0 ? 'failed' : 'succeeded';
  return {
    kind,
    subject,
    state: isCancelled ? 'cancelled' : waiting.length > 0 ? 'running' : ended,
    total: targets.length,
    done: targets.length - left.length,
    failed,
    waiting,
    warnings,
  };
};

/** Somebody has wanted the opposite of it since; the operation goes on with the others. */
const isOverruled = (graph: Graph, row: ProcessRow, kind: Kind, since: Revision): boolean => {
  const wanted = wantedOf(graph, row);
  if (!wanted || wanted.at <= since) return false;
  return wanted.state === (kind === 'start' ? 'offline' : 'online');
};

/** What had failed before it was to be stopped does not run. */
const isThere = ({ state, moved }: ProcessRow, kind: Kind, since: Revision): boolean => {
  if (kind === 'start') return state === 'online';
  return state === 'offline' || state === 'unknown' || (state === 'failed' && moved <= since);
};

/** Given up, held back by something that will not come, or on a host that is not there. */
const isStuck = (
  graph: Graph,
  requirements: RequirementsOf,
  row: ProcessRow,
  kind: Kind,
): boolean => {
  if (hostOf(graph, row).state !== 'up') return true;
  return kind === 'start' ? !requirements(row).comes(row) : row.state === 'failed';
};
