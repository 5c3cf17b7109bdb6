/** Lines of text for terminals, whoever wrote them. */

/** Characters that could drive the terminal, break a line, turn its order round, or are halves of others. */
const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\p{Cs}]/gu;

const escaped = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Text that came over the network, made safe to print in a line: what is not printable is escaped. */
export const printable = (text: string): string => text.replace(unprintable, escaped);

/** The same for text of many lines, which keeps its line ends and tabs. */
export const printableLines = (text: string): string =>
  text.replace(unprintable, (character) =>
    /[\n\t]/.test(character) ? character : escaped(character),
  );

/** Columns that a text takes, as far as terminals agree. */
export const widthOf = (text: string): number => [...text].length;

/** Shortens a text to a width, with an ellipsis where something is left out. */
export const shorten = (text: string, width: number): string =>
  widthOf(text) <= width ? text : `${[...text].slice(0, Math.max(width - 1, 0)).join('')}…`;
