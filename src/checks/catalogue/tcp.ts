/** Whether a machine's TCP answers. A connection that is refused is an answer. */

import type { CheckDescription } from '../check.ts';

export const tcp: CheckDescription = {
  id: 'tcp',
  title: 'TCP',
  description:
    'Whether something of the machine answers on the port of sshd. ' +
    'Refused is an answer: the machine is alive and nothing listens.',
  type: 'seconds',
  unit: 's',
  needs: 'tcp',
  timeoutSeconds: 5,
  periodSeconds: 60,
};
