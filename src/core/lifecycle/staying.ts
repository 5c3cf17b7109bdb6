/** What refuses to leave a node, and why. */

import type { Graph } from '../graph/graph.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import { byFid } from '../values/fid.ts';
import { mayRun } from './leaving.ts';
import { hostOf, isManaged } from './process.ts';
import { quorumLoss } from './quorum.ts';
import { requiredBy } from './requirements.ts';

export interface Staying {
  readonly process: ProcessRow;
  readonly code: 'process-busy' | 'process-required' | 'quorum-lost';
  /** It goes into events, which members of a project may read: without numbers of the whole cluster. */
  readonly why: string;
}

/**
 * Why an independent process cannot be removed now; null: it can be. One whose host is down may have
 * ended unseen, which an operator who uses force takes for certain.
 */
export const busyReason = (graph: Graph, process: ProcessRow, force: boolean): string | null => {
  if (!mayRun(process) || isManaged(graph, process)) return null;
  if (hostOf(graph, process).state !== 'down')
    return `it is ${process.state}, and only its owner can end it`;
  return force ? null : `it was ${process.state} when its host went down; force removes it`;
};

/** Those of the processes of one node that stay, should all of them be removed. */
export const stayingOf = (
  graph: Graph,
  processes: readonly ProcessRow[],
  force: boolean,
): Staying[] => {
  const busy = processes.flatMap((process): Staying[] => {
    const why = busyReason(graph, process, force);
    return why === null ? [] : [{ process, code: 'process-busy', why }];
  });
  if (force) return busy;
  const lost = quorumLoss(graph, processes, 'remove');
  const serving = (lost?.confds ?? []).map((process): Staying => {
    return { process, code: 'quorum-lost', why: lost!.told };
  });
  return [...busy, ...serving, ...requiredFor([...busy, ...serving], processes, graph)].sort(
    (a, b) => byFid(a.process, b.process),
  );
};

/** The oldest process of each role that something needs which stays, and what that needs. */
const requiredFor = (
  staying: readonly Staying[],
  processes: readonly ProcessRow[],
  graph: Graph,
): Staying[] => {
  const roles = new Set(staying.map(({ process }) => process.role));
  const oldest = new Map<string, ProcessRow>();
  for (const process of processes) if (!oldest.has(process.role)) oldest.set(process.role, process);
  const required: Staying[] = [];
  const dependents = staying.map(({ process }) => process);
  for (const dependent of dependents)
    for (const role of requiredBy(graph, dependent.role)) {
      const process = oldest.get(role);
      if (!process || roles.has(role)) continue;
      roles.add(role);
      dependents.push(process);
      required.push({ process, code: 'process-required', why: `${dependent.fid} requires it` });
    }
  return required;
};
