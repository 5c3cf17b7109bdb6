/** Schemas of values that many bodies share. */

import { Type } from 'typebox';
import type { TNull, TSchema, TUnion } from 'typebox';
import { credentialRoles, retiredRole } from '../core/values/credential-roles.ts';
import { projectRoles } from '../core/values/projects.ts';
import { ownerships, processTypes } from '../core/values/roles.ts';
import { hostStates, processStates } from '../core/values/states.ts';

const oneOf = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Unsafe<T[number]>(Type.Enum([...values], { description }));

/** Bodies refuse fields they do not know: a misspelt field must not be taken for an absent one. */
export const strict = { additionalProperties: false } as const;

const fqdnPattern = '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$';
const fidPattern = '^0[xX][0-9a-fA-F]{1,16}:0[xX][0-9a-fA-F]{1,13}$';

export const Fqdn = Type.String({
  description: 'Fully qualified domain name, lower case.',
  maxLength: 253,
  pattern: fqdnPattern,
});
export const FidText = Type.String({
  description: 'A fid, `0x<container>:0x<key>`.',
  pattern: fidPattern,
});
/** Where a path names a node. */
export const NodeText = Type.String({
  description: 'A node: the name of its host, or its fid.',
  maxLength: 253,
  pattern: `${fidPattern}|${fqdnPattern}`,
});
export const RoleName = Type.String({
  minLength: 1,
  maxLength: 128,
  description: 'Name of a role.',
});
export const ProjectName = Type.String({
  minLength: 1,
  maxLength: 128,
  description: 'Name of a project.',
});
export const Overrides = Type.Record(Type.String(), Type.Unsafe<unknown>(Type.Any()), {
  description: "Template variables that win over the host's own.",
});
export const Timestamp = Type.Integer({ description: 'Milliseconds since the epoch.' });
export const RevisionNumber = Type.Integer({ minimum: 0, description: 'Revision of the log.' });

export const HostState = oneOf(hostStates, 'What the station knows of the host.');
export const ProcessState = oneOf(
  processStates,
  'State of the process; `unknown`: never reported.',
);
export const ProcessType = oneOf(processTypes, 'What the process is for.');
export const Ownership = oneOf(ownerships, 'Who starts and stops the process.');
export const CredentialRole = oneOf(credentialRoles, 'What the token allows.');
export const ProjectRole = oneOf(
  projectRoles,
  'What the token may do with the machines of the project.',
);
export const TokenRole = oneOf(
  [...credentialRoles, retiredRole],
  'What the token allows. `retired`: nothing; its host was removed while it was down, and an agent that shows it is told so.',
);

export const nullable = <S extends TSchema>(schema: S): TUnion<[S, TNull]> =>
  Type.Union([schema, Type.Null()]);
