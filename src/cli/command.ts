/** What commands are made of: flags that many share, examples, and how work is attached. */

import { InvalidArgumentError } from 'commander';
import type { Command, OptionValues } from 'commander';
import type { CommandOptions, DryRun, ReadOptions } from '../client/types.ts';
import type { GlobalFlags } from './session.ts';
import { formatJson } from './output/text.ts';
import { momentOf } from './moment.ts';
import { printLines } from './shell.ts';
import type { Shell } from './shell.ts';

export interface JsonFlag {
  readonly json?: true;
}

/** Flags of commands that read the graph. */
export interface ReadFlags extends GlobalFlags, JsonFlag {
  readonly at?: string;
}

/** Flags of commands that change something. */
export interface ChangeFlags extends GlobalFlags, JsonFlag {
  readonly dryRun?: true;
  readonly idempotencyKey?: string;
  readonly ifMatch?: number;
}

const examples = new WeakMap<Command, readonly string[]>();

/** Gives a command its examples: shown in its help and in the reference, and tried by a test. */
export const withExamples = (command: Command, ...lines: string[]): Command => {
  examples.set(command, lines);
  return command.addHelpText(
    'after',
    `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`,
  );
};

export const examplesOf = (command: Command): readonly string[] => examples.get(command) ?? [];

/**
 * Gives a command its work. Its flags include the global ones; what it throws decides the exit
 * code.
 */
export const withWork = <F extends OptionValues, A extends readonly unknown[] = []>(
  command: Command,
  work: (flags: F, ...args: A) => Promise<void>,
): Command =>
  // Commander passes the arguments, the options and the command itself.
  command.action((...given: unknown[]) =>
    work(command.optsWithGlobals<F>(), ...(given.slice(0, -2) as unknown as A)),
  );

export const withJson = (command: Command): Command =>
  command.option('--json', 'print exactly what the API answers');

export const withRead = (command: Command): Command =>
  withJson(command).option('--at <moment>', 'the cluster as it was at a revision or a time');

export const withChange = (command: Command): Command =>
  withJson(command)
    .option('--dry-run', 'show the events that would be appended; change nothing')
    .option(
      '--idempotency-key <key>',
      'a second request with the same key is answered like the first',
    )
    .option(
      '--if-match <revision>',
      'refuse if the cluster has another revision by now',
      wholeNumber,
    );

/** Reads a flag that is a whole number from 0 on. */
export const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return value;
};

/** Reads an argument that is a fid, so that a slip is told from a process that is gone. */
export const fidOf = (text: string): string => {
  if (!/^0x[0-9a-f]{1,16}:0x[0-9a-f]{1,13}$/i.test(text))
    throw new InvalidArgumentError('A fid looks like 0x7200000000000001:0x2a.');
  return text;
};

/** Gathers the values of a flag that may be given several times. */
export const gather = (text: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  text,
];

export const readOptions = (shell: Shell, { at }: ReadFlags): ReadOptions => ({
  at: momentOf(shell, at),
  signal: shell.signal,
});

export const changeOptions = (shell: Shell, flags: ChangeFlags): CommandOptions => ({
  dryRun: flags.dryRun,
  idempotencyKey: flags.idempotencyKey,
  ifMatch: flags.ifMatch,
  signal: shell.signal,
});

export const isDryRun = <T extends object>(reply: T | DryRun): reply is DryRun =>
  'dry_run' in reply;

/** Prints a reply: as it is where JSON is asked for, else as lines. */
export const show = <T>(
  shell: Shell,
  flags: JsonFlag,
  reply: T,
  lines: (reply: T) => Iterable<string>,
): void => {
  if (flags.json) shell.print(formatJson(reply));
  else printLines(shell, lines(reply));
};

/** Prints the reply to a command: what a dry run says, or what was done. */
export const showChange = async <T extends object>(
  shell: Shell,
  flags: JsonFlag,
  reply: T | DryRun,
  lines: (reply: T) => Iterable<string>,
): Promise<void> => {
  if (!isDryRun(reply)) return show(shell, flags, reply, lines);
  const { dryRunLines } = await import('./output/events.ts');
  show(shell, flags, reply, (dryRun) => dryRunLines(dryRun, shell.width));
};
