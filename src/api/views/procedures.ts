/** What is done with a machine in several stages, as it is planned. */

import type { ProcedurePlan } from '../../contract/procedures.ts';
import { procedures } from '../../core/procedures/index.ts';
import type { Plan } from '../../core/values/procedures.ts';

export const stagesOf = (plan: Plan): ProcedurePlan['stages'] =>
  procedures[plan.kind].stages.map(({ name, text, seconds, leftOut }) => ({
    ...{ name, text, seconds: seconds(plan), skipped: leftOut?.(plan) ?? null },
  }));
