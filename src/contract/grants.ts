/** Grants: rights taken up for a while. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import {
  grantActions,
  grantMachinesMax,
  grantReasonPattern,
  grantSecondsMax,
  grantSecondsUsual,
  grantUsesMax,
} from '../core/values/grants.ts';
import { ask, command } from './endpoint.ts';
import { Done } from './outcome.ts';
import { Fqdn, nullable, strict, Timestamp } from './values.ts';

const Action = Type.Unsafe<(typeof grantActions)[number]>(
  Type.Enum([...grantActions], {
    description: 'What it is for. `power`: to restart machines, or switch them on or off.',
  }),
);

export const GrantBody = Type.Object(
  {
    actions: Type.Array(Action, { minItems: 1, maxItems: grantActions.length }),
    hosts: nullable(
      Type.Array(Fqdn, {
        minItems: 1,
        maxItems: grantMachinesMax,
        description: 'The machines that it is for; null: all there are.',
      }),
    ),
    reason: Type.String({
      pattern: grantReasonPattern,
      description: 'Why, in one line; whoever sees the cluster sees it.',
    }),
    seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Math.max(...Object.values(grantSecondsMax)),
        description: `How long it lasts; absent: ${grantSecondsUsual}.`,
      }),
    ),
    password: Type.Optional(
      Type.String({
        maxLength: 1024,
        description: 'Of a user who has no authenticator, asked again (`password-needed`).',
      }),
    ),
    code: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'Of the authenticator of a user who has one (`code-needed`).',
      }),
    ),
    uses: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: grantUsesMax,
        description: 'How many machines it may be used for; absent: any number.',
      }),
    ),
  },
  strict,
);

export const Grant = Type.Object({
  id: Type.String(),
  token: Type.String({ description: 'Id of the token that may use it.' }),
  user: nullable(Type.String({ description: 'Whose token that is; null: no user’s.' })),
  actions: Type.Array(Action),
  hosts: nullable(Type.Array(Fqdn, { description: 'In order; null: all.' })),
  reason: Type.String(),
  uses: nullable(Type.Integer()),
  used: Type.Integer({ description: 'How many machines it was used for.' }),
  since: Timestamp,
  until: Timestamp,
  second_factor: Type.Boolean({ description: 'Whether a second factor was shown for it.' }),
});

export const GrantList = Type.Object({ items: Type.Array(Grant) });

export type GrantBody = Static<typeof GrantBody>;
export type Grant = Static<typeof Grant>;
export type GrantList = Static<typeof GrantList>;

export const listGrants = ask({
  path: '/grants',
  access: 'viewer',
  lent: 'shown',
  tag: 'tokens',
  summary: 'Grants that are good now',
  description: 'A token that is bound to projects sees its own.',
  reply: GrantList,
});

export const giveGrant = command({
  method: 'POST',
  path: '/grants',
  repeat: 'never',
  access: 'any',
  tag: 'tokens',
  summary: 'Take up a right for a while',
  description:
    'What it takes a grant for is allowed by one only, by the token that asked for it, and only to whoever has the right ' +
    'itself, which is asked again at every use. It ends by itself, with the token, or when it is revoked; then what ' +
    'waits by it is not done.',
  body: GrantBody,
  reply: Grant,
  creates: true,
});

export const revokeGrant = command({
  method: 'DELETE',
  path: '/grants/:id',
  params: { id: Type.String({ maxLength: 128, description: 'Id of the grant.' }) },
  access: 'any',
  tag: 'tokens',
  summary: 'Revoke a grant',
  description:
    'One’s own, or anybody’s as an administrator. What waits by it is not done any more.',
  reply: Done,
});
