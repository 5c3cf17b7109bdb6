/**
 * Takes a process out of the cluster. Its endpoint and range values are free again, its fid never
 * is.
 */

import type { Fid } from '../allocation/fid.ts';
import type { ProcessState } from '../graph/resources.ts';
import { reject } from '../rejection.ts';
import { decided } from './command.ts';
import type { Decide } from './command.ts';

export interface RemoveProcess {
  readonly type: 'RemoveProcess';
  readonly fid: Fid;
}

/** States in which nobody can be running it. */
const removable: readonly ProcessState[] = ['unknown', 'offline', 'failed'];

export const removeProcess: Decide<RemoveProcess> = (graph, { fid }) => {
  const process = graph.get('process', fid);
  if (!process) return reject('unknown-process', `there is no process ${fid}`, { subject: fid });
  if (!removable.includes(process.state))
    return reject(
      'process-busy',
      `${fid} is ${process.state}; it can be removed when offline or failed`,
      {
        subject: fid,
      },
    );
  // Sorted, as the graph has no order of its own.
  const tokens = Array.from(graph.many('speaks', fid), ({ id }) => id).sort();
  const revoked = tokens.map((id) => ({
    type: 'CredentialRevoked' as const,
    data: { id, why: 'owner-removed' as const },
  }));
  return decided([...revoked, { type: 'ProcessRemoved', data: { fid } }]);
};
