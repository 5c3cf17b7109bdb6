/**
 * Writes names in short. Every number of a name is an axis of its own: `r1n1,r1n2,r2n1,r2n2` is `r[1-2]n[1-2]`.
 * The result is, letter by letter, that of ClusterShell's `nodeset -f`.
 */

import { mergeVectors } from './boxes.ts';
import type { Vector } from './boxes.ts';
import { digitsMax } from './limits.ts';
import { byNumber, foldNumbers, readRange } from './ranges.ts';

/** Names that differ only in their numbers. */
interface Family {
  /** The name with `%` for each number: no name holds one. Families are in the order of these. */
  readonly pattern: string;
  /** Of each name its numbers. */
  readonly rows: (readonly string[])[];
}

const [zero, nine] = [48, 57];

const isDigit = (code: number): boolean => code >= zero && code <= nine;

/** Where the numbers of a name stand, as pairs of begin and end. What has too many digits to count is text. */
const placesOf = (name: string): readonly number[] => {
  const places: number[] = [];
  let at = 0;
  while (at < name.length) {
    const start = at;
    while (at < name.length && isDigit(name.charCodeAt(at))) at++;
    if (at > start && at - start <= digitsMax) places.push(start, at);
    if (at === start) at++;
  }
  return places;
};

const patternOf = (name: string, places: readonly number[]): string => {
  let pattern = '';
  let from = 0;
  for (let i = 0; i < places.length; i += 2) {
    pattern += `${name.slice(from, places[i])}%`;
    from = places[i + 1]!;
  }
  return pattern + name.slice(from);
};

/** Whether two names differ in nothing but the digits of numbers. */
const isAlike = (a: string, b: string): boolean => {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) {
    const code = a.charCodeAt(at);
    const other = b.charCodeAt(at);
    if (code !== other && !(isDigit(code) && isDigit(other))) return false;
  }
  return true;
};

const familiesOf = (names: Iterable<string>): readonly Family[] => {
  const families = new Map<string, Family>();
  let [before, places]: [string | undefined, readonly number[]] = [undefined, []];
  let family: Family | undefined;
  for (const name of new Set(names)) {
    // Names mostly come in order, and the next is then like the one before.
    if (family === undefined || before === undefined || !isAlike(name, before)) {
      places = placesOf(name);
      const pattern = patternOf(name, places);
      family = families.get(pattern) ?? { pattern, rows: [] };
      families.set(pattern, family);
    }
    before = name;
    const numbers: string[] = [];
    for (let i = 0; i < places.length; i += 2) numbers.push(name.slice(places[i], places[i + 1]));
    family.rows.push(numbers);
  }
  return [...families.values()].toSorted((a, b) => (a.pattern < b.pattern ? -1 : 1));
};

/** Names that are all combinations of some numbers in one pattern. */
interface Block {
  /** What stands around the numbers: one text more than there are numbers. */
  readonly texts: readonly string[];
  readonly vector: Vector;
}

const blocksOf = (names: Iterable<string>): readonly Block[] =>
  familiesOf(names).flatMap(({ pattern, rows }) => {
    const texts = pattern.split('%');
    return (texts.length === 1 ? [[]] : mergeVectors(rows)).map((vector) => ({ texts, vector }));
  });

const bracketed = (numbers: readonly string[]): string =>
  numbers.length === 1 ? numbers[0]! : `[${foldNumbers(numbers)}]`;

const written = (blocks: readonly Block[]): string =>
  blocks
    .map(({ texts, vector }) =>
      texts.map((text, i) => (i === 0 ? text : bracketed(vector[i - 1]!) + text)).join(''),
    )
    .join(',');

/** All names of a block, those that differ in the last number beside each other. */
const namesOf = ({ texts, vector }: Block): readonly string[] => {
  let names: readonly string[] = [texts[0]!];
  vector.forEach((numbers, axis) => {
    const text = texts[axis + 1]!;
    const longer: string[] = [];
    for (const name of names) for (const number of numbers) longer.push(name + number + text);
    names = longer;
  });
  return names;
};

/** Writes names as a nodeset. Names that nodesets cannot say, such as those with blanks, are not for this. */
export const foldNodeset = (names: Iterable<string>): string => written(blocksOf(names));

/** Names in the order in which `nodeset -e` has them: by text, and within one text by number. */
export const inNodeOrder = (names: Iterable<string>): readonly string[] =>
  blocksOf(names).flatMap(namesOf);

/** Both at once. */
export const foldInOrder = (
  names: Iterable<string>,
): { readonly nodeset: string; readonly names: readonly string[] } => {
  const blocks = blocksOf(names);
  return { nodeset: written(blocks), names: blocks.flatMap(namesOf) };
};

/**
 * Writes names so that Slurm understands them: brackets only at the end of a name, and only there where all else is
 * equal. Slurm does not take `n[1-2].site`.
 */
export const slurmNodeset = (names: Iterable<string>): string => {
  const byStem = new Map<string, string[]>();
  for (const name of inNodeOrder(names)) {
    const digits = /\d{1,15}$/.exec(name)?.[0];
    // Without a stem before them digits are no range for Slurm.
    const stem = digits === undefined || digits === name ? name : name.slice(0, -digits.length);
    const numbers = byStem.get(stem) ?? [];
    byStem.set(stem, numbers);
    numbers.push(stem === name ? '' : digits!);
  }
  return [...byStem]
    .flatMap(([stem, numbers]) => {
      const plain = numbers.includes('') ? [stem] : [];
      const counted = numbers.filter((number) => number !== '');
      return counted.length === 0
        ? plain
        : [...plain, stem + bracketed(counted.toSorted(byNumber))];
    })
    .join(',');
};

/**
 * Those at some places of a set, which is in the order of `inNodeOrder`.
 *
 * @param places from 0 on, as in brackets: `0-9,20`; those beyond the end are none
 * @throws {NodesetError} they are no numbers
 */
export const pick = (names: Iterable<string>, places: string): ReadonlySet<string> => {
  const ordered = inNodeOrder(names);
  const picked = new Set<string>();
  for (const item of places.split(',')) {
    const { from, to, step } = readRange(item.trim(), 1);
    for (let at = Number(from); at <= Math.min(Number(to), ordered.length - 1); at += step)
      picked.add(ordered[at]!);
  }
  return picked;
};
