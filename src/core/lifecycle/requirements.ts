/** What the processes of one node need of each other. */

import type { ReadGraph } from '../graph/read-graph.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import { byFid } from '../values/fid.ts';
import type { Fid } from '../values/fid.ts';
import { isManaged, levelOf } from './process.ts';
import { wantedOf } from './wanted.ts';

/** A process that was given up is tried again only when somebody wants it anew. */
export const isGivenUp = (graph: ReadGraph, process: ProcessRow): boolean =>
  process.state === 'failed' && (wantedOf(graph, process)?.at ?? 0) <= process.moved;

/**
 * The managed processes of one node as they are now, and what they need of each other. Independent
 * ones do not count: nobody here can start them.
 */
export class Requirements {
  readonly #graph: ReadGraph;
  readonly #ofRole = new Map<string, ProcessRow[]>();
  readonly #known = new Map<string, boolean>();

  constructor(graph: ReadGraph, node: Fid) {
    this.#graph = graph;
    for (const row of graph.many('hosts', node)) {
      if (!isManaged(graph, row)) continue;
      const ofRole = this.#ofRole.get(row.role);
      if (ofRole) ofRole.push(row);
      else this.#ofRole.set(row.role, [row]);
    }
    for (const rows of this.#ofRole.values()) rows.sort(byFid);
  }

  /** Lowest boot level first, then in the order in which they were added. */
  inBootOrder(): ProcessRow[] {
    return [...this.#ofRole.values()]
      .flat()
      .sort((a, b) => levelOf(this.#graph, a) - levelOf(this.#graph, b) || byFid(a, b));
  }

  /** One that this process requires and that is not online; null: none. */
  blockerOf(process: ProcessRow): ProcessRow | null {
    return (
      this.#providersOf(process).find((providers) =>
        providers.every(({ state }) => state !== 'online'),
      )?.[0] ?? null
    );
  }

  /**
   * Whether a process is online or will be by itself, when nothing above a boot level is: somebody
   * wants it, it was not given up, and the same holds of something in each role that it requires.
   */
  comes(process: ProcessRow, level = Infinity): boolean {
    if (process.state === 'online') return true;
    const question = `${process.fid} ${level}`;
    const answer = this.#known.get(question);
    if (answer !== undefined) return answer;
    // Should roles have come to require each other in a circle, none of them comes.
    this.#known.set(question, false);
    const result =
      wantedOf(this.#graph, process)?.state === 'online' &&
      levelOf(this.#graph, process) <= level &&
      !isGivenUp(this.#graph, process) &&
      this.#providersOf(process).every((providers) =>
        providers.some((provider) => this.comes(provider, level)),
      );
    this.#known.set(question, result);
    return result;
  }

  /** For each role that it requires and that has processes here, these processes. */
  #providersOf({ role }: ProcessRow): ProcessRow[][] {
    return requiredBy(this.#graph, role)
      .map((required) => this.#ofRole.get(required))
      .filter((providers) => providers !== undefined);
  }
}

/** The processes among these that no other one of them needs. */
export const notNeeded = (graph: ReadGraph, processes: readonly ProcessRow[]): ProcessRow[] => {
  const roles = new Set(processes.map(({ role }) => role));
  const needed = new Set(
    [...roles].flatMap((role) => requiredBy(graph, role).filter((other) => other !== role)),
  );
  return processes.filter(({ role }) => !needed.has(role));
};

/**
 * Processes of the node that require this one's role, where no other one provides it to them. Only
 * processes that `count` are looked at.
 */
export const dependentsOf = (
  graph: ReadGraph,
  { fid, node, role }: ProcessRow,
  count: (process: ProcessRow) => boolean,
): ProcessRow[] => {
  const others = [...graph.many('hosts', node)].filter((row) => row.fid !== fid && count(row));
  if (others.some((other) => other.role === role)) return [];
  return others.filter((other) => requiredBy(graph, other.role).includes(role)).sort(byFid);
};

/** The roles that a role requires. */
export const requiredBy = (graph: ReadGraph, role: string): readonly string[] =>
  graph.must('role', role).requires;
