/** Long work. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { ask } from './endpoint.ts';
import { Done } from './outcome.ts';
import { FidText, Fqdn, nullable } from './values.ts';

const Straggler = Type.Object({
  fid: nullable({ ...FidText, description: 'Null for a machine.' }),
  host: Fqdn,
  name: Type.String(),
  state: Type.String(),
  reason: Type.String(),
});

export const Operation = Type.Object({
  id: Type.Integer({ description: 'Revision of the commit that set it off.' }),
  kind: Type.String({
    description:
      'start, stop, remove; of machines power-on, power-off, power-soft, power-cycle, power-reset, boot-device, light; ' +
      'none where nothing had to be done.',
  }),
  subject: Type.String({ description: 'cluster, a fid or a host.' }),
  state: Type.Enum(['running', 'succeeded', 'failed', 'cancelled'], {
    description: 'cancelled: somebody wanted the opposite meanwhile.',
  }),
  total: Type.Integer({ description: 'Processes or machines that it is about.' }),
  done: Type.Integer({ description: 'How many of them are where they were wanted, or gone.' }),
  failed: Type.Array(Straggler, {
    description:
      'Those that will not get there by themselves; of a removal, those that refuse. A machine is `failed` where nothing ' +
      'was carried out, and `unknown` where nobody knows.',
  }),
  waiting: Type.Array(Straggler, { description: 'The first 100 of the others.' }),
  warnings: Type.Array(Type.String()),
});

/** `changed` is false where the host has as many already, or is on its way there. */
export const Scaled = Type.Object({ ...Done.properties, ...Operation.properties });

export type Operation = Static<typeof Operation>;
export type Scaled = Static<typeof Scaled>;

export const operation = ask({
  path: '/operations/:id',
  params: { id: Type.Integer({ minimum: 1, description: 'Its revision.' }) },
  access: 'viewer',
  lent: 'shown',
  tag: 'station',
  summary: 'How far an operation is',
  reply: Operation,
  patient: true,
});
