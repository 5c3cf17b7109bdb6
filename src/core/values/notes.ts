/** What people write down about machines. */

/** One line of text. */
export const notePattern = '^[^\\p{Cc}\\p{Zl}\\p{Zp}]{1,1024}$';

/** Of one machine; with more, the oldest are in the log only. */
export const notesKeptMax = 20;
