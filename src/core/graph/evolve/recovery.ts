/** What the events of the recovery of hosts change in the graph. */

import type { recoveryEvents } from '../../events/recovery.ts';
import { changeHost, clearDeadline, setDeadline, upsert } from '../changes.ts';
import type { Evolvers, Position } from '../changes.ts';
import type { Graph } from '../graph.ts';
import type { Rows } from '../resources.ts';
import { clusterPolicy } from '../rows/hosts.ts';

/** What is done about a host that is away is part of what is known of the host. */
const changeRecovery = (
  graph: Graph,
  fqdn: string,
  change: Partial<Rows['recovery']>,
  position: Position,
): void => {
  const { revision } = position;
  graph.put('recovery', { ...graph.must('recovery', fqdn), ...change, changed: revision });
  changeHost(graph, fqdn, {}, position);
};

/** The host is back, or gone. */
export const endRecovery = (graph: Graph, fqdn: string): void => {
  if (!graph.get('recovery', fqdn)) return;
  graph.remove('recovery', fqdn);
  clearDeadline(graph, 'recovery-attempt', fqdn);
};

export const recoveryEvolvers: Evolvers<typeof recoveryEvents> = {
  RecoveryPolicyDeclared: (graph, { fqdn, steps }, position) => {
    const id = fqdn ?? clusterPolicy;
    if (steps) upsert(graph, 'policy', id, { id, host: fqdn, steps }, position);
    else if (graph.get('policy', id)) graph.remove('policy', id);
    if (fqdn !== null) changeHost(graph, fqdn, {}, position);
  },

  RecoveryStarted: (graph, { fqdn, next }, position) => {
    upsert(graph, 'recovery', fqdn, { host: fqdn, attempts: 0, given_up: false }, position);
    setDeadline(graph, 'recovery-attempt', fqdn, next, position);
    changeHost(graph, fqdn, {}, position);
  },

  RecoveryAttempted: (graph, { fqdn, attempt, next }, position) => {
    changeRecovery(graph, fqdn, { attempts: attempt }, position);
    setDeadline(graph, 'recovery-attempt', fqdn, next, position);
  },

  RecoveryStepBegun: (graph, { fqdn, step }, position) => {
    const { revision: begun, at: ended } = position;
    const taken = (graph.must('recovery', fqdn).steps?.taken ?? 0) + 1;
    const steps = { taken, doing: { begun, step }, ended, outcome: '' };
    changeRecovery(graph, fqdn, { steps }, position);
  },

  RecoveryStepEnded: (graph, { fqdn, begun, outcome, detail }, position) => {
    const steps = graph.get('recovery', fqdn)?.steps;
    if (steps?.doing?.begun !== begun) return changeHost(graph, fqdn, {}, position);
    const told = outcome === 'done' ? detail : `${outcome}: ${detail}`;
    // What a station that ended had begun may go on for as long as it was given.
    const { step } = steps.doing;
    const gone = steps.ended + (step.kind === 'ssh' ? step.timeout * 1000 : 0);
    const ended = outcome === 'interrupted' ? Math.max(position.at, gone) : position.at;
    const change = { ...steps, doing: null, ended, outcome: told };
    changeRecovery(graph, fqdn, { steps: change }, position);
    if (graph.get('maintenance', fqdn)) endRecovery(graph, fqdn);
  },

  RecoveryExhausted: (graph, { fqdn }, position) => {
    changeRecovery(graph, fqdn, { given_up: true }, position);
    clearDeadline(graph, 'recovery-attempt', fqdn);
  },
};
