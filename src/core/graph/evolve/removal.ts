/** What the events of leaving change in the graph, beyond taking rows away. */

import type { EventType } from '../../events/catalogue.ts';
import { retiredRole } from '../../values/credential-roles.ts';
import { clearDeadline, made, setDeadline } from '../changes.ts';
import type { Evolve } from '../changes.ts';

type RemovalEvent = Extract<
  EventType,
  | 'NodeRemovalHeld'
  | 'ProcessAbandoned'
  | 'DeparturesForgotten'
  | 'EndpointsCooled'
  | 'CredentialRetired'
>;

export const removalEvolvers: { readonly [T in RemovalEvent]: Evolve<T> } = {
  // Says who refused; what left has events of its own.
  NodeRemovalHeld: () => undefined,

  ProcessAbandoned: (graph, { fid, host, name, reason, until }, position) => {
    graph.put('departure', { fid, host, name, reason, ...made(position) });
    setDeadline(graph, 'departure-expiry', fid, until, position);
  },

  DeparturesForgotten: (graph, { fids }) => {
    for (const fid of fids) {
      graph.remove('departure', fid);
      clearDeadline(graph, 'departure-expiry', fid);
    }
  },

  EndpointsCooled: (graph, { endpoints }) => {
    for (const endpoint of endpoints) clearDeadline(graph, 'endpoint-cooldown', endpoint);
  },

  CredentialRetired: (graph, { id, until }, position) => {
    const row = graph.must('credential', id);
    const changed = position.revision;
    graph.put('credential', { ...row, role: retiredRole, expires: until, changed });
    setDeadline(graph, 'credential-expiry', id, until, position);
  },
};
