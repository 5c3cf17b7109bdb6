/** Adds the processes of one or more roles to a host, all of them or none. */

import { Allocator } from '../allocation/allocator.ts';
import { requiredFirst } from '../allocation/role-order.ts';
import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { EventOf } from '../events/catalogue.ts';
import type { DeclaredRole } from '../values/facts.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';

export interface AddProcesses {
  readonly type: 'AddProcesses';
  /** FQDN of an existing host; it need not be up. */
  readonly host: string;
  readonly roles: readonly DeclaredRole[];
  /** Whether to issue a token for each process, with which it can fetch its configuration. */
  readonly tokens: boolean;
  /**
   * Seconds for which the owner of what is asked for may be silent; absent: for ever. What the roles
   * require has no lease: others may come to use it.
   */
  readonly lease?: number | undefined;
}

export const addProcesses: Decide<AddProcesses> = (graph, command, context) => {
  const { host, roles, tokens, lease } = command;
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
  const added = allocator.events.filter((event) => event.type === 'ProcessAdded');
  const leases = lease === undefined ? [] : leaseEvents(allocator, added, roles, lease);
  if ('rejection' in leases) return leases;
  if (!tokens) return decided([...allocator.events, ...leases]);

  const issued = added.map(({ data: { fid } }) => {
    const { id, hash } = context.mint(fid);
    const role = 'process' as const;
    const data = { id, name: `process ${fid}`, role, hash, host: null, process: fid, expires: 0 };
    return { type: 'CredentialIssued' as const, data };
  });
  return decided([...allocator.events, ...leases, ...issued]);
};

type Added = EventOf<'ProcessAdded'>;

/** A lease for each process that was asked for; only independent ones can have one. */
const leaseEvents = (
  allocator: Allocator,
  added: readonly Added[],
  roles: readonly DeclaredRole[],
  seconds: number,
): EventOf<'ProcessLeased'>[] | Refused => {
  const asked = added.filter(({ data }) => roles.some(({ name }) => name === data.role));
  const specs = new Map(asked.map(({ data }) => [data.spec, data.role]));
  for (const [spec, role] of specs)
    if (allocator.specOf(spec).ownership === 'managed')
      return reject(
        'process-managed',
        `the role ${role} gives managed processes: their agent watches them, and they have no lease`,
        { subject: role },
      );
  return asked.map(({ data: { fid } }) => ({ type: 'ProcessLeased', data: { fid, seconds } }));
};
