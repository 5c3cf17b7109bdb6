/** Several machines at once are meant by who knows how many they are. */

import type { Command } from 'commander';
import { foldNodeset } from '../nodeset/nodeset.ts';
import { wholeNumber } from './command.ts';
import { Failure } from './exit-codes.ts';
import { counted } from './output/text.ts';
import { askCount } from './prompt.ts';
import type { Shell } from './shell.ts';

export const withCount = (command: Command): Command =>
  command.option(
    '--count <n>',
    'how many machines you mean, where they are several and nobody can be asked',
    wholeNumber,
  );

/**
 * Asks how many machines they are, unless that has been said.
 *
 * @param what is to be done, as in `power off of`
 * @throws {Failure} `usage` or `failed`: he does not know
 */
export const mustMean = async (
  shell: Shell,
  { count }: { readonly count?: number },
  what: string,
  hosts: readonly string[],
): Promise<void> => {
  const { length } = hosts;
  if (count !== undefined && count !== length)
    throw new Failure('usage', `these are ${counted(length, 'machine')}, not ${count}`);
  if (length <= 1 || count === length) return;
  const question = `${what} ${counted(length, 'machine')}: ${foldNodeset(hosts)}`;
  if (!shell.interactive)
    throw new Failure('usage', `${question}: say how many you mean`, `With --count ${length}`);
  if (await askCount(shell, `${question}\nType how many they are to go on: `, length)) return;
  throw new Failure('failed', 'that is not how many they are; nothing was done');
};
