/** What the events of console connections change in the graph. */

import type { consoleConnectionEvents } from '../../events/console-connections.ts';
import { revision as revisionOf } from '../../values/revision.ts';
import { clearDeadline, made, setDeadline } from '../changes.ts';
import type { Evolvers } from '../changes.ts';
import type { Graph } from '../graph.ts';

const remove = (graph: Graph, id: string): void => {
  graph.remove('connection', id);
  clearDeadline(graph, 'connection-expiry', id);
};

/** All of a machine are over: none of them outlives the right to its OBM. */
export const endConnections = (graph: Graph, fqdn: string): void => {
  for (const { id } of [...graph.many('connects', fqdn)]) remove(graph, id);
};

export const consoleConnectionEvolvers: Evolvers<typeof consoleConnectionEvents> = {
  ConsoleConnectionMade: (graph, { fqdn: host, token: credential, epoch, ...data }, position) => {
    const row = { ...data, host, credential, epoch: revisionOf(epoch), since: position.at };
    graph.put('connection', { ...row, ...made(position) });
    setDeadline(graph, 'connection-expiry', data.id, data.expires, position);
  },

  ConsoleConnectionEnded: (graph, { id }) => remove(graph, id),
};
