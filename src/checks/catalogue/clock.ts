/** How far the clock of a machine is from the station's. Nothing is ordered by it: it is told, and no more. */

import type { Finding, ProbeCheck } from '../check.ts';
import { unreadable } from './finding.ts';

/** Seconds; a look itself may take some, so less than this is never said to be wrong. */
export const skewAllowed = 30;

/** @param now when the look ended, by the clock of the station, ms since the epoch */
export const clockFinding = (output: string, now: number): Finding => {
  const seconds = /^(\d{9,11})$/m.exec(output)?.[1];
  if (seconds === undefined) return unreadable('date could not be read');
  const skew = Math.round(Number(seconds) - now / 1000);
  const isWrong = Math.abs(skew) >= skewAllowed;
  const direction = skew > 0 ? 'ahead' : 'behind';
  const text = isWrong ? `${Math.abs(skew)} s ${direction}` : 'right within the time of a look';
  return { verdict: isWrong ? 'warn' : 'ok', value: skew, text };
};

export const clock: ProbeCheck = {
  id: 'clock',
  title: 'Clock',
  description: 'Seconds that the clock of the machine is ahead of the station (negative: behind).',
  type: 'seconds',
  unit: 's',
  needs: 'probe',
  timeoutSeconds: 5,
  periodSeconds: 300,
  isQuick: true,
  probe: ['date +%s'],
  parse: (output, _exitCode, now) => clockFinding(output, now),
};
