/** Whether a program took a machine out of service, or somebody who had a reason. */

import type { Rules } from './rules.ts';
import type { Scheduled } from './symptoms.ts';

/** Whether a reason begins with one of these, whatever the case. */
export const beginsWith = (reason: string, beginnings: readonly string[]): boolean => {
  const lower = reason.trim().toLowerCase();
  return beginnings.some((beginning) => lower.startsWith(beginning.toLowerCase()));
};

/** What reasons begin with that Halcyon itself gives. */
export const ownReason = 'halcyon: ';

/**
 * Who wrote the reason, where somebody did: their name, or `somebody`. Programs write known things in known names; a
 * reason grows at its end (`… : reboot issued`), so that its beginning counts. Null: no person did, or there is none.
 */
export const ownerOf = (scheduled: Scheduled | null, rules: Rules): string | null => {
  if (!scheduled || scheduled.reason.trim() === '') return null;
  const { author, reason } = scheduled;
  if (beginsWith(reason, [ownReason])) return null;
  const isMachines =
    beginsWith(reason, rules.machineReasons) &&
    (author === '' || rules.machineAuthors.includes(author));
  if (isMachines) return null;
  return author === '' || rules.machineAuthors.includes(author) ? 'somebody' : author;
};
