/** What is pasted, before it goes to a machine: each line of it may be a command. */

/** Whether it is more than one line, or ends one: then something is done by it at once. */
export const isManyLines = (text: string): boolean => /[\r\n]/.test(text);

export const linesOf = (text: string): number =>
  text.replace(/(\r\n|\r|\n)$/, '').split(/\r\n|\r|\n/).length;

/** Characters that are pasted at most. */
export const pastedMax = 256 * 1024;
const shownMax = 2_000;

/** Its beginning, as it is shown to whoever is asked. */
export const shownOf = (text: string): string => {
  const plain = text.replaceAll(/\r\n|\r/g, '\n');
  return plain.length <= shownMax ? plain : `${plain.slice(0, shownMax)}\n…`;
};
