/** Whether the daemon of the batch scheduler runs on a machine. */

import type { Finding, ProbeCheck } from '../check.ts';
import { skipped, unreadable } from './finding.ts';

const parse = (output: string): Finding => {
  const [, runs] = /^slurmd (yes|no|absent)$/m.exec(output) ?? [];
  switch (runs) {
    case 'yes':
      return { verdict: 'ok', value: true, text: 'runs' };
    case 'no':
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
  probe: [
    'if pgrep -x slurmd >/dev/null 2>&1; then echo slurmd yes',
    'elif command -v slurmd >/dev/null 2>&1; then echo slurmd no',
    'else echo slurmd absent; fi',
  ],
  parse,
};
