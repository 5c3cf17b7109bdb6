/** Events of what is done with machines in several stages: ordered, begun, from one stage to the next, ended. */

import { Type } from 'typebox';
import { waitUpMax } from '../values/obm.ts';
import {
  actEnds,
  procedureEnds,
  rebootPowers,
  rebootWays,
  stageEnds,
} from '../values/procedures.ts';
import type { Plan } from '../values/procedures.ts';
import { event } from './define.ts';
import { closed, Fqdn, Nullable, oneOf } from './fields.ts';

/** Characters of the account of how a stage ended. */
export const stageDetailLength = 1024;

export const PlanField = Type.Unsafe<Plan>(
  Type.Union([
    Type.Object(
      {
        kind: Type.Literal('reinstall'),
        wait_up: Type.Integer({ minimum: 1, maximum: waitUpMax }),
        force: Type.Boolean(),
      },
      closed,
    ),
    Type.Object({ kind: Type.Literal('release'), force: Type.Boolean() }, closed),
    Type.Object(
      {
        kind: Type.Literal('reboot'),
        how: oneOf(rebootWays),
        drain: Type.Boolean(),
        power: oneOf(rebootPowers),
        wait_up: Type.Integer({ minimum: 1, maximum: waitUpMax }),
      },
      closed,
    ),
  ]),
);

const Revision = Type.Integer({ minimum: 1 });
/** Ms since the epoch. */
const Time = Type.Integer({ minimum: 0 });
const Stage = Type.String({ pattern: '^[a-z][a-z-]{0,31}$' });
const Detail = Type.String({ maxLength: stageDetailLength });
/** Who asks; null: the station itself. */
const Asker = Nullable(Type.String({ minLength: 1, maxLength: 256 }));

const fqdn = 'n0001.galileo.example';
const about = { fqdn, ordered: 1744 };
const About = { fqdn: Fqdn, ordered: Revision };

export const procedureEvents = {
  /** This commit is its id. It has its turn when all that was ordered of the machine before has ended. */
  ProcedureOrdered: event(
    2,
    Type.Object(
      {
        fqdn: Fqdn,
        plan: PlanField,
        /** Of the right to the OBM by which it was ordered. */
        epoch: Revision,
        by: Asker,
        /** Until when it is to be begun. */
        begin_by: Time,
      },
      closed,
    ),
    {
      ...{ fqdn, plan: { kind: 'reinstall', wait_up: 3600, force: false }, epoch: 1742 },
      ...{ by: 'token:4f1c9d3e0c52', begin_by: 1_790_000_060_000 },
    },
    // The second version may be of a reboot.
    { upcast: { 1: (data: object) => data } },
  ),

  /** Somebody else has asked for the same, which has not ended. */
  ProcedureJoined: event(1, Type.Object({ ...About, by: Asker }, closed), {
    ...about,
    by: 'token:77aa01b2c3d4',
  }),

  /** It has the machine. What the host was then tells later what has changed. */
  ProcedureBegun: event(
    1,
    Type.Object(
      {
        ...About,
        /** Null: no agent had reported. */
        cpus: Nullable(Type.Integer({ minimum: 0 })),
        memory_mib: Nullable(Type.Integer({ minimum: 0 })),
        /** Whether processes were wanted there, which it is to start again. */
        restart: Type.Boolean(),
      },
      closed,
    ),
    { ...about, cpus: 64, memory_mib: 257_000, restart: true },
  ),

  ProcedureStageBegun: event(
    1,
    Type.Object(
      {
        ...About,
        stage: Stage,
        /** When it has failed. */
        until: Time,
        /** What the station does outside; null: nothing. */
        act: Nullable(Stage),
      },
      closed,
    ),
    { ...about, stage: 'drain', until: 1_790_000_900_000, act: null },
  ),

  /** What was done outside in the stage that the commit `begun` began has ended. */
  ProcedureActEnded: event(
    1,
    Type.Object({ ...About, begun: Revision, outcome: oneOf(actEnds), detail: Detail }, closed),
    { ...about, begun: 1790, outcome: 'done', detail: '' },
  ),

  ProcedureStageEnded: event(
    2,
    Type.Object({ ...About, stage: Stage, outcome: oneOf(stageEnds), detail: Detail }, closed),
    { ...about, stage: 'drain', outcome: 'done', detail: '' },
    // The second version may be `skipped`.
    { upcast: { 1: (data: object) => data } },
  ),

  /** It ends as soon as nothing of it is under way. */
  ProcedureCancelAsked: event(1, Type.Object({ ...About, by: Asker }, closed), {
    ...about,
    by: 'token:4f1c9d3e0c52',
  }),

  /** The machine is free for what waits. */
  ProcedureEnded: event(
    1,
    Type.Object({ ...About, outcome: oneOf(procedureEnds), detail: Detail }, closed),
    { ...about, outcome: 'failed', detail: 'boot: not done within 3600 s' },
  ),
};
