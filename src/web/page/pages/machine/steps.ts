/** The changes of one check in the history of a machine, as steps of a plot. */

import type { HistoryEntry } from '../../../../client/types.ts';

/** From the bottom of the plot to its top. */
export const verdictRanks = ['fail', 'warn', 'unknown', 'skipped', 'ok'] as const;

export interface Step {
  readonly at: number;
  readonly from: string | null;
  readonly to: string;
  /** Its place among `verdictRanks`. */
  readonly rank: number;
}

/** @param entries newest first @returns oldest first; verdicts that nobody knows are left out */
export const verdictSteps = (
  entries: readonly Pick<HistoryEntry, 'at' | 'changes'>[],
  check: string,
): readonly Step[] =>
  entries
    .flatMap(({ at, changes }) =>
      changes
        .filter(({ of, to }) => of === check && to !== null)
        .map(({ from, to }): Step => ({
          ...{ at, from, to: to! },
          rank: verdictRanks.findIndex((one) => one === to),
        })),
    )
    .filter(({ rank }) => rank >= 0)
    .reverse();
