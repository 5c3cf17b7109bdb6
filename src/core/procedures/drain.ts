/** The processes of a machine are stopped in their order before something is done to it. */

import { decided, unchanged } from '../decision.ts';
import type { Graph } from '../graph/graph.ts';
import type { ReadGraph } from '../graph/read-graph.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import { mayRun } from '../lifecycle/leaving.ts';
import { isManaged } from '../lifecycle/process.ts';
import { quorumLoss } from '../lifecycle/quorum.ts';
import { wantedOf } from '../lifecycle/wanted.ts';
import { byFid } from '../values/fid.ts';
import { isForced } from '../values/procedures.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';
import { hasFailed, isDone, waitingFor } from './stage.ts';
import type { Stage } from './stage.ts';

/** The processes of a host, oldest first. */
export const processesOf = (graph: ReadGraph, fqdn: string): ProcessRow[] => {
  const node = graph.one('runs', fqdn);
  return node ? [...graph.many('hosts', node.fid)].sort(byFid) : [];
};

/**
 * Whether anything is wanted to run there, which is to run again afterwards; or was, before a procedure stopped it that
 * did not come to its end.
 */
export const isStarted = (graph: Graph, fqdn: string): boolean => {
  const stopped = graph.one('runs', fqdn)?.wanted?.at;
  return (
    processesOf(graph, fqdn).some(
      (row) => isManaged(graph, row) && wantedOf(graph, row)?.state === 'online',
    ) ||
    [...graph.many('undergoes', fqdn)].some(
      ({ before, stages }) => before?.restart === true && stages[0]?.begun === stopped,
    )
  );
};

/** Named in a message. */
const shown = 5;

export const named = (rows: readonly ProcessRow[]): string =>
  rows
    .slice(0, shown)
    .map(({ fid, state }) => `${fid} is ${state}`)
    .join(', ') + (rows.length > shown ? `, and ${rows.length - shown} more` : '');

/** Why the processes of a host may not be stopped now; undefined: they may. */
export const drainRefused = (graph: Graph, fqdn: string): Refused | undefined => {
  const processes = processesOf(graph, fqdn);
  const lost = quorumLoss(graph, processes, 'stop');
  if (lost)
    return reject('quorum-lost', `${fqdn}: ${lost.why}; force does it all the same`, {
      subject: fqdn,
    });
  const busy = processes.filter((row) => mayRun(row) && !isManaged(graph, row));
  if (busy.length === 0) return undefined;
  return reject(
    'process-busy',
    `${fqdn}: ${named(busy)}, and only its owner can end it; force does it all the same`,
    { subject: fqdn },
  );
};

/** As long as one process may take to stop, for as many levels as there may be. */
const drainSeconds = 1800;

export const drain: Stage = {
  name: 'drain',
  text: 'stop its processes in their order',
  seconds: () => drainSeconds,
  begin: (graph, { host }) => {
    const node = graph.one('runs', host);
    return node && !node.removing
      ? decided([{ type: 'NodeWanted', data: { fid: node.fid, state: 'offline' } }])
      : unchanged;
  },
  look: (graph, { row: { host, plan }, note }) => {
    const managed = processesOf(graph, host).filter((row) => isManaged(graph, row));
    const left = managed.filter(mayRun);
    if (left.length > 0 && graph.must('host', host).state === 'up')
      return waitingFor(`${left.length} of ${managed.length} processes to stop: ${named(left)}`);
    const stuck = managed.filter(({ state, moved }) => state === 'failed' && moved >= note.begun);
    if (stuck.length > 0 && !isForced(plan))
      return hasFailed(`it could not be stopped: ${named(stuck)}`);
    return isDone(left.length > 0 ? 'the host is down; nothing could be stopped' : '');
  },
};
