/** After which events whoever looks at something may not be allowed to any more. */

import type { EventType } from '../events/catalogue.ts';

/** A token, its places in projects, or whose a machine is. */
const types: ReadonlySet<string> = new Set<EventType>([
  'CredentialRetired',
  'CredentialRevoked',
  'DeclarationWithdrawn',
  'HostRemoved',
  'HostRenamed',
  'MachineAttached',
  'MachineDetached',
  'PolicySet',
  'ProjectDeleted',
  'ProjectJoined',
  'ProjectLeft',
  'UserRoleChanged',
]);

export const changesRights = ({
  events,
}: {
  readonly events: readonly { type: string }[];
}): boolean => events.some(({ type }) => types.has(type));
