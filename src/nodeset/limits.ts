/** How large a nodeset may be. */

/** More hosts than this in one set are a mistake. */
export const hostsMax = 65_536;
/** Characters of one nodeset. */
export const lengthMax = 1_048_576;
/** Names that all terms of a nodeset may come to, equal ones included. */
export const workMax = 4 * hostsMax;
/** Digits of a number that counts; longer ones are text. */
export const digitsMax = 15;
/** Brackets in brackets. */
export const depthMax = 8;
