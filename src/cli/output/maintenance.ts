/** Who works on a machine, in one line. */

import type { Maintenance } from '../../client/types.ts';
import { formatTime } from './text.ts';

/** `replacing a fan (token:4f1c…), since …, until …`; empty where nobody does. */
export const maintenanceLine = (maintenance: Maintenance | null | undefined): string => {
  if (!maintenance) return '';
  const { reason, by, since, until } = maintenance;
  const end = until === null ? '' : `, until ${formatTime(until)}`;
  return `${reason} (${by}), since ${formatTime(since)}${end}`;
};
