/** Groups that a batch scheduler knows: partitions, states, and what needs somebody. */

import { isProblem } from '../scheduler/row.ts';
import type { SchedulerRow } from '../scheduler/row.ts';
import { NamesByGroup } from './listing.ts';
import type { Listing } from './listing.ts';

/** `P` for each partition, `state/S` for each base state, `flag/F` for each flag, and `sinfo`: those with a problem. */
export const schedulerGroups = (rows: readonly SchedulerRow[]): Listing => {
  const groups = new NamesByGroup();
  for (const row of rows) {
    for (const partition of row.partitions) groups.add(partition, row.node);
    groups.add(`state/${row.state}`, row.node);
    for (const flag of row.flags) groups.add(`flag/${flag.toLowerCase()}`, row.node);
    if (isProblem(row)) groups.add('sinfo', row.node);
  }
  return groups.listing(rows.map(({ node }) => node));
};
