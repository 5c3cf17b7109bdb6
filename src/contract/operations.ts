/** Long work. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { powerActions } from '../core/values/obm.ts';
import { procedureKinds } from '../core/values/procedures.ts';
import { ask, order } from './endpoint.ts';
import { Done } from './outcome.ts';
import { page } from './page.ts';
import { FidText, Fqdn, nullable, Timestamp } from './values.ts';

const Straggler = Type.Object({
  fid: nullable({ ...FidText, description: 'Null for a machine.' }),
  host: Fqdn,
  name: Type.String(),
  state: Type.String(),
  reason: Type.String(),
});

const operationStates = [
  ...(['queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted'] as const),
] as const;

const operationKinds = [
  ...([
    'start',
    'stop',
    'remove',
    'campaign',
    'boot-device',
    'light',
    'refresh',
    ...procedureKinds,
  ] as const),
  ...powerActions.map((action) => `power-${action}` as const),
];

const OperationStage = Type.Object({
  name: Type.String(),
  text: Type.String({ description: 'What is done in it.' }),
  state: Type.Enum(['to-come', 'running', 'done', 'failed', 'cancelled', 'skipped'], {
    description:
      '`skipped`: there was nothing to do in it, or no way to do it. A way that `failed` is followed by the next one.',
  }),
  began: nullable(Timestamp),
  ended: nullable(Timestamp),
  until: nullable({ ...Timestamp, description: 'When it has failed; null: it has not begun.' }),
  detail: Type.String({ description: 'What it waits for, or how it ended.' }),
});

export const Operation = Type.Object({
  id: Type.Integer({ description: 'Revision of the commit that set it off.' }),
  kind: Type.String({
    description:
      'start, stop, remove; of machines power-on, power-off, power-soft, power-cycle, power-reset, boot-device, light, ' +
      'refresh, reinstall, release, reboot; campaign where one of these is done with many; none where nothing had to be ' +
      'done.',
  }),
  subject: Type.String({ description: 'Its target: cluster, a fid or a host.' }),
  state: Type.Enum([...operationStates], {
    description:
      '`queued`: it waits for its turn. `cancelled`: somebody took it back, or wanted the opposite meanwhile. ' +
      '`interrupted`: it was sent, and nobody knows whether it was carried out.',
  }),
  stage: Type.String({ description: 'How far it is, in words.' }),
  total: Type.Integer({ description: 'Processes or machines that it is about.' }),
  done: Type.Integer({ description: 'How many of them are where they were wanted, or gone.' }),
  failed: Type.Array(Straggler, {
    description:
      'Those that will not get there by themselves; of a removal, those that refuse. A machine is `failed` where nothing ' +
      'was carried out, `unknown` where nobody knows, and `away` where it was and the host is not up.',
  }),
  waiting: Type.Array(Straggler, { description: 'The first 100 of the others.' }),
  warnings: Type.Array(Type.String()),
  problem: nullable(
    Type.String({
      description: 'Why it failed, was interrupted or cancelled, where one reason says it.',
    }),
  ),
  stages: Type.Array(OperationStage, {
    description: 'Of reinstall, release and reboot, all of them in order; of others none.',
  }),
  at: nullable({ ...Timestamp, description: 'When it was accepted, ms since the epoch.' }),
  begun: nullable({ ...Timestamp, description: 'When it was begun; null: it was not.' }),
  ended: nullable({
    ...Timestamp,
    description:
      'When it ended; null: it has not, or is about many processes, of which nobody keeps that.',
  }),
  begin_by: nullable({
    ...Timestamp,
    description: 'It fails where it is not begun by then; null: it does not wait.',
  }),
  queued_behind: nullable(
    Type.Integer({ description: 'The operation that it waits for; null: none.' }),
  ),
  actor: nullable(Type.String({ description: 'Who ordered it: `token:<id>`.' })),
});

/** One of a list: what is not done yet is told by the operation itself. */
export const OperationItem = Type.Object({
  ...Type.Omit(Operation, ['failed', 'waiting', 'warnings', 'stages']).properties,
  at: { ...Timestamp, description: 'When it was ordered, ms since the epoch.' },
  actor: Type.String({ description: 'Who ordered it: `token:<id>`.' }),
});

export const OperationPage = page(OperationItem);

/** `changed` is false where the host has as many already, or is on its way there. */
export const Scaled = Type.Object({ ...Done.properties, ...Operation.properties });

export type Operation = Static<typeof Operation>;
export type OperationItem = Static<typeof OperationItem>;
export type OperationPage = Static<typeof OperationPage>;
export type Scaled = Static<typeof Scaled>;

export const operation = ask({
  path: '/operations/:id',
  params: { id: Type.Integer({ minimum: 1, description: 'Its revision.' }) },
  access: 'viewer',
  lent: 'shown',
  tag: 'station',
  summary: 'How far an operation is',
  description:
    'As JSON; with `Accept: text/event-stream` a stream (SSE) of how far it is, whenever that changes, until its end. ' +
    'Each message is the whole of it; with `Last-Event-ID` what was seen already is not told again, and who has seen ' +
    'the end is answered 204.',
  reply: Operation,
  content: {
    'application/json': Operation,
    'text/event-stream': Type.String({
      description:
        'Messages with `id`, `event` (`progress`, and at last `end`) and `data` (an operation, as in the JSON).',
    }),
  },
  patient: true,
});

export const listOperations = ask({
  path: '/operations',
  access: 'viewer',
  lent: 'shown',
  tag: 'station',
  summary: 'Operations that were ordered, newest first',
  description:
    'What somebody ordered; what the station does by itself is none. Each is as it is now: what somebody has wanted ' +
    'otherwise since is `cancelled`, also where it was over by then; of orders to OBMs the last 8 of each machine are ' +
    'remembered. A page looks at 20,000 commits and 1,000,000 processes at most; where it found less than its limit ' +
    'by then, `next` goes on.',
  query: {
    kind: Type.Optional(Type.Enum([...operationKinds], { description: 'Only of this kind.' })),
    state: Type.Optional(Type.Enum([...operationStates], { description: 'Only in this state.' })),
    host: Type.Optional({
      ...Fqdn,
      description: 'Only about this machine, or what is on it now.',
    }),
    process: Type.Optional({ ...FidText, description: 'Only about this process.' }),
    actor: Type.Optional(
      Type.String({ maxLength: 256, description: 'Only by them: `token:<id>`.' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'Default 100.' })),
    cursor: Type.Optional(
      Type.String({ pattern: '^[1-9][0-9]{0,14}$', description: '`next` of the page before.' }),
    ),
  },
  reply: OperationPage,
});

const cancelled =
  'What waits is taken back. A reinstall or a release ends as soon as nothing of it is under way, and says what was done of ' +
  'it and what was not; of a campaign nothing more is begun. What was sent to an OBM cannot be taken back (409 ' +
  '`not-cancellable`); starting and stopping is ' +
  'ended by ordering the opposite. What is cancelled already is done.';

const cancelling = {
  params: { id: Type.Integer({ minimum: 1, description: 'Its revision.' }) },
  access: 'operator',
  lent: 'shown',
  tag: 'station',
  reply: Operation,
} as const;

export const cancelOperation = order({
  ...cancelling,
  method: 'POST',
  path: '/operations/:id/cancel',
  summary: 'Cancel an operation',
  description: cancelled,
});

export const deleteOperation = order({
  ...cancelling,
  method: 'DELETE',
  path: '/operations/:id',
  summary: 'Cancel an operation, said otherwise',
  description: cancelled,
});
