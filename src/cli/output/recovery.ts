/** What is done about a host that was lost, in one line. */

import type { Recovery } from '../../client/types.ts';
import { counted, formatTime } from './text.ts';

/** `2 of 5 attempts made, the next at 2026-11-21T10:02:00Z`; empty where there is nothing to say. */
export const recoveryLine = (recovery: Recovery | null | undefined): string => {
  if (!recovery) return '';
  const { attempts, attempts_max: max, next, given_up: isGivenUp, doing, last, held } = recovery;
  if (isGivenUp)
    return `given up after ${counted(attempts, 'attempt')}, until its agent reports${last && `; ${last}`}`;
  const made =
    max === null ? counted(attempts, 'attempt') : `${attempts} of ${counted(max, 'attempt')}`;
  return [
    `${made} made${next === null ? '' : `, the next at ${formatTime(next)}`}`,
    doing === null ? '' : `${doing} is being tried`,
    last,
    held === '' ? '' : `held back: ${held}`,
  ]
    .filter((part) => part !== '')
    .join('; ');
};
