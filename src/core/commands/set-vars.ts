/** Changes settings of the cluster, all of those given or none. */

import { decided } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { currentVars, varOf } from '../graph/vars.ts';
import { reject } from '../values/rejection.ts';
import { isVarName, varProblems } from '../values/vars.ts';

export interface SetVars {
  readonly type: 'SetVars';
  readonly vars: Readonly<Record<string, number>>;
}

export const setVars: Decide<SetVars> = (graph, { vars }) => {
  const [wrong] = varProblems(vars, currentVars(graph));
  if (wrong)
    return reject(isVarName(wrong.name) ? 'invalid-var' : 'unknown-var', wrong.message, {
      subject: wrong.name,
    });
  return decided(
    Object.entries(vars)
      .filter(([name, value]) => isVarName(name) && varOf(graph, name) !== value)
      .map(([name, value]) => ({ type: 'VarSet', data: { name, value } })),
  );
};
