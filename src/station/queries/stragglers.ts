/** Processes that are not where they were wanted, in words. */

import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { ProcessRow } from '../../core/graph/rows/processes.ts';
import { hostOf, specOf } from '../../core/lifecycle/process.ts';
import { Requirements } from '../../core/lifecycle/requirements.ts';
import type { Fid } from '../../core/values/fid.ts';

/** A process that is not where it was wanted, or a machine, which has no fid; and why. */
export interface Straggler {
  readonly fid: Fid | null;
  readonly host: string;
  readonly name: string;
  readonly state: string;
  readonly reason: string;
}

export type RequirementsOf = (process: ProcessRow) => Requirements;

/** Each node is looked at once, however many processes of it are asked about. */
export const requirementsOf = (graph: ReadGraph): RequirementsOf => {
  const known = new Map<Fid, Requirements>();
  return ({ node }) => {
    const requirements = known.get(node) ?? new Requirements(graph, node);
    known.set(node, requirements);
    return requirements;
  };
};

export const straggler = (
  graph: ReadGraph,
  requirements: RequirementsOf,
  row: ProcessRow,
): Straggler => {
  const host = hostOf(graph, row);
  const blocking = requirements(row).blockerOf(row);
  const reason =
    host.state !== 'up'
      ? `its host is ${host.state === 'down' ? `down: ${host.reason}` : 'not heard of yet'}`
      : row.reason !== '' || !blocking || row.state === 'online'
        ? row.reason
        : `waits for ${blocking.fid}, which is ${blocking.state}`;
  const { name } = specOf(graph, row);
  return { fid: row.fid, host: host.fqdn, name, state: row.state, reason };
};
