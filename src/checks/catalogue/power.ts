/** Whether a machine is on, as its BMC said last. */

import type { CheckDescription, Finding } from '../check.ts';
import { shortened, skipped } from './finding.ts';
import type { ManagerSeen } from './ipmi.ts';

export const power: CheckDescription = {
  id: 'power',
  title: 'Power',
  description:
    'on, off or unknown, as the OBM daemon saw it last. Off is a finding and no fault: somebody may have wanted it.',
  type: 'enum',
  needs: 'ipmi',
  timeoutSeconds: 1,
  periodSeconds: 15,
};

/** Where the manager cannot be reached, what was seen before says nothing of now. */
export const powerFinding = ({ registered, trouble, power }: ManagerSeen): Finding => {
  if (!registered) return skipped('no out-of-band manager is known');
  if (trouble !== null)
    return { verdict: 'unknown', value: 'unknown', text: shortened(trouble), cause: 'timeout' };
  if (power === null)
    return { verdict: 'unknown', value: 'unknown', text: 'not looked at yet', cause: 'not-asked' };
  return { verdict: 'ok', value: power, text: power };
};
