/** The kinds of what happens to machines, in words. */

import type { HistoryKind } from '../types.ts';

/** In the order in which they are shown. */
export const kindWords: { readonly [K in HistoryKind]: string } = {
  boot: 'Boots',
  check: 'Checks',
  power: 'Power',
  console: 'Console',
  process: 'Processes',
  operation: 'Operations',
  maintenance: 'Maintenance',
  recovery: 'Recovery',
  note: 'Notes',
  project: 'Projects',
  hardware: 'Hardware',
  other: 'Other',
};

export const historyKinds = Object.keys(kindWords) as readonly HistoryKind[];
