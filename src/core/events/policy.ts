/** Events of the policy of the site. All of it is in the log: what was allowed when is known for ever. */

import { Type } from 'typebox';
import { policyActions, policyMachinesMax, policyRulesMax } from '../values/policy.ts';
import type { PolicyRule } from '../values/policy.ts';
import { event } from './define.ts';
import { closed, Fqdn, Name, Nullable, oneOf } from './fields.ts';

const Minutes = Type.Integer({ minimum: 0, maximum: 1440 });

const Rule = Type.Unsafe<PolicyRule>(
  Type.Object(
    {
      name: Name,
      effect: oneOf(['allow', 'deny']),
      who: Type.Array(Name, { minItems: 1 }),
      actions: Type.Array(oneOf(policyActions), { minItems: 1 }),
      machines: Nullable(Type.Array(Fqdn, { minItems: 1, maxItems: policyMachinesMax })),
      projects: Nullable(Type.Array(Name, { minItems: 1 })),
      only_if: Type.Object(
        {
          suggested: Type.Optional(Type.Literal(true)),
          max_machines: Type.Optional(Type.Integer({ minimum: 1 })),
          max_per_hour: Type.Optional(Type.Integer({ minimum: 1 })),
          second_factor: Type.Optional(Type.Literal(true)),
          hours: Type.Optional(Type.Object({ from: Minutes, to: Minutes }, closed)),
        },
        closed,
      ),
    },
    closed,
  ),
);

export const policyEvents = {
  /** It replaces what was there before, whole. */
  PolicySet: event(
    1,
    Type.Object({ file: Name, rules: Type.Array(Rule, { maxItems: policyRulesMax }) }, closed),
    {
      file: 'policy.yaml',
      rules: [
        {
          ...{ name: 'interns of savio3', effect: 'allow', who: ['role:power-intern'] },
          ...{ actions: ['power'], machines: ['n0001.savio3', 'n0002.savio3'], projects: null },
          only_if: { suggested: true, max_machines: 1, max_per_hour: 3 },
        },
      ],
    },
  ),
};
