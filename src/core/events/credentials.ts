/** Events of access tokens. They carry hashes, never tokens. */

import { Type } from 'typebox';
import { credentialRoles } from '../values/credential-roles.ts';
import type { CredentialRole } from '../values/credential-roles.ts';
import { event } from './define.ts';
import { closed, FidField, Fqdn, Name, Nullable, UserName } from './fields.ts';

const Role = Type.Unsafe<CredentialRole>(
  Type.Union(credentialRoles.map((role) => Type.Literal(role))),
);

export const credentialEvents = {
  CredentialIssued: event(
    4,
    Type.Object(
      {
        id: Name,
        name: Name,
        role: Role,
        hash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
        host: Nullable(Fqdn),
        process: Nullable(FidField),
        expires: Type.Integer({ minimum: 0 }),
        /** Whose it is; absent: of no user. */
        user: Type.Optional(UserName),
        /** What somebody who logs in gets. */
        session: Type.Optional(Type.Object({ second_factor: Type.Boolean() }, closed)),
        /** The token by which a session was opened, and with which it ends. */
        opener: Type.Optional(Name),
      },
      closed,
    ),
    {
      id: '4f1c9d3e0c52',
      name: 'deployment',
      role: 'operator',
      hash: 'a3f5c1d2e4b6978877665544332211009f8e7d6c5b4a39281706f5e4d3c2b1a0',
      host: null,
      process: null,
      expires: 0,
    },
    // The second version has one role more; the third has two more, and users; the fourth has sessions that were opened.
    { upcast: { 1: (data: object) => data, 2: (data: object) => data, 3: (data: object) => data } },
  ),

  /** Its host was removed while it was down: until a time it lets an agent be told so, nothing else. */
  CredentialRetired: event(
    1,
    Type.Object({ id: Name, until: Type.Integer({ minimum: 1 }) }, closed),
    { id: '4f1c9d3e0c52', until: 1_797_592_000_000 },
  ),

  CredentialRevoked: event(
    1,
    Type.Object(
      {
        id: Name,
        why: Type.Union([
          Type.Literal('revoked'),
          Type.Literal('expired'),
          Type.Literal('owner-removed'),
        ]),
      },
      closed,
    ),
    { id: '4f1c9d3e0c52', why: 'revoked' },
  ),
};
