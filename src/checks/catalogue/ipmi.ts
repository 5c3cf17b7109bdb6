/** Whether the BMC of a machine answers. One look by its OBM daemon serves this and `power`. */

import type { CheckDescription } from '../check.ts';

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
