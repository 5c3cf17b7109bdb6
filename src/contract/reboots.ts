/** Machines are rebooted because something is the matter with them. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { waitUpMax } from '../core/values/obm.ts';
import { rebootWays } from '../core/values/procedures.ts';
import { rebootReasonPattern } from '../core/values/reboots.ts';
import { order } from './endpoint.ts';
import { Operation } from './operations.ts';
import { ProcedurePlan } from './procedures.ts';
import { Fqdn, strict } from './values.ts';

/** Seconds within which a host is up again, unless told otherwise. */
export const rebootUsual = 900;

export const RebootBody = Type.Object(
  {
    reason: Type.Optional(
      Type.String({
        pattern: rebootReasonPattern,
        description: 'Why, in one line; absent: what the suggestion says. Needed with `override`.',
      }),
    ),
    override: Type.Optional(
      Type.Boolean({ description: 'Although nothing suggests it, or something forbids it.' }),
    ),
    how: Type.Optional(
      Type.Enum([...rebootWays], {
        description:
          '`gentle`: the system of the machine is asked first; `hard`: its power is cycled at once. Absent: `hard` where ' +
          'its power is what is suggested, else `gentle`.',
      }),
    ),
    drain: Type.Optional(
      Type.Boolean({
        description:
          'The scheduler gives it no more jobs, and those that run there end first; it is resumed afterwards. Absent: where ' +
          'that is suggested.',
      }),
    ),
    wait_up: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: waitUpMax,
        description: `Seconds within which the agent has to report another boot; absent: ${rebootUsual}.`,
      }),
    ),
  },
  strict,
);

export type RebootBody = Static<typeof RebootBody>;

const reboot = {
  method: 'POST',
  params: { fqdn: Fqdn },
  access: 'power',
  lent: 'machine',
  tag: 'hosts',
  body: RebootBody,
  plan: ProcedurePlan,
  reply: Operation,
} as const;

export const rebootHost = order({
  ...reboot,
  path: '/hosts/:fqdn/actions/reboot',
  summary: 'Reboot a machine with which something is the matter',
  description:
    'Takes the right, a grant, and a suggestion that nothing forbids; or `override` and a reason. What forbids it is told, ' +
    'each with its code (422 `reboot-vetoed`), recorded, and looked at again just before anything is sent. It goes through ' +
    'stages, from the gentlest way to its power, and is done when the agent has reported another boot.',
});

export const rebootNode = order({
  ...reboot,
  path: '/nodes/:fqdn/actions/reboot',
  summary: 'The same, said otherwise',
});
