/** The process that a command names, or why the command is refused. */

import type { Graph } from '../graph/graph.ts';
import type { ProcessRow } from '../graph/rows/processes.ts';
import { isManaged } from '../lifecycle/process.ts';
import type { Fid } from '../values/fid.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';

/** The process of that fid, which must be managed. */
export const managedProcess = (graph: Graph, fid: Fid): ProcessRow | Refused => {
  const process = graph.get('process', fid);
  if (!process) return reject('unknown-process', `there is no process ${fid}`, { subject: fid });
  if (isManaged(graph, process)) return process;
  return reject(
    'process-independent',
    `${fid} is independent: its owner starts and stops it, and reports what it does`,
    { subject: fid },
  );
};

/** The process of that fid, which must be independent. */
export const independentProcess = (graph: Graph, fid: Fid): ProcessRow | Refused => {
  const process = graph.get('process', fid);
  if (!process) return reject('unknown-process', `there is no process ${fid}`, { subject: fid });
  if (!isManaged(graph, process)) return process;
  return reject('process-managed', `${fid} is managed: its agent watches it, and it has no lease`, {
    subject: fid,
  });
};

/** The refusal of what cannot be done to something that leaves. */
export const leaving = (fid: Fid): Refused =>
  reject('being-removed', `${fid} is being removed`, { subject: fid });
