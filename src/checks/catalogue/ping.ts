/** Whether a machine answers ICMP echo. All machines are asked by one fping. */

import type { CheckDescription, Finding } from '../check.ts';

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

/**
 * What a ping says of a machine.
 *
 * @param ms there and back; null: nothing came in time
 */
export const pingFinding = (ms: number | null): Finding =>
  ms === null
    ? { verdict: 'fail', value: null, text: 'no answer', cause: 'silent' }
    : { verdict: 'ok', value: ms / 1000, text: `${ms} ms` };
