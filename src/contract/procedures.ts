/** What is done with a machine in several stages, and who has it. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { waitUpMax } from '../core/values/obm.ts';
import { reinstallUsual } from '../core/values/procedures.ts';
import { action, ask } from './endpoint.ts';
import { beginWithin } from './obms.ts';
import { Operation } from './operations.ts';
import { DryRun } from './outcome.ts';
import { Fqdn, NodeText, nullable, strict, Timestamp } from './values.ts';

export const ReinstallBody = Type.Object(
  {
    wait_up: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: waitUpMax,
        description:
          'Seconds within which the agent of the host has to report another boot, counted from when the power cycle was ' +
          `sent; absent: ${reinstallUsual}.`,
      }),
    ),
    ...beginWithin,
  },
  strict,
);

export const ReleaseBody = Type.Object({ ...beginWithin }, strict);

/** What a dry run answers. */
export const ProcedurePlan = Type.Object({
  ...DryRun.properties,
  stages: Type.Array(
    Type.Object({
      name: Type.String(),
      text: Type.String({ description: 'What is done in it.' }),
      seconds: Type.Integer({ description: 'It fails after so long.' }),
      skipped: nullable(
        Type.String({
          description: 'Why nothing is done in it; null: it is, as far as is known before.',
        }),
      ),
    }),
  ),
});

const Turn = Type.Object({
  operation: Type.Integer({ description: 'Its revision.' }),
  what: Type.String(),
  by: Type.Array(Type.String(), {
    description: 'Who asked for it; nobody: the station itself, to recover a host.',
  }),
  by_names: Type.Array(Type.String(), {
    description: 'The same by the names of users and of tokens, where these are known.',
  }),
  stage: Type.String({ description: 'How far it is, in words.' }),
  since: Timestamp,
  begin_by: nullable({ ...Timestamp, description: 'It fails where it is not begun by then.' }),
});

export const Holder = Type.Object({
  host: Fqdn,
  holder: nullable(Turn),
  waiting: Type.Array(Turn, { description: 'What waits, in the order in which it was accepted.' }),
  maintenance: nullable(
    Type.Object(
      {
        ...{ reason: Type.String(), by: Type.String() },
        by_name: nullable(Type.String({ description: 'Of the user or token, where it is known.' })),
        ...{ since: Timestamp, until: nullable(Timestamp) },
      },
      { description: 'Who works on it; null: nobody has said so.' },
    ),
  ),
});

export type ReinstallBody = Static<typeof ReinstallBody>;
export type ReleaseBody = Static<typeof ReleaseBody>;
export type ProcedurePlan = Static<typeof ProcedurePlan>;
export type Holder = Static<typeof Holder>;

const params = { fqdn: Fqdn };
const forced =
  '`force`: although quorum is lost, somebody else works on it, or something runs that only its owner ends.';

export const reinstallHost = action({
  method: 'POST',
  path: '/hosts/:fqdn/actions/reinstall',
  params,
  access: 'operator',
  lent: 'machine',
  tag: 'obms',
  summary: 'Start a machine anew from the network',
  description:
    'Stops its processes, has it start from the network once, cycles its power, waits until its agent reports another ' +
    'boot, compares its CPUs and memory, and starts what ran there. It has the machine until it ends: what is ordered ' +
    `meanwhile waits. ${forced}`,
  body: ReinstallBody,
  plan: ProcedurePlan,
  reply: Operation,
});

export const releaseHost = action({
  method: 'POST',
  path: '/hosts/:fqdn/actions/release',
  params,
  access: 'operator',
  tag: 'obms',
  summary: 'Give a machine back',
  description:
    'Stops its processes, removes them, switches it off, puts it in maintenance, disables its OBM and takes it from its ' +
    `project, where it is in one. ${forced}`,
  body: ReleaseBody,
  plan: ProcedurePlan,
  reply: Operation,
});

const holder = {
  access: 'viewer',
  lent: 'machine',
  tag: 'obms',
  reply: Holder,
} as const;

export const getHolder = ask({
  ...holder,
  path: '/hosts/:fqdn/holder',
  params,
  summary: 'Who has a machine, since when and why, and what waits for it',
});

export const getNodeHolder = ask({
  ...holder,
  path: '/nodes/:fid/holder',
  params: { fid: NodeText },
  summary: 'Who has the machine of a node, and what waits for it',
});
