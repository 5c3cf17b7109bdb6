/** What the site says about who may do what, and questions about it. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { userNamePattern } from '../core/values/users.ts';
import { policyActions } from '../core/values/policy.ts';
import { ask, tell } from './endpoint.ts';
import { nullable, strict, Timestamp } from './values.ts';

const Action = Type.Unsafe<(typeof policyActions)[number] | 'look' | 'administer'>(
  Type.Enum(['look', ...policyActions, 'administer'], { description: 'What is to be done.' }),
);

export const PolicyBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 128, description: 'How it is called in errors.' }),
    text: Type.String({ maxLength: 1024 * 1024, description: 'YAML.' }),
  },
  strict,
);

export const PolicyRule = Type.Object({
  name: Type.String(),
  effect: Type.Unsafe<'allow' | 'deny'>(Type.Enum(['allow', 'deny'])),
  who: Type.Array(Type.String()),
  actions: Type.Array(Type.String()),
  machines: nullable(Type.String({ description: 'Folded; null: all.' })),
  projects: nullable(Type.Array(Type.String())),
  only_if: Type.Unsafe<object>(Type.Object({})),
});

export const Policy = Type.Object({
  file: nullable(Type.String({ description: 'Where it was read; null: there is none.' })),
  revision: nullable(Type.Integer({ description: 'Since which revision it is so.' })),
  rules: Type.Array(PolicyRule),
  problems: Type.Array(Type.String(), {
    description:
      'What was wrong with the file when it was last read; the rules are those of before.',
  }),
});

export const PolicyChecked = Type.Object({ rules: Type.Array(PolicyRule) });

export const Can = Type.Object({
  at: Timestamp,
  answers: Type.Array(
    Type.Object({
      hosts: nullable(Type.String({ description: 'Folded; null: the cluster as a whole.' })),
      count: Type.Integer(),
      allowed: Type.Boolean(),
      rule: Type.String({ description: 'The rule that decides, or `nothing allows it`.' }),
      lack: nullable(Type.String({ description: 'There is a right to it, but this is missing.' })),
      missing: nullable(
        Type.String({
          description:
            'The same for programs: grant, second-factor, suggestion, fewer-machines, later-hour, other-hours.',
        }),
      ),
      grant: nullable(Type.String({ description: 'By which grant.' })),
    }),
  ),
});

export type Policy = Static<typeof Policy>;
export type PolicyRule = Static<typeof PolicyRule>;
export type PolicyBody = Static<typeof PolicyBody>;
export type PolicyChecked = Static<typeof PolicyChecked>;
export type Can = Static<typeof Can>;

export const getPolicy = ask({
  answeredBy: 'leader',
  path: '/auth/policy',
  access: 'viewer',
  tag: 'tokens',
  summary: 'The policy of the site',
  reply: Policy,
});

export const checkPolicy = tell({
  method: 'POST',
  path: '/auth/policy/check',
  repeat: 'as-it-is',
  access: 'admin',
  tag: 'tokens',
  summary: 'Check the text of a policy, and change nothing',
  body: PolicyBody,
  reply: PolicyChecked,
});

export const reloadPolicy = tell({
  method: 'POST',
  path: '/auth/policy/reload',
  repeat: 'as-it-is',
  access: 'admin',
  tag: 'tokens',
  summary: 'Read the policy file of the station again',
  description:
    'Where anything is wrong with it, the policy stays as it was, and the answer says what.',
  reply: Policy,
});

export const whetherAllowed = ask({
  path: '/auth/can',
  access: 'any',
  tag: 'tokens',
  summary: 'Whether somebody may do something, and which rule decides',
  description: 'About oneself, or about any user as an administrator.',
  query: {
    action: Action,
    hosts: Type.Optional(
      Type.String({
        maxLength: 65_536,
        description: 'A nodeset; absent: the cluster as a whole.',
      }),
    ),
    as: Type.Optional(Type.String({ pattern: userNamePattern, description: 'A user.' })),
    suggested: Type.Optional(
      Type.Boolean({ description: 'As if Halcyon suggested it; absent: as if it did not.' }),
    ),
  },
  reply: Can,
});
