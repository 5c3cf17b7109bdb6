/** Grants as the API shows them. */

import type { Grant } from '../../contract/grants.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { GrantRow } from '../../core/graph/rows/grants.ts';

export const grantView = (graph: ReadGraph, row: GrantRow): Grant => {
  const { id, credential: token, machines, created: _, changed: __, ...rest } = row;
  const user = graph.get('credential', token)?.user ?? null;
  const { actions, reason, uses, used, since, until, second_factor } = rest;
  return {
    ...{ id, token, user, reason, uses, used, since, until, second_factor },
    actions: [...actions],
    hosts: machines && [...machines],
  };
};
