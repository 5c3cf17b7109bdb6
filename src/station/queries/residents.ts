/** What runs or ran on one machine: its nodes and their processes, those that are gone, too. */

import type { Commit, EventRecord } from '../../core/events/commit.ts';
import type { Graph } from '../../core/graph/graph.ts';
import { fidType } from '../../core/values/fid.ts';
import type { LogIndex } from '../replica/log-index.ts';
import type { Departed } from './departed.ts';

interface Parts {
  readonly index: LogIndex;
  readonly graph: Graph;
  readonly departed: Departed;
}

/** A name of the machine, and the revisions between which it had it. */
interface Name {
  readonly name: string;
  readonly after: number;
  readonly to: number;
}

const processIn = ({ data }: EventRecord): string | undefined => {
  const { fid } = data as Readonly<Record<string, unknown>>;
  return typeof fid === 'string' && fidType(fid) === 'process' ? fid : undefined;
};

export class Residents {
  readonly #parts: Parts;
  readonly #nodes: ReadonlySet<string>;
  /** Nodes of processes that commits told of, or the index; null: nobody knows. */
  readonly #homes = new Map<string, string | null>();

  private constructor(parts: Parts, nodes: ReadonlySet<string>) {
    this.#parts = parts;
    this.#nodes = nodes;
  }

  static async of(parts: Parts, fqdn: string, names: readonly Name[]): Promise<Residents> {
    const { graph, departed, index } = parts;
    const { position } = index;
    // The index calls the machine as it was called there.
    const then = names.find(({ after, to }) => position > after && position <= to)?.name;
    const known = then === undefined ? [] : await index.nodesOf(then);
    const now = graph.one('runs', fqdn);
    return new Residents(
      parts,
      new Set([...known, ...departed.nodesOf(fqdn), ...(now ? [now.fid] : [])]),
    );
  }

  /** Finds out where the processes were that some commits are about. */
  async meet(commits: readonly Commit[]): Promise<void> {
    const { graph, departed, index } = this.#parts;
    const unknown = new Set<string>();
    for (const { events } of commits)
      for (const event of events) {
        const process = processIn(event);
        if (process === undefined) continue;
        const { node } = event.data as Readonly<Record<string, unknown>>;
        const home =
          typeof node === 'string'
            ? node
            : (graph.get('process', process)?.node ?? departed.nodeOf(process));
        if (home !== undefined) this.#homes.set(process, home);
        else if (!this.#homes.get(process)) unknown.add(process);
      }
    const asked = [...unknown].filter((process) => !this.#homes.get(process));
    const homes = await index.homesOf(asked);
    for (const [i, process] of asked.entries()) this.#homes.set(process, homes[i] ?? null);
  }

  /** Whether an event of commits that were met is about one of them. */
  has(event: EventRecord): boolean {
    const { fid } = event.data as Readonly<Record<string, unknown>>;
    if (typeof fid !== 'string') return false;
    return this.#nodes.has(fidType(fid) === 'process' ? (this.#homes.get(fid) ?? '') : fid);
  }
}
