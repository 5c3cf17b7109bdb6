/** Begins to recover a host that was lost. */

import { decided, unchanged } from '../decision.ts';
import { startRecovery } from '../lifecycle/recovery.ts';
import type { Rule } from './rule.ts';

const recoverLost: Rule = {
  name: 'recover-lost',
  description: 'A host that is lost is recovered, unless it is leaving.',
  on: ['NodeDown'],
  react: (graph, event, { at }) => {
    const host = event.type === 'NodeDown' ? graph.get('host', event.data.fqdn) : undefined;
    if (host?.state !== 'down' || host.removing) return unchanged;
    return decided([startRecovery(graph, host.fqdn, at)]);
  },
};

export const recoverHosts: readonly Rule[] = [recoverLost];
