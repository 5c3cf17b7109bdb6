/** What the events of out-of-band managers change in the graph. */

import type { obmEvents } from '../../events/obms.ts';
import { revision as revisionOf } from '../../values/revision.ts';
import { made } from '../changes.ts';
import type { Evolvers, Position } from '../changes.ts';
import type { Graph } from '../graph.ts';
import type { RegistrationRow } from '../rows/obms.ts';
import { endConnections } from './console-connections.ts';
import { forgetRegistration } from './obm-news.ts';

const change = (
  graph: Graph,
  fqdn: string,
  changed: Partial<RegistrationRow>,
  { revision, at }: Position,
): void => {
  const row = graph.must('registration', fqdn);
  graph.put('registration', { ...row, ...changed, since: at, changed: revision });
};

export const obmEvolvers: Evolvers<typeof obmEvents> = {
  ObmRegistered: (graph, { fqdn, obmd, label }, position) => {
    const { revision: epoch, at: since } = position;
    const shut = { epoch, token: null, isBegun: false, since };
    graph.put('registration', { host: fqdn, obmd, label, ...shut, ...made(position) });
  },

  ObmUnregistered: (graph, { fqdn }) => {
    endConnections(graph, fqdn);
    forgetRegistration(graph, fqdn);
  },

  ObmEnableBegun: (graph, { fqdn }, position) =>
    change(graph, fqdn, { epoch: position.revision, isBegun: true }, position),

  ObmEnabled: (graph, { fqdn, epoch }, position) => {
    endConnections(graph, fqdn);
    change(graph, fqdn, { token: revisionOf(epoch), isBegun: false }, position);
  },

  ObmDisabled: (graph, { fqdn }, position) => {
    endConnections(graph, fqdn);
    change(graph, fqdn, { epoch: position.revision, token: null, isBegun: false }, position);
  },
};
