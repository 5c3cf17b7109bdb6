/** One thing is done with many machines, a few at a time. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import {
  campaignMachinesMax,
  campaignParallelMax,
  campaignReasonPattern,
  staggerMax,
} from '../core/values/campaigns.ts';
import { waitUpMax } from '../core/values/obm.ts';
import { procedureKinds, reinstallUsual } from '../core/values/procedures.ts';
import { action, ask, order } from './endpoint.ts';
import { Operation } from './operations.ts';
import { RebootBody } from './reboots.ts';
import { DryRun } from './outcome.ts';
import { nullable, RevisionNumber, strict, Timestamp } from './values.ts';

/** What is said of many machines, whatever is done with them. */
export const many = {
  nodes: Type.String({
    minLength: 1,
    maxLength: 262_144,
    description:
      'Machines, as a nodeset, with groups: `n[0001-0040].savio3,@gpu`. They have their turns in this order.',
  }),
  count: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'How many they are meant to be; needed where they are several.',
    }),
  ),
  canary: Type.Optional(
    Type.Boolean({
      description:
        'The first alone; the others follow when it is done, and none where it failed. Absent: true.',
    }),
  ),
  max_parallel: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: campaignParallelMax,
      description: 'Machines at a time, after the first. Absent: 1.',
    }),
  ),
  per_chassis: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: campaignParallelMax,
      description: 'Of one enclosure, as the facts have it, so many at a time. Absent: 1.',
    }),
  ),
  stagger: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: staggerMax,
      description: 'Seconds between two that are begun in one enclosure. Absent: 0.',
    }),
  ),
  stop_after: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: campaignMachinesMax,
      description: 'After so many failures nothing more is begun. Absent: 1.',
    }),
  ),
  partial: Type.Optional(
    Type.Enum(['refuse', 'allow'], {
      description:
        'Where one machine is unknown or may not be: `refuse` all of them (the usual), or `allow` the others, and tell ' +
        'of each that is left out.',
    }),
  ),
  override: Type.Optional(
    Type.Boolean({
      description:
        'Although they are more than may be at once (`reboot_blast_radius`); takes a `reason`.',
    }),
  ),
  reason: Type.Optional(
    Type.String({ pattern: campaignReasonPattern, description: 'Why, in one line.' }),
  ),
};

export const ReinstallManyBody = Type.Object(
  {
    ...many,
    wait_up: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: waitUpMax,
        description: `Seconds within which each is up again; absent: ${reinstallUsual}.`,
      }),
    ),
  },
  strict,
);

export const RebootManyBody = Type.Object(
  {
    ...many,
    override: Type.Optional(
      Type.Boolean({
        description:
          'Although nothing suggests it, or something forbids it, or they are more than may be at once ' +
          '(`reboot_blast_radius`); takes a `reason`.',
      }),
    ),
    how: RebootBody.properties.how,
    drain: RebootBody.properties.drain,
    wait_up: RebootBody.properties.wait_up,
  },
  strict,
);

export const ReleaseManyBody = Type.Object(many, strict);

const Policy = {
  canary: Type.Boolean(),
  max_parallel: Type.Integer(),
  per_chassis: Type.Integer(),
  stagger: Type.Integer({ description: 'Seconds.' }),
  stop_after: Type.Integer(),
};

/** What a dry run answers. */
export const CampaignPlan = Type.Object({
  ...DryRun.properties,
  policy: Type.Object(Policy),
  machines: Type.Integer(),
  waves: Type.Array(Type.String(), {
    description:
      'Nodesets that would be begun together if all took as long; the first 100. By `stagger` they may be later.',
  }),
  waves_total: Type.Integer(),
  left_out: Type.Array(Type.Object({ host: Type.String(), reason: Type.String() })),
});

export const Campaign = Type.Object({
  id: Type.Integer({ description: 'Revision of the commit that ordered it, and its operation.' }),
  what: Type.Enum([...procedureKinds]),
  state: Type.Enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']),
  stopped: nullable(
    Type.String({ description: 'Why nothing more of it is begun; null: nothing stopped it.' }),
  ),
  policy: Type.Object(Policy),
  counts: Type.Object({
    waiting: Type.Integer(),
    running: Type.Integer(),
    done: Type.Integer(),
    failed: Type.Integer(),
    cancelled: Type.Integer({ description: 'Taken back, or not begun when it stopped.' }),
    left_out: Type.Integer({ description: 'Asked for, and refused from the beginning.' }),
  }),
  actor: nullable(Type.String({ description: 'Who ordered it.' })),
  override: Type.Boolean(),
  reason: nullable(Type.String()),
  at: { ...Timestamp, description: 'When it was ordered.' },
  ended: nullable({ ...Timestamp, description: 'When the last of it ended; null: it has not.' }),
});

const machineStates = ['waiting', 'running', 'done', 'failed', 'cancelled', 'left-out'] as const;

export const CampaignMachine = Type.Object({
  host: Type.String({ description: 'By the name that it had then.' }),
  state: Type.Enum([...machineStates]),
  operation: nullable(
    Type.Integer({ description: 'The operation of this machine; null: nothing was begun.' }),
  ),
  begun: nullable(Timestamp),
  ended: nullable(Timestamp),
  detail: Type.String({ description: 'Why it is as it is.' }),
});

export const CampaignMachines = Type.Object({
  revision: RevisionNumber,
  ...Campaign.properties,
  items: Type.Array(CampaignMachine, {
    description: 'Each machine once, in the order of their turns; those that were left out last.',
  }),
  next: nullable(Type.String({ description: 'Cursor of the next page; null on the last one.' })),
});

export const CampaignList = Type.Object({
  revision: RevisionNumber,
  items: Type.Array(Campaign, { description: 'The latest first.' }),
});

export type RebootManyBody = Static<typeof RebootManyBody>;
export type ReinstallManyBody = Static<typeof ReinstallManyBody>;
export type ReleaseManyBody = Static<typeof ReleaseManyBody>;
export type CampaignPlan = Static<typeof CampaignPlan>;
export type Campaign = Static<typeof Campaign>;
export type CampaignMachine = Static<typeof CampaignMachine>;
export type CampaignMachines = Static<typeof CampaignMachines>;
export type CampaignList = Static<typeof CampaignList>;

export const campaigning =
  'All of them are accepted in one commit, or none is. The station begins them a few at a time, by what the body says, ' +
  'and goes on whoever waits; `GET /campaigns/{id}` tells how it is with each. Cancelling the operation leaves alone ' +
  'what was not begun.';

export const rebootMany = order({
  method: 'POST',
  path: '/nodes/actions/reboot',
  access: 'power',
  lent: 'each',
  tag: 'nodes',
  summary: 'Reboot many machines, a few at a time',
  description:
    'Each takes what the reboot of one does: the right, a grant, of which it is a use, and a suggestion that nothing ' +
    `forbids, or \`override\`. ${campaigning}`,
  body: RebootManyBody,
  plan: CampaignPlan,
  reply: Operation,
});

export const reinstallMany = action({
  method: 'POST',
  path: '/nodes/actions/reinstall',
  access: 'operator',
  lent: 'each',
  tag: 'nodes',
  summary: 'Start many machines anew from the network',
  description: campaigning,
  body: ReinstallManyBody,
  plan: CampaignPlan,
  reply: Operation,
});

export const releaseMany = action({
  method: 'POST',
  path: '/nodes/actions/release',
  access: 'operator',
  lent: 'each',
  tag: 'nodes',
  summary: 'Give many machines back',
  description: campaigning,
  body: ReleaseManyBody,
  plan: CampaignPlan,
  reply: Operation,
});

export const listCampaigns = ask({
  path: '/campaigns',
  access: 'viewer',
  tag: 'nodes',
  summary: 'What is done with many machines, and was',
  description:
    'Those that have not ended, and the last 32 that have, as long as these are about 20,000 machines.',
  reply: CampaignList,
});

export const getCampaign = ask({
  path: '/campaigns/:id',
  params: { id: Type.Integer({ minimum: 1, description: 'Its operation.' }) },
  access: 'viewer',
  lent: 'shown',
  tag: 'nodes',
  summary: 'What became of each machine of a campaign',
  description:
    'It stays as it is when the campaign is over. Who is bound to projects sees campaigns of their own.',
  query: {
    state: Type.Optional(
      Type.Enum([...machineStates], { description: 'Only machines in this state.' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'Default 1000.' })),
    cursor: Type.Optional(
      Type.String({ pattern: '^[1-9][0-9]{0,8}$', description: '`next` of the page before.' }),
    ),
  },
  reply: CampaignMachines,
});
