/**
 * Where processes and nodes were that are gone: the last ones since the station started. The index of the log knows
 * it of all, and is behind by a little.
 */

import type { Graph } from '../../core/graph/graph.ts';
import type { HostRow } from '../../core/graph/rows/hosts.ts';
import type { NodeRow, ProcessRow } from '../../core/graph/rows/processes.ts';
import type { Fid } from '../../core/values/fid.ts';

/** Processes, and nodes, that are remembered. */
export const departedKept = 65_536;

export class Departed {
  /** Their nodes, those that went last at the end. */
  readonly #processes = new Map<string, Fid>();
  /** Their hosts, as these are called now. */
  readonly #nodes = new Map<string, string>();

  constructor(graph: Pick<Graph, 'watch'>) {
    graph.watch((kind, key, before, after) => {
      if (kind === 'process' && before && !after)
        keep(this.#processes, key, (before as ProcessRow).node);
      else if (kind === 'node' && before && !after)
        keep(this.#nodes, key, (before as NodeRow).host);
      else if (kind === 'host' && after && !before) this.#renamed(after as HostRow);
    });
  }

  nodeOf(process: string): Fid | undefined {
    return this.#processes.get(process);
  }

  /** Nodes that a host had. */
  nodesOf(host: string): string[] {
    return [...this.#nodes].filter(([, on]) => on === host).map(([node]) => node);
  }

  #renamed({ fqdn, formerly }: HostRow): void {
    const from = formerly?.at(-1)?.name;
    if (from === undefined) return;
    for (const [node, host] of this.#nodes) if (host === from) this.#nodes.set(node, fqdn);
  }
}

const keep = <V>(all: Map<string, V>, key: string, value: V): void => {
  all.delete(key);
  all.set(key, value);
  if (all.size > departedKept) all.delete(all.keys().next().value!);
};
