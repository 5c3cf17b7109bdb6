/** What is done about a host that was lost, as the API shows it. */

import type { Recovery } from '../../contract/hosts.ts';
import { deadlineOf } from '../../core/graph/changes.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import { fence, heldBack } from '../../core/lifecycle/recovery-policy.ts';
import { attemptsMax } from '../../core/lifecycle/recovery.ts';

/** @param toMember is told nothing of how many hosts there are */
export const recoveryView = (graph: ReadGraph, fqdn: string, toMember = false): Recovery | null => {
  const row = graph.get('recovery', fqdn);
  if (!row) return null;
  const held = heldBack(graph, row);
  return {
    attempts: row.attempts,
    attempts_max: attemptsMax(graph),
    next: deadlineOf(graph, 'recovery-attempt', fqdn)?.at ?? null,
    given_up: row.given_up,
    doing: row.steps?.doing?.step.kind ?? null,
    last: row.steps?.outcome ?? '',
    held: toMember && fence(graph) !== '' && held !== '' ? 'too many hosts are down' : held,
  };
};
