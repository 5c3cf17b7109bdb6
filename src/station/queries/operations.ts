/**
 * Long work and how far it is. An operation is the commit that expressed a wish; its progress is read
 * from the graph, so there is nothing that could be lost or left over by a crash.
 */

import type { Commit } from '../../core/events/commit.ts';
import { eventsOf } from '../../core/events/reading.ts';
import type { ReadEvent } from '../../core/events/reading.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { ProcessRow } from '../../core/graph/rows/processes.ts';
import { hostOf, isManaged } from '../../core/lifecycle/process.ts';
import { wantedOf } from '../../core/lifecycle/wanted.ts';
import { byFid } from '../../core/values/fid.ts';
import type { Fid } from '../../core/values/fid.ts';
import type { Revision } from '../../core/values/revision.ts';
import type { WantedState } from '../../core/values/states.ts';
import { campaignIn } from './campaign-progress.ts';
import { stageOf, timesOf, waitingShown, warningsMax } from './operation.ts';
import type { Progress, Seen } from './operation.ts';
import { orderIn } from './order-progress.ts';
import { procedureIn } from './procedure-progress.ts';
import { removalIn } from './removal-progress.ts';
import { requirementsOf, straggler } from './stragglers.ts';
import type { RequirementsOf, Straggler } from './stragglers.ts';

type Kind = 'start' | 'stop';

interface Wish {
  readonly kind: Kind;
  readonly subject: string;
  /** What it may be about, the oldest first. */
  readonly targets: (graph: ReadGraph) => Iterable<ProcessRow>;
  /** Whether what it is about has been removed. */
  readonly isGone: (graph: ReadGraph) => boolean;
}

const present = (rows: readonly (ProcessRow | undefined)[]): ProcessRow[] =>
  rows.filter((row) => row !== undefined);

const onNode = (graph: ReadGraph, node: Fid): ProcessRow[] =>
  graph.get('node', node) ? [...graph.many('hosts', node)].sort(byFid) : [];

const kindOf = (state: WantedState): Kind => (state === 'online' ? 'start' : 'stop');

/** The wish that a commit expressed; null: it is no operation. */
const wishIn = (events: readonly ReadEvent[]): Wish | null => {
  for (const event of events) {
    switch (event.type) {
      case 'ClusterWanted':
        return {
          kind: kindOf(event.data.state),
          subject: 'cluster',
          targets: (graph) => graph.rowsAfter('process'),
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

/** The operation of a commit; null where the commit is none. */
export const operationIn = (commit: Commit): Progress | null => {
  const progress = seenIn(commit);
  if (!progress) return null;
  const { at, actor } = commit;
  return {
    subject: progress.subject,
    *look(graph) {
      return { ...(yield* progress.look(graph)), at, actor };
    },
  };
};

/** A procedure first: the wishes that it sets off at once are a part of it. */
const seenIn = (commit: Commit): Progress<Seen> | null => {
  const machines = campaignIn(commit) ?? procedureIn(commit);
  if (machines) return machines;
  const wish = wishIn(eventsOf(commit));
  if (!wish) return orderIn(commit) ?? removalIn(commit);
  const { subject } = wish;
  return { subject, look: (graph) => progressOf(graph, wish, commit) };
};

/** The processes that a wish is about, how many they are, and which are not where they were wanted. */
interface Found {
  readonly managed: number;
  readonly targets: number;
  readonly left: readonly ProcessRow[];
  readonly warnings: readonly string[];
}

function* find(
  graph: ReadGraph,
  { kind, targets: targetsOf }: Wish,
  revision: Revision,
): Generator<undefined, Found> {
  let [managed, targets, independent] = [0, 0, 0];
  const left: ProcessRow[] = [];
  const warnings: string[] = [];
  for (const row of targetsOf(graph)) {
    yield;
    if (row.created > revision) continue;
    if (!isManaged(graph, row)) {
      if (kind === 'start' || row.state !== 'online') continue;
      independent += 1;
      if (independent <= warningsMax)
        warnings.push(`${row.fid} is independent and goes on running`);
      continue;
    }
    managed += 1;
    if (isOverruled(graph, row, kind, revision)) continue;
    targets += 1;
    if (!isThere(row, kind, revision)) left.push(row);
  }
  if (independent > warningsMax)
    warnings.push(`${independent - warningsMax} more are independent and go on running`);
  return { managed, targets, left, warnings };
}

function* progressOf(graph: ReadGraph, wish: Wish, commit: Commit): Generator<undefined, Seen> {
  const { revision } = commit;
  const { kind, subject, isGone } = wish;
  const { managed, targets, left, warnings } = yield* find(graph, wish, revision);
  const requirements = requirementsOf(graph);
  const failed: Straggler[] = [];
  const waiting: Straggler[] = [];
  let waits = 0;
  for (const row of left) {
    yield;
    if (isStuck(graph, requirements, row, kind)) {
      failed.push(straggler(graph, requirements, row));
      continue;
    }
    waits += 1;
    if (waits <= waitingShown) waiting.push(straggler(graph, requirements, row));
  }
  const isCancelled = (managed > 0 && targets === 0) || (kind === 'start' && isGone(graph));
  const ended = failed.length > 0 ? 'failed' : 'succeeded';
  return {
    kind,
    subject,
    state: isCancelled ? 'cancelled' : waits > 0 ? 'running' : ended,
    stage: stageOf(targets - left.length, targets, kind === 'start' ? 'online' : 'stopped'),
    total: targets,
    done: targets - left.length,
    failed,
    waiting,
    warnings,
    times: timesOf(commit),
    stages: [],
  };
}

/** Somebody has wanted the opposite of it since; the operation goes on with the others. */
const isOverruled = (graph: ReadGraph, row: ProcessRow, kind: Kind, since: Revision): boolean => {
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
  graph: ReadGraph,
  requirements: RequirementsOf,
  row: ProcessRow,
  kind: Kind,
): boolean => {
  if (hostOf(graph, row).state !== 'up') return true;
  return kind === 'start' ? !requirements(row).comes(row) : row.state === 'failed';
};
