/**
 * Many host names in few characters: `n[0001-0100,0200].savio3,login1!n0007.savio3`.
 *
 * Terms are joined by commas (and) or `!` (but not), from left to right. In brackets stand numbers,
 * ranges with an optional step (`[0-20/5]`) and further brackets; numbers keep their leading zeros.
 * Several brackets multiply.
 */

/** More hosts than this in one set are a mistake. */
export const hostsMax = 65_536;
const lengthMax = 65_536;
const digitsMax = 15;
const depthMax = 8;

/** What is wrong with a nodeset, and where. */
export class NodesetError extends Error {
  override readonly name = 'NodesetError';
}

const hostName =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** A piece of a name: one text, or the numbers of a bracket. */
type Piece = readonly string[];

interface Term {
  readonly excluded: boolean;
  readonly text: string;
}

/** Splits at `,` and `!`, but not within brackets. */
const termsOf = (text: string): Term[] => {
  const terms: Term[] = [];
  let depth = 0;
  let start = 0;
  let excluded = false;
  const end = (at: number): void => {
    terms.push({ excluded, text: text.slice(start, at).trim() });
    start = at + 1;
    excluded = text[at] === '!';
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '[') depth++;
    else if (character === ']') depth--;
    else if (depth === 0 && (character === ',' || character === '!')) end(at);
    if (depth > depthMax) throw new NodesetError(`brackets are more than ${depthMax} deep`);
    if (depth < 0) throw new NodesetError(`there is a "]" without its "[" in "${text}"`);
  }
  if (depth > 0) throw new NodesetError(`there is a "[" without its "]" in "${text}"`);
  end(text.length);
  return terms;
};

/** Where the bracket that opens at `open` closes; brackets are known to be balanced. */
const closing = (text: string, open: number): number => {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '[') depth++;
    else if (text[at] === ']' && --depth === 0) return at;
  }
  return text.length;
};

const tooMany = (text: string): NodesetError =>
  new NodesetError(`"${text}" means more than ${hostsMax.toLocaleString('en')} hosts`);

const range = (item: string): string[] => {
  const match = /^(\d+)(?:-(\d+)(?:\/(\d+))?)?$/.exec(item);
  if (!match)
    throw new NodesetError(
      `"${item}" in brackets is neither a number such as 0200 nor a range such as 0001-0100`,
    );
  const [, from = '', to = from, step = '1'] = match;
  if ([from, to, step].some((digits) => digits.length > digitsMax))
    throw new NodesetError(`"${item}" holds a number of more than ${digitsMax} digits`);
  const [first, last, stride] = [Number(from), Number(to), Number(step)];
  if (last < first) throw new NodesetError(`"${item}" counts backwards; write ${to}-${from}`);
  if (stride === 0) throw new NodesetError(`"${item}" has a step of 0`);
  const isPadded = (digits: string): boolean => digits.length > 1 && digits.startsWith('0');
  if (to.length !== from.length && (isPadded(to) || to.length < from.length))
    throw new NodesetError(
      `"${item}" is padded in two ways; give both ends the same number of digits`,
    );
  if ((last - first) / stride >= hostsMax) throw tooMany(item);
  const width = isPadded(from) ? from.length : 0;
  const numbers: string[] = [];
  for (let number = first; number <= last; number += stride)
    numbers.push(String(number).padStart(width, '0'));
  return numbers;
};

/** The numbers of what stands between two brackets. */
const numbersOf = (content: string): string[] => {
  const numbers: string[] = [];
  for (const { excluded, text } of termsOf(content)) {
    if (excluded) throw new NodesetError(`"!" cannot stand in brackets: "[${content}]"`);
    if (text === '') throw new NodesetError(`there is an empty place in "[${content}]"`);
    const nested = text.startsWith('[') && closing(text, 0) === text.length - 1;
    for (const number of nested ? numbersOf(text.slice(1, -1)) : range(text)) numbers.push(number);
    if (numbers.length > hostsMax) throw tooMany(`[${content}]`);
  }
  return numbers;
};

const piecesOf = (term: string): Piece[] => {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < term.length) {
    const open = term.indexOf('[', at);
    if (open < 0) return [...pieces, [term.slice(at)]];
    if (open > at) pieces.push([term.slice(at, open)]);
    const close = closing(term, open);
    pieces.push(numbersOf(term.slice(open + 1, close)));
    at = close + 1;
  }
  return pieces;
};

const namesOf = (term: string): string[] => {
  const pieces = piecesOf(term);
  if (pieces.reduce((count, piece) => count * piece.length, 1) > hostsMax) throw tooMany(term);
  let names = [''];
  for (const piece of pieces) names = names.flatMap((name) => piece.map((part) => name + part));
  return names.map((name) => {
    const host = name.toLowerCase();
    if (!hostName.test(host)) throw new NodesetError(`"${name}" is not the name of a host`);
    return host;
  });
};

/** The hosts of a nodeset, each once, in the order of writing. Throws a `NodesetError`. */
export const expandNodeset = (nodeset: string): readonly string[] => {
  if (nodeset.trim() === '') throw new NodesetError('the nodeset is empty');
  if (nodeset.length > lengthMax) throw new NodesetError('the nodeset is too long');
  const hosts = new Set<string>();
  for (const { excluded, text } of termsOf(nodeset)) {
    if (text === '') throw new NodesetError(`there is an empty place in "${nodeset}"`);
    for (const host of namesOf(text)) {
      if (excluded) hosts.delete(host);
      else hosts.add(host);
    }
    if (hosts.size > hostsMax) throw tooMany(nodeset);
  }
  if (hosts.size === 0) throw new NodesetError(`no host is left of "${nodeset}"`);
  return [...hosts];
};

/** A name with its first number cut out. */
interface Numbered {
  readonly before: string;
  readonly digits: string;
  readonly after: string;
}

const cut = (host: string): Numbered | undefined => {
  const match = new RegExp(`^(\\D*)(\\d{1,${digitsMax}})(\\D.*)?$`).exec(host);
  return match
    ? { before: match[1] ?? '', digits: match[2] ?? '', after: match[3] ?? '' }
    : undefined;
};

/** What a range that begins with `first` has after `digits`. */
const following = (digits: string, first: string): string =>
  String(Number(digits) + 1).padStart(first.startsWith('0') ? first.length : 0, '0');

/** Ranges of numbers, `0001-0003` for `0001 0002 0003`. */
const rangesOf = (numbers: readonly string[]): string[] => {
  const ranges: { first: string; last: string }[] = [];
  for (const digits of numbers.toSorted((a, b) => Number(a) - Number(b) || a.length - b.length)) {
    const open = ranges.at(-1);
    if (open && following(open.last, open.first) === digits) open.last = digits;
    else ranges.push({ first: digits, last: digits });
  }
  return ranges.map(({ first, last }) => (first === last ? first : `${first}-${last}`));
};

/** Writes hosts as a nodeset, in which the first number of the names counts. */
export const foldNodeset = (hosts: Iterable<string>): string => {
  const groups = new Map<string, { name: Numbered | undefined; host: string; numbers: string[] }>();
  for (const host of new Set(hosts)) {
    const name = cut(host);
    const key = name ? `${name.before}[]${name.after}` : host;
    const group = groups.get(key);
    if (group) group.numbers.push(name?.digits ?? '');
    else groups.set(key, { name, host, numbers: [name?.digits ?? ''] });
  }
  return [...groups.values()]
    .map(({ name, host, numbers }) => {
      if (!name || numbers.length === 1) return host;
      return `${name.before}[${rangesOf(numbers).join(',')}]${name.after}`;
    })
    .join(',');
};
