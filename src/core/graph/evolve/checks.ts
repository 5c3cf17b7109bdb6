/** What the events of checks change in the graph. */

import type { checkEvents } from '../../events/checks.ts';
import { upsert } from '../changes.ts';
import type { Evolvers, Position } from '../changes.ts';
import type { Graph } from '../graph.ts';

/** A host is gone, and with it what was known of it. */
export const forgetHealth = (graph: Graph, fqdn: string): void => {
  if (graph.get('health', fqdn)) graph.remove('health', fqdn);
};

/** It is of the same machine under its new name. */
export const renameHealth = (graph: Graph, from: string, to: string, position: Position): void => {
  const row = graph.get('health', from);
  if (!row) return;
  graph.remove('health', from);
  graph.put('health', { ...row, host: to, changed: position.revision });
};

export const checkEvolvers: Evolvers<typeof checkEvents> = {
  ChecksChanged: (graph, { fqdn, changes }, position) => {
    const before = graph.get('health', fqdn)?.checks ?? [];
    const checks = new Map(before.map((one) => [one.check, one]));
    for (const { check, verdict, cause, seen } of changes)
      checks.set(check, { check, verdict, cause, since: seen });
    upsert(graph, 'health', fqdn, { host: fqdn, checks: [...checks.values()] }, position);
  },
};
