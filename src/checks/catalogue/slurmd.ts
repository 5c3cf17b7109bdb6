/** Whether the daemon of the batch scheduler runs on a machine. */

import type { Finding, ProbeCheck } from '../check.ts';
import { skipped, unreadable } from './finding.ts';
import { processesOf, processesProbe, unseen } from './processes.ts';

const parse = (output: string): Finding => {
  const [, runs] = /^slurmd (yes|no|absent)$/m.exec(output) ?? [];
  switch (runs) {
    case 'yes':
      return { verdict: 'ok', value: true, text: 'runs' };
    case 'no':
      // An account that is not shown the processes of others sees none of this one either.
      if (processesOf(output) === null) return unreadable(unseen);
      return { verdict: 'fail', value: false, text: 'is installed and does not run' };
    case 'absent':
      return skipped('slurmd is not installed');
    default:
      return unreadable('it could not be found out');
  }
};

export const slurmd: ProbeCheck = {
  id: 'slurmd',
  title: 'slurmd',
  description: 'Whether slurmd runs, where it is installed.',
  type: 'bool',
  needs: 'probe',
  timeoutSeconds: 5,
  periodSeconds: 60,
  probe: processesProbe,
  parse,
};
