/** Console output as text that does nothing to a terminal. */

const escape = '\x1b';

/**
 * Sequences that ECMA-48 terminals act on: CSI, strings such as OSC with what they hold, and the
 * short ones. A string ends where it says so, or with its line.
 */
const sequences = new RegExp(
  [
    `(?:${escape}\\[|\\x9b)[0-?]*[ -/]*[@-~]?`,
    `(?:${escape}[\\]PX^_]|[\\x90\\x98\\x9d-\\x9f])[^\\x07\\x1b\\x9c\\n]*(?:\\x07|\\x9c|${escape}\\\\)?`,
    `${escape}[ -/]*[0-~]?`,
  ].join('|'),
  'g',
);

/** Without sequences that a terminal acts on; what people would see of it, searched by text. */
export const withoutSequences = (text: string): string => text.replace(sequences, '');

/** Everything that could do something to a terminal, or turn the direction of what is read. */
const active = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const visible = (character: string): string => {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return `<${code.toString(16).padStart(2, '0')}>`;
};

/**
 * The same text with a visible sign for each character that a terminal would act on, line ends
 * included. Tabulators stay.
 */
export const inert = (text: string): string => text.replace(active, visible);
