/** What the events of the policy change in the graph. */

import type { policyEvents } from '../../events/policy.ts';
import { upsert } from '../changes.ts';
import type { Evolvers } from '../changes.ts';

export const policyEvolvers: Evolvers<typeof policyEvents> = {
  PolicySet: (graph, { file, rules }, position) =>
    upsert(graph, 'rulebook', 'rulebook', { id: 'rulebook', file, rules }, position),
};
