/** Whether the BMC of a machine answers. One look by its OBM daemon serves this and `power`. */

import type { CheckDescription, Finding } from '../check.ts';
import { shortened, skipped, unknown } from './finding.ts';

export const ipmi: CheckDescription = {
  id: 'ipmi',
  title: 'IPMI',
  description:
    "Whether the machine's out-of-band manager can be reached, as its OBM daemon saw it last. No packet is sent for this.",
  type: 'bool',
  needs: 'ipmi',
  timeoutSeconds: 1,
  periodSeconds: 15,
};

/** What is known of an out-of-band manager. */
export interface ManagerSeen {
  /** Whether the machine has one that somebody looks at. */
  readonly registered: boolean;
  /** Why it cannot be reached, as its daemon has it; null: it can, as far as is known. */
  readonly trouble: string | null;
  /** As it was seen last; null: it is not known. */
  readonly power: string | null;
}

export const ipmiFinding = ({ registered, trouble, power }: ManagerSeen): Finding => {
  if (!registered) return skipped('no out-of-band manager is known');
  if (trouble !== null)
    return { verdict: 'fail', value: false, text: shortened(trouble), cause: 'timeout' };
  if (power === null) return unknown('it was not looked at yet', 'not-asked');
  return { verdict: 'ok', value: true, text: 'answers' };
};
