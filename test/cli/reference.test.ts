/** The reference, the help and the examples say what the program does. */

import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import type { Command } from 'commander';
import t from 'tap';
import { cliReference, referencePath } from '../../scripts/reference-cli.ts';
import { everyCommand, treeOf } from '../../src/cli/command-tree.ts';
import type { CommandNode } from '../../src/cli/command-tree.ts';
import { createProgram } from '../../src/cli/program.ts';
import { silentShell } from './shell.ts';

t.test('docs/reference/cli.md is what scripts/reference-cli.ts writes', async (t) => {
  t.equal(
    readFileSync(referencePath, 'utf8'),
    cliReference(),
    'run scripts/node scripts/reference-cli.ts',
  );
});

const program = (): Command => createProgram(silentShell());
const leaves = [...everyCommand(treeOf(program()))].filter(({ children }) => children.length === 0);
const nameOf = ({ path }: CommandNode): string => path.join(' ');

t.test('every command has a description and an example', async (t) => {
  t.ok(leaves.length > 25, `${leaves.length} commands`);
  for (const leaf of leaves) {
    t.not(leaf.description, '', nameOf(leaf));
    t.ok(leaf.examples.length > 0, nameOf(leaf));
  }
});

/** The words of a command line that calls halctl, as a shell would make them. */
const wordsOf = (line: string): string[] => {
  const call = /halctl (.*?)(?: [|>] .*|\))?$/.exec(line)?.[1] ?? '';
  return [...call.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
};

t.test(
  'every example is taken by the parser, as the command that it is an example of',
  async (t) => {
    for (const leaf of leaves) {
      for (const example of leaf.examples) {
        const halctl = program();
        const reached: string[] = [];
        halctl.hook('preAction', (_program, command) => {
          for (let at: Command | null = command; at !== null; at = at.parent)
            reached.unshift(at.name());
          throw new CommanderError(0, 'test.reached', 'reached');
        });
        try {
          await halctl.parseAsync(wordsOf(example), { from: 'user' });
        } catch (error) {
          t.equal(
            (error as CommanderError).code,
            'test.reached',
            `${example}: ${(error as Error).message}`,
          );
        }
        t.same(reached, leaf.path, example);
      }
    }
  },
);

t.test('no flag takes a token', async (t) => {
  const flags = [...everyCommand(treeOf(program()))].flatMap((node) => node.flags);
  t.same(
    flags.filter(({ value }) => value !== undefined && /token$|secret|password/.test(value)),
    [],
  );
});
