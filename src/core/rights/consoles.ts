/** Who may be at the console of a machine. */

import type { ReadGraph } from '../graph/read-graph.ts';
import type { ConnectionRow } from '../graph/rows/obms.ts';
import type { ConsoleMode } from '../values/consoles.ts';
import { allows } from './rights.ts';

/** Whoever sees a machine may look at its console; whoever operates it may type there. */
export const consoleActions = {
  'read-only': 'look',
  'read-write': 'operate',
} as const satisfies Readonly<Record<ConsoleMode, string>>;

/** Whether whoever a connection was made for still may have it. */
export const mayConnect = (
  graph: ReadGraph,
  { host: fqdn, credential, mode }: Pick<ConnectionRow, 'host' | 'credential' | 'mode'>,
): boolean => {
  const who = graph.get('credential', credential);
  const host = { kind: 'host', fqdn } as const;
  return who !== undefined && allows(graph, who, consoleActions[mode], host).allowed;
};
