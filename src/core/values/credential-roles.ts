/** What a token lets its bearer do. */

export const credentialRoles = [
  'viewer',
  'operator',
  'admin',
  'agent',
  'process',
  'member',
] as const;
/**
 * `process`: may read one process's configuration and report its state, nothing else. `member`: only what the projects
 * that it is bound to allow.
 */
export type CredentialRole = (typeof credentialRoles)[number];

/**
 * The token of an agent whose host was removed while it was down: good for nothing but to be told so,
 * so that the agent ends what it still runs.
 */
export const retiredRole = 'retired';
