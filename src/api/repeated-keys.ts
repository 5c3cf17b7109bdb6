/**
 * Keys that one object of a JSON text has twice. Parsers differ in which value they take (RFC 8259 §4), so that what is
 * meant is not known.
 */

/** What shapes a text, outside of strings. */
const shaping = /["{}[\],]/g;
const colon = /[ \t\n\r]*:/y;

interface Level {
  /** Null: a list. */
  readonly keys: Set<string> | null;
  /** The last key, or the index. */
  step: string | number;
}

/** The place after the quote that ends a string. */
const endOf = (text: string, begin: number): number => {
  for (let at = text.indexOf('"', begin + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text[at - 1 - escapes] === '\\') escapes += 1;
    if (escapes % 2 === 0) return at + 1;
  }
  return text.length;
};

/**
 * The path of the first key that is there again.
 *
 * @param text which is JSON
 * @param depthMax beyond which it is not looked for
 */
export const repeatedKey = (text: string, depthMax: number): string[] | undefined => {
  const levels: Level[] = [];
  shaping.lastIndex = 0;
  for (let found = shaping.exec(text); found; found = shaping.exec(text)) {
    const [char] = found;
    const level = levels.at(-1);
    if (char === '{' || char === '[') {
      if (levels.length === depthMax) return undefined;
      levels.push(char === '{' ? { keys: new Set(), step: '' } : { keys: null, step: 0 });
    } else if (char === '}' || char === ']') levels.pop();
    else if (char === ',') {
      if (typeof level?.step === 'number') level.step += 1;
    } else {
      const end = endOf(text, found.index);
      shaping.lastIndex = end;
      colon.lastIndex = end;
      if (!level?.keys || !colon.test(text)) continue;
      const key = JSON.parse(text.slice(found.index, end)) as string;
      level.step = key;
      if (level.keys.has(key)) return levels.map(({ step }) => String(step));
      level.keys.add(key);
    }
  }
  return undefined;
};
