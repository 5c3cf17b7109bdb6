/** Adds the processes of one or more roles to a host, all of them or none. */

import { Allocator } from '../allocation/allocator.ts';
import { requiredFirst } from '../allocation/role-order.ts';
import type { DeclaredRole } from '../facts.ts';
import { reject } from '../rejection.ts';
import { decided } from './command.ts';
import type { Decide } from './command.ts';

export interface AddProcesses {
  readonly type: 'AddProcesses';
  /** FQDN of an existing host; it need not be up. */
  readonly host: string;
  readonly roles: readonly DeclaredRole[];
  /** Whether to issue a token for each process, with which it can fetch its configuration. */
  readonly tokens: boolean;
}

export const addProcesses: Decide<AddProcesses> = (graph, { host, roles, tokens }, context) => {
  if (graph.count('cluster') === 0)
    return reject(
      'cluster-not-loaded',
      'no facts are loaded yet; load them with: halctl cluster load',
    );
  const row = graph.get('host', host);
  if (!row)
    return reject(
      'unknown-host',
      `there is no host ${host}; add it with: halctl system node add ${host}`,
      {
        subject: host,
      },
    );
  const allocator = new Allocator(graph, context.render);
  for (const role of requiredFirst(graph, roles)) {
    const refused = allocator.addRole(row, role);
    if (refused) return refused;
  }
  if (!tokens) return decided(allocator.events);

  const issued = allocator.events.flatMap((event) => {
    if (event.type !== 'ProcessAdded') return [];
    const { fid } = event.data;
    const { id, hash } = context.mint(fid);
    const role = 'process' as const;
    const data = { id, name: `process ${fid}`, role, hash, host: null, process: fid, expires: 0 };
    return [{ type: 'CredentialIssued' as const, data }];
  });
  return decided([...allocator.events, ...issued]);
};
