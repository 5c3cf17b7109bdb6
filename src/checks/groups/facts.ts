/** Groups that the cluster itself knows: roles, racks, projects and states of its hosts. */

import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { GroupSource, Listing } from './listing.ts';
import { NamesByGroup } from './listing.ts';

const listingOf = (graph: ReadGraph): Listing => {
  const groups = new NamesByGroup();
  const all: string[] = [];
  for (const { fqdn, roles, enclosure, project, state } of graph.all('host')) {
    all.push(fqdn);
    groups.add('all', fqdn);
    groups.add(`state/${state}`, fqdn);
    if (enclosure !== null) groups.add(`rack/${enclosure}`, fqdn);
    if (project !== null) groups.add(`project/${project}`, fqdn);
    for (const name of new Set(roles.map(({ name }) => name))) groups.add(`role/${name}`, fqdn);
  }
  return groups.listing(all);
};

/** @param revision by which it is known whether anything has changed */
export const factsSource = (graph: () => ReadGraph, revision: () => number): GroupSource => {
  let known: { readonly revision: number; readonly listing: Listing } | undefined;
  return {
    name: 'facts',
    kind: 'facts',
    now: () => {
      const now = revision();
      if (known?.revision !== now) known = { revision: now, listing: listingOf(graph()) };
      return known.listing;
    },
  };
};
