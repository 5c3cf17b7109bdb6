/** The station tells how a step of the recovery of a host ended. */

import { decided, unchanged } from '../decision.ts';
import type { Decide } from '../decision.ts';
import { recoveryDetailLength } from '../events/recovery.ts';
import type { StepOutcome } from '../values/recovery-policy.ts';

export interface ReportRecoveryStep {
  readonly type: 'ReportRecoveryStep';
  readonly fqdn: string;
  /** The commit that began it. */
  readonly begun: number;
  readonly outcome: StepOutcome;
  readonly detail: string;
}

/** Recorded also where the host is back already: most likely that is why it is. */
export const reportRecoveryStep: Decide<ReportRecoveryStep> = (
  graph,
  { fqdn, begun, outcome, detail },
) => {
  if (!graph.get('host', fqdn)) return unchanged;
  const data = { fqdn, begun, outcome, detail: detail.slice(0, recoveryDetailLength) };
  return decided([{ type: 'RecoveryStepEnded', data }]);
};
