/** What facts declare of a host and is not there, although it was once. */

import type { ReadGraph } from '../graph/read-graph.ts';
import type { HostRow } from '../graph/rows/hosts.ts';

export interface MissingRole {
  readonly role: string;
  /** How many processes the role gave the host; null where the log does not tell. */
  readonly declared: number | null;
  /** How many of it the host has, without those that are being removed. */
  readonly present: number;
}

/**
 * The declared roles of a host of which processes are gone: removed by somebody, with their node, or
 * scaled away. What still waits for its first allocation is not missing, it is pending.
 */
export const missingRoles = (graph: ReadGraph, host: HostRow): MissingRole[] => {
  const node = graph.one('runs', host.fqdn)?.fid;
  const roles = new Set(host.roles.map(({ name }) => name));
  return [...roles]
    .filter((role) => !host.pending.includes(role))
    .map((role) => ({
      role,
      declared: allocatedOf(host, role),
      present: node === undefined ? 0 : graph.stayingOfRole(node, role),
    }))
    .filter(({ declared, present }) => present < (declared ?? 1));
};

/** How many processes a declared role gave a host; null where the log does not tell. */
export const allocatedOf = ({ allocated }: HostRow, role: string): number | null =>
  allocated && Object.hasOwn(allocated, role) ? allocated[role]! : null;

/** Whether a host, or its node, is on its way out: nothing can be added to it. */
export const isLeaving = (graph: ReadGraph, { fqdn, removing }: HostRow): boolean =>
  removing || graph.one('runs', fqdn)?.removing === true;
