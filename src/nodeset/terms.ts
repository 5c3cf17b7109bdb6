/** The terms of a nodeset, and the pieces of a term. */

import { NodesetError } from './errors.ts';
import { depthMax, hostsMax } from './limits.ts';
import { numbersOf, readRange, tooMany } from './ranges.ts';

/** What a term does to what stands before it: and, but not, only those also in, either but not both. */
export type Operator = ',' | '!' | '&' | '^';

export interface Term {
  readonly operator: Operator;
  readonly text: string;
  /** Of its first character in the nodeset, from 1 on. */
  readonly position: number;
}

const isOperator = (character: string): character is Operator =>
  character === ',' || character === '!' || character === '&' || character === '^';

/**
 * Splits at operators, but not within brackets.
 *
 * @param offset characters of the nodeset that stand before `text`
 * @throws {NodesetError} brackets do not match, or a place is empty
 */
export const termsOf = (text: string, offset = 0): readonly Term[] => {
  const terms: Term[] = [];
  const opened: number[] = [];
  let start = 0;
  let operator: Operator = ',';
  const end = (at: number): void => {
    const piece = text.slice(start, at);
    const trimmed = piece.trim();
    const position = offset + start + (piece.length - piece.trimStart().length) + 1;
    if (trimmed === '')
      throw new NodesetError(`there is an empty place in "${text}"`, offset + at + 1);
    terms.push({ operator, text: trimmed, position });
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '[') {
      opened.push(at);
      if (opened.length > depthMax)
        throw new NodesetError(`brackets are more than ${depthMax} deep`, offset + at + 1);
    } else if (character === ']') {
      if (opened.pop() === undefined)
        throw new NodesetError(`there is a "]" without its "[" in "${text}"`, offset + at + 1);
    } else if (opened.length === 0 && isOperator(character)) {
      end(at);
      operator = character;
      start = at + 1;
    }
  }
  const open = opened.at(-1);
  if (open !== undefined)
    throw new NodesetError(`there is a "[" without its "]" in "${text}"`, offset + open + 1);
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

const isDigit = (character: string | undefined): boolean =>
  character !== undefined && character >= '0' && character <= '9';

/** A piece of a name: one text, or the numbers of a bracket. */
type Piece = readonly string[];

/**
 * The numbers of what stands between two brackets.
 *
 * @param afterDigit whether a digit stands before the bracket: `n1[8-11]` may mean 18 to 111 or 18, 19, 110, 111
 */
const bracketOf = (content: string, offset: number, afterDigit: boolean): string[] => {
  const numbers: string[] = [];
  for (const { operator, text, position } of termsOf(content, offset)) {
    if (operator !== ',')
      throw new NodesetError(
        `"${operator}" cannot stand in brackets: "[${content}]"`,
        position - 1,
      );
    if (text.startsWith('[') && closing(text, 0) === text.length - 1)
      numbers.push(...bracketOf(text.slice(1, -1), position, afterDigit));
    else {
      const range = readRange(text, position);
      if (afterDigit && range.from.length !== range.to.length)
        throw new NodesetError(
          `"${text}" after a digit has ends of different length; put the digit into the brackets`,
          position,
        );
      for (const number of numbersOf(range)) numbers.push(number);
    }
    if (numbers.length > hostsMax) throw tooMany(`[${content}]`, offset);
  }
  return numbers;
};

const piecesOf = ({ text, position }: Term): Piece[] => {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('[', at);
    if (open < 0) return [...pieces, [text.slice(at)]];
    if (open > at) pieces.push([text.slice(at, open)]);
    const close = closing(text, open);
    pieces.push(bracketOf(text.slice(open + 1, close), position + open, isDigit(text[open - 1])));
    at = close + 1;
  }
  return pieces;
};

/** The names that a term stands for, in the order of writing. Several brackets multiply. */
export const namesOf = (term: Term): readonly string[] => {
  if (!term.text.includes('[')) return [term.text];
  const pieces = piecesOf(term);
  if (pieces.reduce((count, piece) => count * piece.length, 1) > hostsMax)
    throw tooMany(term.text, term.position);
  let names: readonly string[] = [''];
  for (const piece of pieces) {
    const longer: string[] = [];
    for (const name of names) for (const part of piece) longer.push(name + part);
    names = longer;
  }
  return names;
};
