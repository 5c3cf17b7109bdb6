/** What the events of grants change in the graph. */

import type { grantEvents } from '../../events/grants.ts';
import { usesRemembered } from '../../values/grants.ts';
import { clearDeadline, made, setDeadline, upsert } from '../changes.ts';
import type { Evolvers } from '../changes.ts';
import type { Graph } from '../graph.ts';
import { usageOf } from '../rows/credentials.ts';

/** It is not good any more. */
const endGrant = (graph: Graph, id: string): void => {
  if (!graph.get('grant', id)) return;
  graph.remove('grant', id);
  clearDeadline(graph, 'grant-expiry', id);
};

/** A token is no more: nor are its grants, and how often it used them. */
export const endGrantsOf = (graph: Graph, credential: string): void => {
  for (const { id } of [...graph.many('elevates', credential)]) endGrant(graph, id);
  const usage = graph.get('usage', `token/${credential}`);
  if (usage) graph.remove('usage', usage.who);
};

export const grantEvolvers: Evolvers<typeof grantEvents> = {
  GrantGiven: (graph, data, position) => {
    graph.put('grant', { ...data, used: 0, since: position.at, ...made(position) });
    setDeadline(graph, 'grant-expiry', data.id, data.until, position);
  },

  GrantUsed: (graph, { id, credential }, position) => {
    const grant = graph.get('grant', id);
    if (grant) graph.put('grant', { ...grant, used: grant.used + 1, changed: position.revision });
    const holder = graph.get('credential', credential);
    if (!holder) return;
    const who = usageOf(holder);
    const before = graph.get('usage', who)?.times ?? [];
    const times = [...before, position.at].slice(-usesRemembered);
    upsert(graph, 'usage', who, { who, times }, position);
  },

  GrantRevoked: (graph, { id }) => endGrant(graph, id),
  GrantExpired: (graph, { id }) => endGrant(graph, id),
};
