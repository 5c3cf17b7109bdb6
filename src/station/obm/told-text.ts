/** Texts and figures that others say: nothing in them is to be believed. */

/** Characters that are no part of a line, would turn its order round, or are halves of others. */
const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\p{Cs}]/gu;

export const isText = (value: unknown): value is string => typeof value === 'string';

/** One line of so many characters at most; null: it is no text. */
export const lineOf = (value: unknown, most: number): string | null =>
  isText(value) ? value.slice(0, most).replace(unprintable, '?') : null;

export const oneOf = <T extends string>(known: readonly T[], value: unknown): T | null =>
  known.find((each) => each === value) ?? null;

/** Ms since the epoch, as far as a date can say it. */
export const isMoment = (value: unknown): value is number =>
  Number.isInteger(value) && Math.abs(value as number) <= 8.64e15;
