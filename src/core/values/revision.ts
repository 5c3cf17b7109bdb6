/** Where a commit stands in the log. */

declare const revisionBrand: unique symbol;

/**
 * Position of a commit in the log, counted from 1 without gaps. 0 stands for "before the first
 * commit". Event `i` of commit `r` is addressed as `r.i`.
 */
export type Revision = number & { readonly [revisionBrand]: true };

export const revision = (value: number): Revision => value as Revision;
