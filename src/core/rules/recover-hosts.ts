/** Begins to recover a host that was lost. */

import { decided, unchanged } from '../decision.ts';
import { recoveryStartedEvent } from '../lifecycle/recovery.ts';
import { eventRule } from './rule.ts';
import type { Rule } from './rule.ts';

const recoverLost = eventRule({
  name: 'recover-lost',
  description: 'A host that is lost is recovered, unless it is leaving.',
  on: ['NodeDown'],
  react: (graph, { data: { fqdn } }, { at }) => {
    const host = graph.get('host', fqdn);
    if (host?.state !== 'down' || host.removing) return unchanged;
    return decided([recoveryStartedEvent(graph, fqdn, at)]);
  },
});

export const recoverHosts: readonly Rule[] = [recoverLost];
