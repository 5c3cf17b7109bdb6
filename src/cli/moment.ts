/** Moments of `--at` and the like, as their user means them. */

import { Failure } from './exit-codes.ts';
import type { Shell } from './shell.ts';

const withoutZone = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?$/;

/**
 * What the station is asked for. A time without a zone is one of this machine's, and so a date is its
 * midnight; which moment that is is told, as the station may stand elsewhere.
 */
export const momentOf = (
  shell: Pick<Shell, 'say'>,
  text: string | undefined,
  flag = '--at',
): string | undefined => {
  if (text === undefined || !withoutZone.test(text)) return text;
  const local = text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T');
  const time = new Date(local);
  if (Number.isNaN(time.getTime())) throw new Failure('usage', `${flag} ${text} is no time`);
  const moment = time.toISOString();
  shell.say(`${flag} ${text} is taken in the zone of this machine: ${moment}\n`);
  return moment;
};
