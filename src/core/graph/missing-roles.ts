/** What facts declare of a host and is not there, although it was once. */

import type { HostRow } from './rows/hosts.ts';

export interface MissingRole {
  readonly role: string;
  /** How many processes the role gave the host; null where the log does not tell. */
  readonly declared: number | null;
  /** How many of it the host has, without those that are being removed. */
  readonly present: number;
}

/** What of a graph tells it. */
export interface Staffing {
  one(name: 'runs', host: string): { readonly fid: string } | undefined;
  stayingOfRole(node: string, role: string): number;
}

/**
 * The declared roles of a host of which processes are gone: removed by somebody, with their node, or
 * scaled away. What still waits for its first allocation is not missing, it is pending.
 */
export const missingRoles = (graph: Staffing, host: HostRow): MissingRole[] => {
  if (host.roles.length === 0) return [];
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
