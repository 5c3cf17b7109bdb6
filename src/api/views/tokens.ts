/** Tokens as the API shows them: never the token, never its hash. */

import type { Token } from '../../contract/tokens.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import { holderOf } from '../../core/graph/rows/credentials.ts';
import type { CredentialRow } from '../../core/graph/rows/credentials.ts';

export const tokenView = (graph: ReadGraph, row: CredentialRow): Token => {
  const { id, name, role, host, process, expires, user = null } = row;
  const projects = Array.from(graph.many('joins', holderOf(row)), (member) => ({
    name: member.project,
    role: member.role,
  })).sort((a, b) => (a.name < b.name ? -1 : 1));
  return { id, name, role, host, process, user, projects, expires: expires === 0 ? null : expires };
};
