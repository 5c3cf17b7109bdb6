/** What the events of what OBM daemons tell change in the graph. */

import type { obmNewsEvents } from '../../events/obm-news.ts';
import { upsert } from '../changes.ts';
import type { Evolvers, Position } from '../changes.ts';
import type { Graph } from '../graph.ts';
import type { ObservationRow } from '../rows/observations.ts';

const observe = (
  graph: Graph,
  fqdn: string,
  seen: Partial<Pick<ObservationRow, 'power' | 'trouble'>>,
  position: Position,
): void => {
  const { power = null, trouble = null } = graph.get('observation', fqdn) ?? {};
  upsert(graph, 'observation', fqdn, { host: fqdn, power, trouble, ...seen }, position);
};

/** Nothing but the log needs to know what was once, by whom. */
const told = (): void => undefined;

export const obmNewsEvolvers: Evolvers<typeof obmNewsEvents> = {
  ObmPowerChanged: (graph, { fqdn, state, seen }, position) =>
    observe(graph, fqdn, { power: { state, seen } }, position),

  ObmUnreachable: (graph, { fqdn, reason, seen }, position) =>
    observe(graph, fqdn, { trouble: { reason, seen } }, position),

  ObmReachable: (graph, { fqdn }, position) => observe(graph, fqdn, { trouble: null }, position),

  ObmConsoleAttached: told,
  ObmConsoleDetached: told,
  ObmWriterTaken: told,
  ObmOrderedElsewhere: told,
  ObmIdentified: told,
  ObmLogGrew: told,

  ObmdFollowed: (graph, { obmd, position: place, anew }, position) => {
    if (anew)
      for (const host of graph.indexes.obmLabels.hostsOf(obmd))
        if (graph.get('observation', host)) graph.remove('observation', host);
    upsert(graph, 'feed', obmd, { obmd, position: place }, position);
  },
};

/** The OBM of a host is registered no more: what was seen by it, and where a daemon was that has no other of ours. */
export const forgetRegistration = (graph: Graph, fqdn: string): void => {
  const registration = graph.get('registration', fqdn);
  if (!registration) return;
  graph.remove('registration', fqdn);
  if (graph.get('observation', fqdn)) graph.remove('observation', fqdn);
  const { obmd } = registration;
  if (graph.indexes.obmLabels.countOf(obmd) === 0 && graph.get('feed', obmd))
    graph.remove('feed', obmd);
};
