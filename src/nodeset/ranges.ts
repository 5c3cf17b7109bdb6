/** What stands in brackets: numbers and ranges, with steps and leading zeros. */

import { NodesetError } from './errors.ts';
import { digitsMax, hostsMax } from './limits.ts';

/** Whether digits have zeros in front, which makes them another number: `1`, `01` and `001` are three. */
export const isPadded = (digits: string): boolean => digits.length > 1 && digits.startsWith('0');

export const tooMany = (text: string, position: number): NodesetError =>
  new NodesetError(`"${text}" means more than ${hostsMax.toLocaleString('en')} hosts`, position);

/** A range and its ends, as they were written. */
export interface Range {
  readonly from: string;
  readonly to: string;
  readonly step: number;
}

const shape = /^(\d+)(?:\s*-\s*(\d+)(?:\/(\d+))?)?$/;

/**
 * @param position of the item in the nodeset, from 1 on
 * @throws {NodesetError}
 */
export const readRange = (item: string, position: number): Range => {
  const wrong = (message: string): NodesetError => new NodesetError(message, position);
  const match = shape.exec(item);
  if (!match)
    throw wrong(
      `"${item}" in brackets is neither a number such as 0200 nor a range such as 0001-0100`,
    );
  const [, from = '', to = from, step = '1'] = match;
  if ([from, to, step].some((digits) => digits.length > digitsMax))
    throw wrong(`"${item}" holds a number of more than ${digitsMax} digits`);
  if (Number(to) < Number(from)) throw wrong(`"${item}" counts backwards; write ${to}-${from}`);
  if (Number(step) === 0) throw wrong(`"${item}" has a step of 0`);
  if (to.length !== from.length && (isPadded(from) || isPadded(to)))
    throw wrong(`"${item}" is padded in two ways; give both ends the same number of digits`);
  if ((Number(to) - Number(from)) / Number(step) >= hostsMax) throw tooMany(item, position);
  return { from, to, step: Number(step) };
};

/** The numbers of a range, with its leading zeros. */
export const numbersOf = ({ from, to, step }: Range): string[] => {
  const last = Number(to);
  const width = isPadded(from) ? from.length : 0;
  const numbers: string[] = [];
  for (let number = Number(from); number <= last; number += step)
    numbers.push(String(number).padStart(width, '0'));
  return numbers;
};

/** By which numbers are told in order: the shorter first, then by digits. */
export const byNumber = (a: string, b: string): number =>
  a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

/**
 * Writes numbers in short, `0001-0003,7` for `0001 0002 0003 7`.
 *
 * @param numbers in the order of `byNumber`, each once
 */
export const foldNumbers = (numbers: readonly string[]): string => {
  const ranges: string[] = [];
  let [first = ''] = numbers;
  let last = first;
  let reached = Number(first);
  let padded = isPadded(first);
  const end = (): unknown => ranges.push(first === last ? first : `${first}-${last}`);
  for (let i = 1; i < numbers.length; i++) {
    const next = numbers[i]!;
    const sameWidth = padded ? next.length === last.length : !isPadded(next);
    const number = Number(next);
    const follows = sameWidth && number === reached + 1;
    reached = number;
    if (follows) {
      last = next;
      continue;
    }
    end();
    // After a single number the padding goes on: ClusterShell writes 08,98-99,100 and so do we.
    if (!sameWidth || first !== last) padded = isPadded(next);
    [first, last] = [next, next];
  }
  if (numbers.length > 0) end();
  return ranges.join(',');
};
