/** Whether one can log in by key: banner, host key, authentication, one command. */

import type { CheckDescription } from '../check.ts';

export const ssh: CheckDescription = {
  id: 'ssh',
  title: 'SSH',
  description:
    'Whether a login by key works, over the one connection that all checks on the machine share. ' +
    'What is wrong is named: refused, no banner, host key changed, key not taken, password asked.',
  type: 'seconds',
  unit: 's',
  needs: 'ssh',
  timeoutSeconds: 10,
  periodSeconds: 60,
};
