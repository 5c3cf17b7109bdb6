/** Whether a machine is on, as its BMC said last. */

import type { CheckDescription } from '../check.ts';

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
