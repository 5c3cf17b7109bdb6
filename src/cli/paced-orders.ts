/** Something is ordered of many machines: not too many at a time, and not all at once. */

import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { CommandOptions, DryRun, Operation } from '../client/types.ts';
import type { Client } from '../client/client.ts';
import { foldNodeset } from '../nodeset/nodeset.ts';
import { isDryRun, showChange, wholeNumber } from './command.ts';
import type { ChangeFlags } from './command.ts';
import { forHosts, waitingAtATime } from './many-hosts.ts';
import { refuseFailed, reportOperation, sayWarningsOf, settle } from './operation.ts';
import { counted } from './output/text.ts';
import type { Shell } from './shell.ts';

export interface PacedFlags extends ChangeFlags {
  /** False after `--no-wait`. */
  readonly wait: boolean;
  /** Seconds from the beginning with one machine to that with the next. */
  readonly stagger: number;
  readonly maxParallel: number;
  /** Seconds for which an order may wait for its turn; undefined: as long as is usual. */
  readonly deadline?: number;
}

/** At most, s: a week. */
const deadlineMax = 7 * 86_400;

const seconds = (text: string): number => {
  if (!/^\d{1,5}(\.\d{1,3})?$/.test(text))
    throw new InvalidArgumentError('It must be a number of seconds.');
  return Number(text);
};

const deadlineOf = (text: string): number => {
  const number = wholeNumber(text);
  if (number >= 1 && number <= deadlineMax) return number;
  throw new InvalidArgumentError(`It must be from 1 to ${deadlineMax} seconds.`);
};

const atOnce = (text: string): number => {
  const number = wholeNumber(text);
  if (number >= 1 && number <= waitingAtATime) return number;
  throw new InvalidArgumentError(`It must be from 1 to ${waitingAtATime}.`);
};

export const withDeadline = (command: Command): Command =>
  command.option(
    '--deadline <seconds>',
    'for how long it may wait while the machine is busy; then it fails, not begun (default: 3600)',
    deadlineOf,
  );

export const withPace = (command: Command): Command =>
  withDeadline(command)
    .option('--no-wait', 'do not wait until it is done')
    .option(
      '--stagger <seconds>',
      'begin with one machine after the other, so far apart',
      seconds,
      0,
    )
    .option('--max-parallel <n>', 'machines at a time', atOnce, waitingAtATime);

export interface Ordering {
  /** As in `Power cycle done for 3 machines`. */
  readonly what: string;
  readonly ask: (host: string, options: CommandOptions) => Promise<Operation | DryRun>;
  /** What a dry run shows besides its events. */
  readonly planLines?: (plan: DryRun) => readonly string[];
}

/** Orders it of each, follows it unless told not to, and says what became of it. */
export const orderPaced = async (
  shell: Shell,
  flags: PacedFlags,
  client: Client,
  hosts: readonly string[],
  { what, ask, planLines = () => [] }: Ordering,
): Promise<void> => {
  const isOnly = hosts.length === 1;
  let next = performance.now();
  const turn = async (): Promise<void> => {
    const wait = next - performance.now();
    next = Math.max(next, performance.now()) + flags.stagger * 1000;
    if (wait > 0) await pause(wait, undefined, { signal: shell.signal });
  };
  const request = async (host: string, options: CommandOptions): Promise<Operation | DryRun> => {
    await turn();
    const reply = await ask(host, options);
    if (isDryRun(reply)) return reply;
    const operation = flags.wait ? await settle(shell, client, reply, { isOnly }) : reply;
    if (!isOnly) refuseFailed(operation);
    return operation;
  };
  const showReply = async (reply: Operation | DryRun): Promise<void> => {
    if (isDryRun(reply)) {
      if (!flags.json) for (const line of planLines(reply)) shell.print(`${line}\n`);
      return showChange(shell, flags, reply, () => []);
    }
    if (isOnly) return reportOperation(shell, flags, reply);
    sayWarningsOf(shell, reply);
  };
  const summarise = (done: readonly string[]): string[] => {
    if (done.length === 0 || flags.dryRun) return [];
    const said = flags.wait ? 'done' : 'ordered';
    return [`${what} ${said} for ${counted(done.length, 'machine')}: ${foldNodeset(done)}.`];
  };
  await forHosts(shell, flags, hosts, request, showReply, { summarise, most: flags.maxParallel });
};
