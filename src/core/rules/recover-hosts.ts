/** Begins to recover a host that was lost. */

import { decided, unchanged } from '../decision.ts';
import { recoveryStartedEvent } from '../lifecycle/recovery.ts';
import { eventRule } from './rule.ts';
import type { Rule } from './rule.ts';

const recoverLost = eventRule({
  name: 'recover-lost',
  description: 'A host that is lost is recovered, unless it is leaving or somebody works on it.',
  on: ['NodeDown', 'MaintenanceEnded'],
  react: (graph, { data: { fqdn } }, { at }) => {
    const host = graph.get('host', fqdn);
    if (host?.state !== 'down' || host.removing) return unchanged;
    if (graph.get('maintenance', fqdn) || graph.get('recovery', fqdn)) return unchanged;
    return decided([recoveryStartedEvent(graph, fqdn, at)]);
  },
});

const endPowerCycle = eventRule({
  name: 'end-power-cycle',
  description: 'A step of a recovery that cycles the machine ends with the order to its OBM.',
  on: ['ObmOrderEnded'],
  react: (graph, { data: { fqdn, ordered, outcome, detail } }) => {
    if (graph.one('recovers', fqdn)?.steps?.doing?.begun !== ordered) return unchanged;
    const how = outcome === 'unknown' ? 'interrupted' : outcome === 'done' ? 'done' : 'failed';
    return decided([
      { type: 'RecoveryStepEnded', data: { fqdn, begun: ordered, outcome: how, detail } },
    ]);
  },
});

export const recoverHosts: readonly Rule[] = [recoverLost, endPowerCycle];
