/** What can be found out about machines, and looks that somebody asks for. */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { causes, verdicts } from '../core/values/checks.ts';
import { ask, tell } from './endpoint.ts';
import { nullable, strict, Timestamp } from './values.ts';

export const Check = Type.Object({
  id: Type.String(),
  parent: nullable(Type.String({ description: 'The check that this one is an instance of.' })),
  title: Type.String(),
  description: Type.String(),
  type: Type.String({ description: 'bool, bytes, seconds, count, ratio, enum or text.' }),
  unit: nullable(Type.String()),
  needs: Type.String({ description: 'ping, tcp, ssh, probe, ipmi, agent or scheduler.' }),
  timeout: Type.Number({ description: 'Seconds that a look may take.' }),
  period: Type.Number({ description: 'Seconds between two looks.' }),
  enabled: Type.Boolean({ description: 'Whether it runs by itself.' }),
  lack: nullable(Type.String({ description: 'Why it cannot be asked for; null: it can.' })),
});

export type Check = Static<typeof Check>;

export const CheckList = Type.Object({
  checks: Type.Array(Check),
  lag: Type.Object(
    {
      under_way: Type.Integer({ description: 'Looks that are under way.' }),
      longest_ms: Type.Number({
        description: 'How late looks begin at most; what is past fades to half in a minute.',
      }),
      passed_over: Type.Integer({
        description: 'Looks that were due while the one before was under way.',
      }),
    },
    { description: 'How far the station is behind what it should look at.' },
  ),
});

const Result = Type.Object({
  node: Type.String(),
  check: Type.String(),
  verdict: Type.Enum([...verdicts]),
  value: Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
  text: Type.String(),
  cause: nullable(Type.Enum([...causes])),
  observed_at: Timestamp,
  duration_ms: Type.Number(),
  soft: Type.Boolean(),
  flapping: Type.Boolean(),
});

export type CheckList = Static<typeof CheckList>;

/** Results that one answer holds. */
export const runResultsMax = 10_000;

export const CheckRun = Type.Object({
  id: Type.String(),
  state: Type.Enum(['running', 'ended']),
  by: Type.String(),
  at: Timestamp,
  ended: nullable(Timestamp),
  checks: Type.Array(Type.String()),
  total: Type.Integer({ description: 'Looks: machines times checks.' }),
  done: Type.Integer(),
  counts: Type.Record(Type.String(), Type.Integer(), {
    description: 'Of the results, how many there are of each verdict.',
  }),
  results: Type.Array(Result, {
    description:
      `What was found so far, the first ${runResultsMax.toLocaleString('en')}; all of it is in the fleet. Of a look that had ` +
      'no answer there is none.',
  }),
});

export type CheckRun = Static<typeof CheckRun>;

export const CheckRunBody = Type.Object(
  {
    nodes: Type.String({
      minLength: 1,
      maxLength: 262_144,
      description: "Machines, as a nodeset: 'n[0001-0100].example'.",
    }),
    checks: Type.Optional(
      Type.Array(Type.String({ maxLength: 64 }), {
        minItems: 1,
        maxItems: 256,
        description: 'Absent: all that run by themselves.',
      }),
    ),
  },
  strict,
);

export type CheckRunBody = Static<typeof CheckRunBody>;

export const checks = ask({
  answeredBy: 'leader',
  path: '/checks',
  access: 'viewer',
  tag: 'fleet',
  summary: 'What can be found out about machines',
  description: 'In the order in which it is shown. Columns, completion and documentation go by it.',
  reply: CheckList,
});

export const startCheckRun = tell({
  method: 'POST',
  path: '/check-runs',
  access: 'operator',
  tag: 'fleet',
  summary: 'Look at machines now',
  description:
    'Answers 202 at once; `Location` names where its progress is. What is being looked at already is not looked at twice: ' +
    'whoever asks gets the same answer. A run goes on when nobody waits for it, and its results are kept like all others.',
  body: CheckRunBody,
  begins: true,
  reply: CheckRun,
});

export const checkRun = ask({
  answeredBy: 'leader',
  path: '/check-runs/:id',
  params: { id: Type.String({ maxLength: 64, description: '`id` of the run.' }) },
  access: 'viewer',
  tag: 'fleet',
  summary: 'How far a look at machines is, and what it found',
  query: {
    wait: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 60,
        description: 'Seconds that the answer may be held back until the run has ended.',
      }),
    ),
  },
  reply: CheckRun,
});
