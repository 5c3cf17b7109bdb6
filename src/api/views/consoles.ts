/** Console connections as the API shows them. */

import type { ConsoleConnection } from '../../contract/consoles.ts';
import type { ReadGraph } from '../../core/graph/read-graph.ts';
import type { ListedConnection } from '../../station/obm/consoles.ts';

export const connectionView = (
  graph: ReadGraph,
  { row, connected }: ListedConnection,
): ConsoleConnection => {
  const { id, host, credential: token, mode, purpose, since, expires } = row;
  const name = graph.get('credential', token)?.name ?? null;
  const at = connected && { source: connected.source, since: connected.since };
  return { id, host, token, name, mode, purpose, since, expires, connected: at };
};
