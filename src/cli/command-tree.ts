/** The tree of commands as data: what completion scripts and the reference are made from. */

import type { Command, Option } from 'commander';
import { examplesOf } from './command.ts';

export interface Flag {
  /** As in the help: `-f, --facts <file>`. */
  readonly usage: string;
  readonly names: readonly string[];
  /** What its value is called; undefined for a flag without one. */
  readonly value: string | undefined;
  readonly choices: readonly string[];
  readonly description: string;
  readonly required: boolean;
  readonly default: string | undefined;
}

export interface Positional {
  readonly usage: string;
  readonly name: string;
  readonly choices: readonly string[];
  readonly description: string;
}

export interface CommandNode {
  /** Words from the program's name on: `['halctl', 'cluster', 'load']`. */
  readonly path: readonly string[];
  readonly aliases: readonly string[];
  readonly description: string;
  readonly flags: readonly Flag[];
  readonly positionals: readonly Positional[];
  readonly examples: readonly string[];
  readonly children: readonly CommandNode[];
}

const flagOf = (option: Option): Flag => ({
  usage: option.flags,
  names: [option.short, option.long].filter((name) => name !== undefined),
  value: /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1],
  choices: option.argChoices ?? [],
  description: option.description,
  required: option.mandatory,
  default: typeof option.defaultValue === 'string' ? option.defaultValue : undefined,
});

/** A command and everything beneath it that help would show. */
export const treeOf = (command: Command, above: readonly string[] = []): CommandNode => {
  const path = [...above, command.name()];
  return {
    path,
    aliases: command.aliases(),
    description: command.description(),
    flags: command.options.filter(({ hidden }) => !hidden).map(flagOf),
    positionals: command.registeredArguments.map((argument) => ({
      usage: argument.required
        ? `<${argument.name()}${argument.variadic ? '...' : ''}>`
        : `[${argument.name()}${argument.variadic ? '...' : ''}]`,
      name: argument.name(),
      choices: argument.argChoices ?? [],
      description: argument.description,
    })),
    examples: examplesOf(command),
    children: command
      .createHelp()
      .visibleCommands(command)
      .filter((child) => command.commands.includes(child))
      .map((child) => treeOf(child, path)),
  };
};

/** Every command of a tree, parents before children. */
export function* everyCommand(node: CommandNode): Generator<CommandNode> {
  yield node;
  for (const child of node.children) yield* everyCommand(child);
}
