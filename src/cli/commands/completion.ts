/** `halctl completion`: scripts for shells, and the names that they ask for. */

import type { Command } from 'commander';
import { Argument } from 'commander';
import { withExamples, withWork } from '../command.ts';
import { readConfig } from '../config.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import { printLines } from '../shell.ts';
import type { Shell } from '../shell.ts';

/** Whoever has pressed Tab does not wait longer, ms. */
const patienceMs = 1500;

export const completionCommands = (program: Command, shell: Shell): void => {
  const completion = program.command('completion').description('completion scripts for shells');
  for (const [name, example] of [
    ['bash', 'source <(halctl completion bash)'],
    ['zsh', 'source <(halctl completion zsh)'],
    ['fish', 'halctl completion fish | source'],
  ] as const) {
    const run = async (): Promise<void> => {
      const { completionScript } = await import('../completion.ts');
      const { treeOf } = await import('../command-tree.ts');
      shell.print(completionScript(name, treeOf(program)));
    };
    withExamples(
      withWork(
        completion.command(name).description(`print the completion script for ${name}`),
        run,
      ),
      example,
    );
  }
  const names = async (flags: GlobalFlags, kind: string): Promise<void> => {
    printLines(shell, await namesOf(shell, flags, kind));
  };
  withWork(
    completion
      .command('names', { hidden: true })
      .description('print names that can stand on the command line, for the completion scripts')
      .addArgument(new Argument('<kind>', 'of what').choices(['hosts', 'roles', 'contexts'])),
    names,
  );
};

const namesOf = async (shell: Shell, flags: GlobalFlags, kind: string): Promise<string[]> => {
  if (kind === 'contexts') return Object.keys((await readConfig(shell.env)).contexts);
  const client = await connect(shell, flags, patienceMs);
  const { items } = await client.listHosts({ limit: 1000, signal: shell.signal });
  if (kind === 'hosts') return items.map(({ fqdn }) => fqdn);
  return [...new Set(items.flatMap(({ roles }) => roles.map(({ name }) => name)))].sort();
};
