/** The policy of the site is replaced by another one, which was read and found to be right. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import type { PolicyRule } from '../values/policy.ts';

export interface SetPolicy {
  readonly type: 'SetPolicy';
  /** Where it was read. */
  readonly file: string;
  readonly rules: readonly PolicyRule[];
}

export const setPolicy: Decide<SetPolicy> = (graph, { file, rules }) => {
  const present = graph.get('rulebook', 'rulebook');
  const isSame =
    present !== undefined &&
    present.file === file &&
    JSON.stringify(present.rules) === JSON.stringify(rules);
  if (isSame || (!present && rules.length === 0)) return unchanged;
  return decided([{ type: 'PolicySet', data: { file, rules: [...rules] } }]);
};
