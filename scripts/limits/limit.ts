/** One row of the table of limits. */

import type { Pace } from '../../src/station/fair-use/paces.ts';

export interface Limit {
  readonly what: string;
  readonly most: string;
  readonly beyond: string;
  /** The test that goes one past it: its file, below `test`, and its title. */
  readonly test: string;
}

export const limit = (
  what: string,
  most: number | string,
  beyond: string,
  test: string,
): Limit => ({
  what,
  most: String(most),
  beyond,
  test,
});

export const bytes = (count: number): string =>
  count >= 1024 * 1024 ? `${count / 1024 / 1024} MiB` : `${count / 1024} KiB`;

export const seconds = (ms: number): string => `${ms / 1000} s`;

export const fast = ({ burst, perSecond }: Pace): string =>
  perSecond < 1
    ? `${burst} at once, then one in ${1 / perSecond} s`
    : `${burst} at once, then ${perSecond} a second`;

export const tooMany = '429 `too-many-requests`';
export const ends = 'the connection ends';
