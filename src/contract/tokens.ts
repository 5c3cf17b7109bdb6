/** Access tokens. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { projectsOfTokenMax } from '../core/values/projects.ts';
import { ask, command } from './endpoint.ts';
import { Done } from './outcome.ts';
import { page } from './page.ts';
import { paging } from './parameters.ts';
import {
  CredentialRole,
  FidText,
  Fqdn,
  nullable,
  ProjectName,
  ProjectRole,
  strict,
  Timestamp,
  TokenRole,
} from './values.ts';

const Place = Type.Object({ name: ProjectName, role: ProjectRole }, strict);

export const TokenBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 128, description: 'What the token is for.' }),
    role: CredentialRole,
    host: Type.Optional(nullable(Fqdn)),
    process: Type.Optional(nullable(FidText)),
    user: Type.Optional(
      Type.String({ maxLength: 128, description: 'Whose it is; the role is that of the user.' }),
    ),
    projects: Type.Optional(
      Type.Array(Place, {
        minItems: 1,
        maxItems: projectsOfTokenMax,
        description: 'With the role `member`, and only with it: what it may do in which projects.',
      }),
    ),
    expires_in: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 315_360_000,
        description: 'Seconds until the token stops working; absent: it does not.',
      }),
    ),
  },
  strict,
);

export const Token = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: TokenRole,
  host: nullable(Fqdn),
  process: nullable(FidText),
  user: nullable(Type.String({ description: 'Whose it is; null: no user’s.' })),
  projects: Type.Array(Place, { description: 'Of a `member`; what it may do in which.' }),
  expires: nullable(Timestamp),
});

export const IssuedToken = Type.Intersect([
  Token,
  Type.Object({
    token: Type.String({ description: 'The token itself; it is never shown again.' }),
  }),
]);

export const TokenPage = page(Token);

export type TokenBody = Static<typeof TokenBody>;
export type Token = Static<typeof Token>;
export type IssuedToken = Static<typeof IssuedToken>;

export const whoami = ask({
  path: '/whoami',
  access: 'any',
  tag: 'tokens',
  summary: 'What the token is and allows',
  reply: Token,
});

export const listTokens = ask({
  path: '/tokens',
  access: 'admin',
  tag: 'tokens',
  summary: 'Tokens, without their secrets',
  query: paging,
  reply: TokenPage,
});

export const issueToken = command({
  method: 'POST',
  path: '/tokens',
  repeat: 'never',
  access: 'admin',
  tag: 'tokens',
  summary: 'Issue a token',
  description: 'The token is in this answer and nowhere else; only its hash is kept.',
  body: TokenBody,
  reply: IssuedToken,
  creates: true,
});

export const revokeToken = command({
  method: 'DELETE',
  path: '/tokens/:id',
  params: { id: Type.String({ description: 'Id of the token, its part after `hal_`.' }) },
  access: 'admin',
  tag: 'tokens',
  summary: 'Revoke a token',
  description: 'It does not work any more once this has been answered.',
  reply: Done,
});
