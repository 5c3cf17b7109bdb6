/**
 * Values held apart from a text that is yet to become YAML.
 *
 * What a template prints is not put into the text but sealed: packed so that YAML sees one word of
 * letters and digits, whatever the value holds. Once the text is parsed, each seal is opened inside
 * the scalar that it stands in. So no value can add a key, close a quote or begin a line.
 */

/** Characters of Unicode's private use, which stand for nothing. */
const open = '\uE002';
const close = '\uE003';

const seal = new RegExp(`${open}([\\w-]*)${close}`, 'g');
const onlySeal = new RegExp(`^${seal.source}$`);

/** What the texts of roles must not hold: the seals, and the marks of lines. */
export const reservedCharacters = /[\uE000-\uE003]/;

/** A value of JSON as a word without meaning, for {@link opened} and {@link openedValue}. */
export const sealed = (value: unknown): string =>
  `${open}${Buffer.from(JSON.stringify(value)).toString('base64url')}${close}`;

const valueOf = (packed: string): unknown =>
  JSON.parse(Buffer.from(packed, 'base64url').toString()) as unknown;

const print = (value: unknown): string =>
  value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);

/** A text with the values in the places of their seals. What a value holds is not opened again. */
export const opened = (text: string): string =>
  text.includes(open) ? text.replace(seal, (_, packed: string) => print(valueOf(packed))) : text;

/** Text that is written as JSON writes a number or a truth value is one. */
const typed = (text: string): string | number | boolean => {
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return Number.isFinite(number) && String(number) === text ? number : text;
};

/**
 * What an unquoted scalar with seals stands for: a value that is all of it keeps its type.
 *
 * @returns undefined where there is no seal
 */
export const openedValue = (text: string): unknown => {
  if (!text.includes(open)) return undefined;
  const packed = onlySeal.exec(text)?.[1];
  const value = packed === undefined ? opened(text) : valueOf(packed);
  return typeof value === 'string' ? typed(value) : value;
};
