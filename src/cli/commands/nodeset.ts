/** `halctl nodeset`: names of many machines in short, and back. It asks nobody, unless groups are named. */

import type { Command } from 'commander';
import {
  foldInOrder,
  gatheredLines,
  gatherOutputs,
  pick,
  readLabelledLines,
  slurmNodeset,
} from '../../nodeset/nodeset.ts';
import { show, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { namesOfNodesets } from '../nodesets.ts';
import { printable } from '../output/text.ts';
import { readInputBytes } from '../prompt.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

/** Bytes of standard input. */
const inputMax = 64 * 1024 * 1024;

const nodesets = "nodesets, like 'n[1-9]!n5'; none or -: those on standard input";

export const nodesetCommands = (program: Command, shell: Shell): void => {
  const nodeset = program
    .command('nodeset')
    .description('names of many machines in short, and back, as ClusterShell has them');
  foldCommand(nodeset, shell);
  expandCommand(nodeset, shell);
  countCommand(nodeset, shell);
  diffCommand(nodeset, shell);
  gatherCommand(nodeset, shell);
};

interface NodesetFlags extends GlobalFlags, JsonFlag {
  readonly separator?: string;
  readonly slice?: string;
  readonly slurm?: true;
}

const inputOf = async (shell: Shell): Promise<string> =>
  (await readInputBytes(shell, inputMax)).toString('utf8');

/** The nodesets that were given, by arguments or on standard input: any number a line, with `#` before remarks. */
const given = async (shell: Shell, args: readonly string[]): Promise<readonly string[]> => {
  const texts: string[] = [];
  for (const arg of args.length === 0 ? ['-'] : args) {
    if (arg === '-')
      for (const line of (await inputOf(shell)).split('\n'))
        texts.push(...line.replace(/#.*/, '').split(/\s+/));
    else texts.push(arg);
  }
  return texts.filter((text) => text.trim() !== '');
};

const namesGiven = async (
  shell: Shell,
  flags: NodesetFlags,
  args: readonly string[],
): Promise<ReadonlySet<string>> => {
  const names = await namesOfNodesets(shell, flags, await given(shell, args));
  return flags.slice === undefined ? names : pick(names, flags.slice);
};

/** `\n` and `\t` may be written, as shells make them hard to type. */
const separatorOf = ({ separator }: NodesetFlags, usual: string): string =>
  separator?.replaceAll(String.raw`\n`, '\n').replaceAll(String.raw`\t`, '\t') ?? usual;

/** What is said of a set in JSON. */
const described = (
  names: ReadonlySet<string>,
): { count: number; nodeset: string; slurm: string; nodes: readonly string[] } => {
  const { nodeset, names: nodes } = foldInOrder(names);
  return { count: nodes.length, nodeset, slurm: slurmNodeset(nodes), nodes };
};

const withSet = (command: Command): Command =>
  withJson(command.argument('[nodeset...]', nodesets)).option(
    '--slice <numbers>',
    "only those at these places of the set, from 0 on, like '0-9,20'",
  );

const foldCommand = (nodeset: Command, shell: Shell): void => {
  const run = async (flags: NodesetFlags, args: readonly string[]): Promise<void> => {
    const names = await namesGiven(shell, flags, args);
    show(shell, flags, described(names), ({ nodeset, slurm }) => [flags.slurm ? slurm : nodeset]);
  };
  withExamples(
    withWork(
      withSet(nodeset.command('fold').description('write names in short')).option(
        '--slurm',
        'as Slurm takes it: brackets only at the end of a name',
      ),
      run,
    ),
    'halctl nodeset fold n1 n2 n3',
    "halctl nodeset fold 'n[1-10]!n[3-4]'",
    'sinfo -h -o %n | halctl nodeset fold',
    "halctl nodeset fold --slurm 'n[1-3].savio3'",
  );
};

const expandCommand = (nodeset: Command, shell: Shell): void => {
  const run = async (flags: NodesetFlags, args: readonly string[]): Promise<void> => {
    const names = await namesGiven(shell, flags, args);
    if (names.size === 0 && !flags.json) return;
    const separator = separatorOf(flags, '\n');
    show(shell, flags, described(names), ({ nodes }) => [nodes.join(separator)]);
  };
  withExamples(
    withWork(
      withSet(
        nodeset.command('expand').description('write every name, one a line, in their order'),
      ).option('--separator <text>', 'what stands between names'),
      run,
    ),
    "halctl nodeset expand 'n[08-11]'",
    "halctl nodeset expand 'n[1-9]&n[5-20]' --separator ' '",
  );
};

const countCommand = (nodeset: Command, shell: Shell): void => {
  const run = async (flags: NodesetFlags, args: readonly string[]): Promise<void> => {
    const names = await namesGiven(shell, flags, args);
    show(shell, flags, described(names), ({ count }) => [String(count)]);
  };
  withExamples(
    withWork(withSet(nodeset.command('count').description('say how many names there are')), run),
    "halctl nodeset count 'r[1-4]n[1-16]'",
  );
};

const diffCommand = (nodeset: Command, shell: Shell): void => {
  const run = async (flags: NodesetFlags, first: string, second: string): Promise<void> => {
    if (first === '-' && second === '-')
      throw new Failure('usage', 'only one of both can come from standard input');
    const [a, b] = [
      await namesGiven(shell, flags, [first]),
      await namesGiven(shell, flags, [second]),
    ];
    const difference = {
      only_first: described(a.difference(b)),
      only_second: described(b.difference(a)),
      both: described(a.intersection(b)),
    };
    show(shell, flags, difference, ({ only_first: gone, only_second: come }) => [
      ...(gone.count === 0 ? [] : [`- ${gone.nodeset}`]),
      ...(come.count === 0 ? [] : [`+ ${come.nodeset}`]),
    ]);
  };
  withExamples(
    withWork(
      withJson(
        nodeset
          .command('diff')
          .description('say which names only one of two sets has; nothing: they are the same')
          .argument('<nodeset>', 'the first set; -: standard input')
          .argument('<other>', 'the second; -: standard input'),
      ),
      run,
    ),
    "halctl nodeset diff 'n[1-10]' 'n[2-11]'",
  );
};

const gatherCommand = (nodeset: Command, shell: Shell): void => {
  const run = async (flags: NodesetFlags): Promise<void> => {
    const { outputs, unlabelled } = readLabelledLines(await inputOf(shell), flags.separator);
    const gathered = gatherOutputs(outputs);
    show(shell, flags, { gathered, unlabelled }, () => gatheredLines(gathered).map(printable));
    if (unlabelled.length > 0)
      shell.say(
        `halctl: ${unlabelled.length} lines name no node, the first of them line ${unlabelled[0]}\n`,
      );
  };
  withExamples(
    withWork(
      withJson(
        nodeset
          .command('gather')
          .description(
            'read lines like `n1: text` from standard input and put nodes together that said the same',
          ),
      ).option(
        '--separator <text>',
        'what stands between the node and its text; a colon if absent',
      ),
      run,
    ),
    "pdsh -w 'n[1-9]' uname -r | halctl nodeset gather",
  );
};
