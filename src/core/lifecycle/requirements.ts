/** What the processes of one node need of each other. */

import { byFid } from '../allocation/fid.ts';
import type { Fid } from '../allocation/fid.ts';
import type { Graph } from '../graph/graph.ts';
import type { ProcessRow } from '../graph/resources.ts';
import type { ProcessSpec } from '../roles.ts';
import { wantedOf } from './wanted.ts';

export const specOf = (graph: Graph, { spec }: ProcessRow): ProcessSpec =>
  graph.must('spec', spec).spec;

/**
 * The managed processes of each role that this one requires, lowest fid first. Independent ones do
 * not count: nobody here can start them.
 */
const providersOf = (graph: Graph, { node, role }: ProcessRow): ProcessRow[][] =>
  graph
    .must('role', role)
    .requires.map((required) =>
      Array.from(graph.many('hosts', node))
        .filter((row) => row.role === required && specOf(graph, row).ownership === 'managed')
        .sort(byFid),
    )
    .filter((providers) => providers.length > 0);

/** A managed process of the same node that this one requires and that is not online; null: none. */
export const blockerOf = (graph: Graph, process: ProcessRow): ProcessRow | null =>
  providersOf(graph, process).find((providers) =>
    providers.every(({ state }) => state !== 'online'),
  )?.[0] ?? null;

/** A process that was given up is tried again only when somebody wants it anew. */
export const isGivenUp = (graph: Graph, process: ProcessRow): boolean =>
  process.state === 'failed' && (wantedOf(graph, process)?.at ?? 0) <= process.moved;

/**
 * Whether a process is online or will be by itself, when nothing above a boot level is: somebody
 * wants it, it was not given up, and the same holds of something in each role that it requires.
 */
export const comes = (
  graph: Graph,
  process: ProcessRow,
  level = Infinity,
  known = new Map<Fid, boolean>(),
): boolean => {
  if (process.state === 'online') return true;
  const answer = known.get(process.fid);
  if (answer !== undefined) return answer;
  // Should roles have come to require each other in a circle, none of them comes.
  known.set(process.fid, false);
  const result =
    wantedOf(graph, process)?.state === 'online' &&
    specOf(graph, process).boot_level <= level &&
    !isGivenUp(graph, process) &&
    providersOf(graph, process).every((providers) =>
      providers.some((provider) => comes(graph, provider, level, known)),
    );
  known.set(process.fid, result);
  return result;
};

/** Whether another of these processes has a role that requires this one's. */
export const isNeededBy = (
  graph: Graph,
  { fid, role }: ProcessRow,
  others: readonly ProcessRow[],
): boolean => others.some((other) => other.fid !== fid && requires(graph, other, role));

/**
 * Processes of the node that require this one's role, where no other one provides it to them. Only
 * processes that `count` are looked at.
 */
export const dependentsOf = (
  graph: Graph,
  { fid, node, role }: ProcessRow,
  count: (process: ProcessRow) => boolean,
): ProcessRow[] => {
  const others = [...graph.many('hosts', node)].filter((row) => row.fid !== fid && count(row));
  if (others.some((other) => other.role === role)) return [];
  return others.filter((other) => requires(graph, other, role)).sort(byFid);
};

const requires = (graph: Graph, process: ProcessRow, role: string): boolean =>
  graph.must('role', process.role).requires.includes(role);
