/** The line of a file that an error is about, with a caret below the place. */

/** Characters before and after the place; a line may be megabytes long. */
const around = 60;

export interface SourceLine {
  /** The line, or what of it is around the place. */
  readonly text: string;
  /** Blanks, and a caret below the place. */
  readonly caret: string;
  /** Where the place is in the whole text, in UTF-16 units; for the selection of a field. */
  readonly offset: number;
}

/**
 * @param line from 1
 * @param column from 1
 * @returns undefined where the text has no such line
 */
export const sourceLine = (text: string, line: number, column: number): SourceLine | undefined => {
  let start = 0;
  for (let at = 1; at < line; at += 1) {
    const end = text.indexOf('\n', start);
    if (end < 0) return undefined;
    start = end + 1;
  }
  const end = text.indexOf('\n', start);
  const whole = text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '');
  const place = Math.max(0, Math.min(column - 1, whole.length));
  const from = place > around ? place - around : 0;
  const to = Math.min(whole.length, place + around);
  const before = `${from > 0 ? '…' : ''}${whole.slice(from, place)}`;
  return {
    text: `${before}${whole.slice(place, to)}${to < whole.length ? '…' : ''}`,
    // Tabs stay tabs, so that it stands below its place.
    caret: `${before.replaceAll(/[^\t]/g, ' ')}^`,
    offset: start + place,
  };
};
