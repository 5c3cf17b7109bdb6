/**
 * The quorum of the configuration servers (confds): more than half of all there are have to serve.
 * The denominator is the total, whatever state the others are in.
 */

import type { Graph } from '../graph/graph.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import { hostOf, specOf } from './process.ts';
import { wantedOf } from './wanted.ts';

export interface Quorum {
  readonly total: number;
  /** How many serve, and go on doing so as far as anybody has said. */
  readonly serving: number;
}

export const isQuorate = ({ total, serving }: Quorum): boolean => serving > total / 2;

export const isConfd = (graph: Graph, process: ProcessRow): boolean =>
  specOf(graph, process).services.includes('CONFD');

const serves = (graph: Graph, process: ProcessRow): boolean =>
  process.state === 'online' &&
  !process.removing &&
  wantedOf(graph, process)?.state !== 'offline' &&
  hostOf(graph, process).state === 'up';

/** The quorum without some processes that are to be stopped, or to be removed. */
export const quorumWithout = (
  graph: Graph,
  leaving: ReadonlySet<ProcessRow>,
  how: 'stop' | 'remove',
): Quorum => {
  let [total, serving] = [0, 0];
  for (const process of graph.indexes.confds.all()) {
    const leaves = leaving.has(process);
    if ((leaves && how === 'remove') || process.removing) continue;
    total += 1;
    if (!leaves && serves(graph, process)) serving += 1;
  }
  return { total, serving };
};

/**
 * Why these processes may not be stopped or removed: some of them serve, and without them there is no
 * quorum. Null: they may.
 */
export const quorumLoss = (
  graph: Graph,
  processes: readonly ProcessRow[],
  how: 'stop' | 'remove',
): {
  readonly confds: readonly ProcessRow[];
  /** For operators of the cluster, with numbers. */
  readonly why: string;
  /** For whoever has one of the confds, which says nothing of the others. */
  readonly told: string;
} | null => {
  const confds = processes.filter((one) => isConfd(graph, one) && serves(graph, one));
  if (confds.length === 0) return null;
  const after = quorumWithout(graph, new Set(processes), how);
  if (isQuorate(after)) return null;
  const told = 'quorum would be lost';
  return { confds, told, why: `${told}: ${after.serving} of ${after.total} confds would serve` };
};
