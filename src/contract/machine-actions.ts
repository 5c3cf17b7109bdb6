/** What is asked of several machines in one request: of each as if it were asked of it alone. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { waitUpMax } from '../core/values/obm.ts';
import { order } from './endpoint.ts';
import { beginWithin } from './obms.ts';
import { Operation } from './operations.ts';
import { DryRun } from './outcome.ts';
import { RebootBody } from './reboots.ts';
import { Fqdn, strict } from './values.ts';

/** Machines of one request. */
export const machinesAtOnceMax = 100;

const Refused = Type.Object({
  host: Fqdn,
  status: Type.Integer({ description: 'As it would be answered of this machine alone.' }),
  code: Type.String(),
  detail: Type.String(),
});

export const MachinesActed = Type.Object({
  operations: Type.Array(Operation, { description: 'What was begun, in the order of the names.' }),
  refused: Type.Array(Refused, { description: 'Machines of which nothing was begun.' }),
});

export type MachinesActed = Static<typeof MachinesActed>;

/** What a dry run answers. */
export const MachinesPlan = Type.Object({
  ...DryRun.properties,
  refused: Type.Optional(
    Type.Array(Refused, {
      description: 'Of several: machines of which nothing would be begun.',
    }),
  ),
});

export type MachinesPlan = Static<typeof MachinesPlan>;

export const PowerManyBody = Type.Object(
  {
    wait_up: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: waitUpMax,
        description: 'Of `on` and `cycle`: seconds within which the agent has to report a start.',
      }),
    ),
    ...beginWithin,
  },
  strict,
);

export type PowerManyBody = Static<typeof PowerManyBody>;

const many = {
  method: 'POST',
  query: {
    nodes: Type.String({
      minLength: 1,
      maxLength: 65_536,
      description: `Machines, as a nodeset: \`n[0001-0010].savio3\`; ${machinesAtOnceMax} at most.`,
    }),
  },
  lent: 'each',
  tag: 'hosts',
  bodyOptional: true,
  reply: Type.Union([Operation, MachinesActed]),
  plan: MachinesPlan,
} as const;

const told =
  'The body may be left out. Where a machine is not there, or may not be touched by whoever asks, nothing is done to any. ' +
  'Of one machine it is answered as if it were asked of it alone; of several `operations` has what was begun, and ' +
  '`refused` of which machines nothing was. A dry run tells both too, and is refused where all of them are.';

export const rebootMachines = order({
  ...many,
  path: '/actions/reboot',
  access: 'power',
  summary: 'Reboot machines with which something is the matter',
  description: told,
  body: RebootBody,
});

export const powerMachines = order({
  ...many,
  path: '/actions/power/:action',
  params: {
    action: Type.Enum(['on', 'off', 'cycle'], { description: 'As of one machine.' }),
  },
  access: 'operator',
  summary: 'Switch machines on or off, or cycle their power',
  description: told,
  body: PowerManyBody,
});
