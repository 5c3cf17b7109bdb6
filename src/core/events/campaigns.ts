/** Events of what is done with many machines, a few at a time: ordered, begun and ended machine by machine, over. */

import { Type } from 'typebox';
import {
  campaignDetailLength,
  campaignMachinesMax,
  campaignOutcomes,
  campaignParallelMax,
  campaignPlansMax,
  campaignReasonPattern,
  staggerMax,
  turnsMax,
} from '../values/campaigns.ts';
import { event } from './define.ts';
import { closed, Fqdn, Nullable, oneOf } from './fields.ts';
import { rebootNote } from './reboots.ts';
import { PlanField } from './procedures.ts';

const Revision = Type.Integer({ minimum: 1 });
const Detail = Type.String({ maxLength: campaignDetailLength });
/** Who asks; null: the station itself. */
const Asker = Nullable(Type.String({ minLength: 1, maxLength: 256 }));
/** The campaign, by the commit that ordered it. */
const About = { ordered: Revision };

const PolicyField = Type.Object(
  {
    canary: Type.Boolean(),
    max_parallel: Type.Integer({ minimum: 1, maximum: campaignParallelMax }),
    per_chassis: Type.Integer({ minimum: 1, maximum: campaignParallelMax }),
    stagger: Type.Integer({ minimum: 0, maximum: staggerMax }),
    stop_after: Type.Integer({ minimum: 1, maximum: campaignMachinesMax }),
  },
  closed,
);

const MachineField = Type.Object(
  {
    fqdn: Fqdn,
    /** Null: nobody knows. */
    chassis: Nullable(Type.String({ minLength: 1, maxLength: 1024 })),
    /** Which of `plans`. */
    plan: Type.Integer({ minimum: 0, maximum: campaignPlansMax - 1 }),
  },
  closed,
);

const fqdn = 'n0001.galileo.example';
const ordered = 1744;
const detail = 'boot: its agent has not reported another boot within 900 s';

export const campaignEvents = {
  /** This commit is its id. */
  CampaignOrdered: event(
    1,
    Type.Object(
      {
        /** What is done, and why, where it is a reboot; machines of which these are alike have one. */
        plans: Type.Array(
          Type.Object(
            { plan: PlanField, reboot: Nullable(Type.Object(rebootNote, closed)) },
            closed,
          ),
          { minItems: 1, maxItems: campaignPlansMax },
        ),
        policy: PolicyField,
        /** In the order in which they have their turns. */
        machines: Type.Array(MachineField, { minItems: 1, maxItems: campaignMachinesMax }),
        /** Those that were asked for too, and may not be. */
        left_out: Type.Array(Type.Object({ fqdn: Fqdn, reason: Detail }, closed), {
          maxItems: campaignMachinesMax,
        }),
        by: Asker,
        /** Although they are more than may be at once, or something forbade it. */
        override: Type.Boolean(),
        reason: Nullable(Type.String({ pattern: campaignReasonPattern })),
      },
      closed,
    ),
    {
      plans: [{ plan: { kind: 'reinstall', wait_up: 3600, force: false }, reboot: null }],
      policy: { canary: true, max_parallel: 4, per_chassis: 1, stagger: 30, stop_after: 1 },
      machines: [{ fqdn, chassis: 'galileo/r1/e1', plan: 0 }],
      left_out: [{ fqdn: 'n0002.galileo.example', reason: 'job-running: job 812 runs there' }],
      ...{ by: 'token:4f1c9d3e0c52', override: false, reason: 'a new kernel' },
    },
  ),

  /** These machines have their turn. */
  CampaignTurnsTaken: event(
    1,
    Type.Object(
      {
        ...About,
        begun: Type.Array(
          Type.Object(
            {
              fqdn: Fqdn,
              /** What was ordered of it before and is the same; null: what is ordered in this commit. */
              operation: Nullable(Revision),
            },
            closed,
          ),
          { maxItems: turnsMax },
        ),
        /** Nothing was begun there. */
        refused: Type.Array(Type.Object({ fqdn: Fqdn, detail: Detail }, closed), {
          maxItems: turnsMax,
        }),
      },
      closed,
    ),
    { ordered, begun: [{ fqdn, operation: null }], refused: [] },
  ),

  /** What was begun there is over. */
  CampaignMachineEnded: event(
    1,
    Type.Object({ ...About, fqdn: Fqdn, outcome: oneOf(campaignOutcomes), detail: Detail }, closed),
    { ordered, fqdn, outcome: 'failed', detail },
  ),

  /** Nothing more is begun; what is under way goes on. */
  CampaignStopped: event(
    1,
    Type.Object(
      {
        ...About,
        why: oneOf(['failures', 'cancelled']),
        detail: Detail,
        by: Asker,
      },
      closed,
    ),
    { ordered, why: 'failures', detail: 'a machine failed', by: null },
  ),

  /** Each of its machines has its outcome. */
  CampaignEnded: event(1, Type.Object(About, closed), { ordered }),
};
