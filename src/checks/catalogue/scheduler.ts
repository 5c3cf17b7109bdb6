/** What the batch scheduler says of a machine. */

import type { CheckDescription } from '../check.ts';

export const scheduler: CheckDescription = {
  id: 'scheduler',
  title: 'Scheduler',
  description:
    'The state of the machine as its batch scheduler has it, with the reason that was given.',
  type: 'enum',
  needs: 'scheduler',
  timeoutSeconds: 10,
  periodSeconds: 30,
};
