/** A machine that somebody else works on is left alone. */

import type { ReadGraph } from '../graph/read-graph.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';

/** Why nothing is done to a machine in maintenance; undefined: it is not, or by whoever asks. */
export const pausedByOthers = (
  graph: ReadGraph,
  fqdn: string,
  by: readonly string[],
): Refused | undefined => {
  const row = graph.one('pauses', fqdn);
  if (!row || by.includes(row.by)) return undefined;
  return reject(
    'in-maintenance',
    `${fqdn} is in maintenance by ${row.by} (${row.reason}); force does it all the same`,
    { subject: fqdn },
  );
};
