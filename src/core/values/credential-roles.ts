/** What a token lets its bearer do. */

export const credentialRoles = [
  'viewer',
  'note-taker',
  'power-intern',
  'operator',
  'admin',
  'agent',
  'process',
  'member',
] as const;
/**
 * `note-taker`: sees the cluster and writes notes. `power-intern`: also restarts machines, one at a time and only where
 * that is suggested. `process`: may read one process's configuration and report its state, nothing else. `member`: only
 * what the projects that it is bound to allow.
 */
export type CredentialRole = (typeof credentialRoles)[number];

/** What people may be; the others are of programs on machines. */
export const peopleRoles = [
  'viewer',
  'note-taker',
  'power-intern',
  'operator',
  'admin',
  'member',
] as const satisfies readonly CredentialRole[];
export type PeopleRole = (typeof peopleRoles)[number];

export const isOfPeople = (role: string): role is PeopleRole =>
  (peopleRoles as readonly string[]).includes(role);

/**
 * The token of an agent whose host was removed while it was down: good for nothing but to be told so,
 * so that the agent ends what it still runs.
 */
export const retiredRole = 'retired';
