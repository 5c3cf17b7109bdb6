/**
 * Keys that one object of a JSON text has twice. Parsers differ in which value they take (RFC 8259 §4), so that what is
 * meant is not known.
 */

/** What shapes a text, outside of strings. */
const [quote, comma, openList, closeList, openObject, closeObject] = [34, 44, 91, 93, 123, 125];
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

const colonsIn = (text: string): number => {
  let count = 0;
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) count += 1;
  return count;
};

/** The keys of a value, and the colons in them and in its texts; NaN where it is nested too deeply. */
const colonsOf = (value: unknown, depthMax: number): number => {
  if (typeof value === 'string') return colonsIn(value);
  if (typeof value !== 'object' || value === null) return 0;
  if (depthMax === 0) return NaN;
  let count = 0;
  if (Array.isArray(value)) for (const item of value) count += colonsOf(item, depthMax - 1);
  else
    for (const key in value) {
      count += 1 + colonsIn(key);
      count += colonsOf((value as Record<string, unknown>)[key], depthMax - 1);
    }
  return count;
};

/**
 * The path of the first key that is there again. Usually none is, which is seen by counting: each key that was written
 * has a colon, and so has each that was kept.
 *
 * @param text JSON
 * @param value what a parser has made of it, which keeps one of those that are the same
 * @param depthMax beyond which it is not looked for
 */
export const repeatedKey = (text: string, value: unknown, depthMax: number): string[] | undefined =>
  // An escape may be a colon that is none in the text.
  text.includes('\\u') || colonsIn(text) !== colonsOf(value, depthMax)
    ? findRepeatedKey(text, depthMax)
    : undefined;

const findRepeatedKey = (text: string, depthMax: number): string[] | undefined =>
  findKey(text, depthMax, (key, before) => before.has(key));

/** How a key may hold a backslash. */
const backslash = /\\\\|\\u005c/i;

/**
 * The path of the first key that holds a backslash. Once the parser of Node.js 24 has seen one, it may take a key
 * that is written with an escape for that one: after `{"a":1,"\\":2}`, `{"a":1,"\"":2}` is read as the same
 * (nodejs/node#63785).
 * So this is asked before a text is parsed.
 *
 * @param depthMax beyond which it is not looked for
 */
export const keyWithBackslash = (text: string, depthMax: number): string[] | undefined =>
  backslash.test(text) ? findKey(text, depthMax, (key) => key.includes('\\')) : undefined;

/** The path of the first key that is wanted, beside those before it in its object. */
const findKey = (
  text: string,
  depthMax: number,
  isWanted: (key: string, before: ReadonlySet<string>) => boolean,
): string[] | undefined => {
  const levels: Level[] = [];
  let level: Level | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === quote) {
      const end = endOf(text, at);
      const key = level?.keys && isKey(text, end) ? keyIn(text, at, end) : undefined;
      at = end - 1;
      if (key === undefined) continue;
      level!.step = key;
      if (isWanted(key, level!.keys!)) return levels.map(({ step }) => String(step));
      level!.keys!.add(key);
    } else if (char === comma) {
      if (typeof level?.step === 'number') level.step += 1;
    } else if (char === openObject || char === openList) {
      if (levels.length === depthMax) return undefined;
      level = char === openObject ? { keys: new Set(), step: '' } : { keys: null, step: 0 };
      levels.push(level);
    } else if (char === closeObject || char === closeList) {
      levels.pop();
      level = levels.at(-1);
    }
  }
  return undefined;
};

/** Whether the string that ends there is one. */
const isKey = (text: string, end: number): boolean => {
  if (text[end] === ':') return true;
  colon.lastIndex = end;
  return colon.test(text);
};

/** Without its escapes. */
const keyIn = (text: string, begin: number, end: number): string => {
  const plain = text.slice(begin + 1, end - 1);
  return plain.includes('\\') ? (JSON.parse(text.slice(begin, end)) as string) : plain;
};
