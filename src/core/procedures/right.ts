/** Whoever asked for a procedure is asked for the right to it again each time before something is done. */

import type { ReadGraph } from '../graph/read-graph.ts';
import type { ProcedureRow } from '../graph/rows/procedures.ts';
import { mayStill } from '../rights/asking.ts';
import { rebootRightEnded } from '../rights/used-right.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';

/** Why it must not go on, by the rights of now; undefined: it may. A reboot is by a grant. */
export const rightLost = (
  graph: ReadGraph,
  { host: fqdn, by, reboot }: ProcedureRow,
  at: number,
): Refused | undefined => {
  if (reboot) return rebootRightEnded(graph, fqdn, reboot, at);
  if (mayStill(graph, by, 'operate', fqdn)) return undefined;
  return reject('right-ended', `whoever asked may not operate ${fqdn} any more`);
};
