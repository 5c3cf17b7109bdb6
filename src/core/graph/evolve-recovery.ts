/** What the events of the recovery of hosts change in the graph. */

import type { EventType } from '../events/catalogue.ts';
import type { recoveryEvents } from '../events/recovery.ts';
import { changeHost, clearDeadline, setDeadline, upsert } from './changes.ts';
import type { Evolve, Position } from './changes.ts';
import type { Graph } from './graph.ts';
import type { Rows } from './resources.ts';

type RecoveryEvent = Extract<keyof typeof recoveryEvents, EventType>;

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
  if (graph.get('recovery', fqdn)) graph.remove('recovery', fqdn);
  clearDeadline(graph, 'recovery-attempt', fqdn);
};

export const recoveryEvolvers: { readonly [T in RecoveryEvent]: Evolve<T> } = {
  RecoveryStarted: (graph, { fqdn, next }, position) => {
    upsert(graph, 'recovery', fqdn, { host: fqdn, attempts: 0, given_up: false }, position);
    setDeadline(graph, 'recovery-attempt', fqdn, next, position);
    changeHost(graph, fqdn, {}, position);
  },

  RecoveryAttempted: (graph, { fqdn, attempt, next }, position) => {
    changeRecovery(graph, fqdn, { attempts: attempt }, position);
    setDeadline(graph, 'recovery-attempt', fqdn, next, position);
  },

  RecoveryExhausted: (graph, { fqdn }, position) => {
    changeRecovery(graph, fqdn, { given_up: true }, position);
    clearDeadline(graph, 'recovery-attempt', fqdn);
  },
};
