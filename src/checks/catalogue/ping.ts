/** Whether a machine answers ICMP echo. All machines are asked by one fping. */

import type { CheckDescription } from '../check.ts';

export const ping: CheckDescription = {
  id: 'ping',
  title: 'Ping',
  description:
    'Whether the machine answers ICMP echo requests, and in which time. Networks may forbid it: silence here alone says nothing.',
  type: 'seconds',
  unit: 's',
  needs: 'ping',
  timeoutSeconds: 2,
  periodSeconds: 60,
};
