/**
 * The runs of an independent process. Its owner may start it again under the same fid; a report that
 * an older run sent before it died can come after the first one of the next run. So whoever reports
 * may say which run it is: by an id that the run chose when it began.
 */

import type { ProcessRow } from '../graph/rows/processes.ts';
import type { Instance } from '../values/instance.ts';
import { reject } from '../values/rejection.ts';
import type { Refused } from '../values/rejection.ts';

export const presentInstance = ({ instances }: ProcessRow): string | null => instances?.[0] ?? null;

/** Whether it is a run that was never heard of. */
export const isNewInstance = ({ instances = [] }: ProcessRow, instance: Instance): boolean =>
  instance !== undefined && !instances.includes(instance);

/**
 * The refusal of what an older run says.
 *
 * @param begins whether it is something that a new run says first; the end of a run that never began
 * is that of an older one
 */
export const refusalOfOlder = (
  process: ProcessRow,
  instance: Instance,
  begins: boolean,
): Refused | undefined => {
  const present = presentInstance(process);
  if (instance === undefined || present === null || instance === present) return undefined;
  if (begins && isNewInstance(process, instance)) return undefined;
  return reject(
    'older-instance',
    `${process.fid} is run as ${present} by now; what ${instance} says of it is ignored`,
    { subject: process.fid },
  );
};
