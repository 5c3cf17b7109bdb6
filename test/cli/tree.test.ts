/** Every command is complete: explained, with an example, in the reference and in all completions. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { everyCommand, treeOf } from '../../src/cli/command-tree.ts';
import type { CommandNode } from '../../src/cli/command-tree.ts';
import { completionScript, completionShells } from '../../src/cli/completion.ts';
import { createProgram } from '../../src/cli/program.ts';
import { silentShell } from './shell.ts';

const tree = treeOf(createProgram(silentShell()));
const commands = [...everyCommand(tree)].filter((node) => node !== tree);
const work = commands.filter(({ children }) => children.length === 0);
const pathOf = ({ path }: CommandNode): string => path.slice(1).join(' ');
const root = join(import.meta.dirname, '..', '..');

t.test('the tree holds what was promised', async (t) => {
  const cluster =
    'load dump status start stop vars.get vars.set node.add node.start node.stop node.remove node.list node.show ' +
    'process.add process.configuration process.start process.stop process.restart process.remove process.list ' +
    'process.show process.logs process.scale';
  const system =
    'info.eq info.rc info.cep info.node info.graph node.add node.remove node.enable-traces node.disable-traces ' +
    'service.start service.stop service.status station.status';
  const paths = new Set(work.map(pathOf));
  for (const [parent, names] of [
    ['cluster', cluster],
    ['system', system],
  ] as const)
    for (const name of names.split(' '))
      t.ok(paths.has(`${parent} ${name.replace('.', ' ')}`), `${parent} ${name}`);
  t.same(
    tree.children
      .filter(({ aliases }) => aliases.length > 0)
      .map(({ path, aliases }) => [path[1], ...aliases]),
    [
      ['cluster', 'mero'],
      ['system', 'halon'],
    ],
  );
});

t.test('every command has a description, and an example that calls it', async (t) => {
  for (const node of commands) t.ok(node.description.length > 10, pathOf(node));
  for (const node of work)
    t.ok(
      node.examples.some((line) => line.includes(`halctl ${pathOf(node)}`)),
      `${pathOf(node)}: ${node.examples.join(' | ')}`,
    );
});

t.test('its help shows the example', async (t) => {
  for (const node of work) {
    const shell = silentShell();
    await createProgram(shell)
      .parseAsync(['node', 'halctl', ...node.path.slice(1), '--help'])
      .catch(() => undefined);
    const help = shell.printed.join('');
    t.match(help, `$ ${node.examples[0]}`, pathOf(node));
  }
});

t.test('every command is in the reference', async (t) => {
  const text = readFileSync(join(root, 'docs', 'reference', 'cli.md'), 'utf8');
  for (const node of work) t.ok(text.includes(`halctl ${pathOf(node)}`), pathOf(node));
});

t.test('bash, zsh and fish complete every command and every flag', async (t) => {
  for (const shell of completionShells) {
    const script = completionScript(shell, tree);
    for (const node of commands) {
      const parent = node.path.slice(1, -1).join(' ');
      const step =
        shell === 'fish'
          ? `case '${parent}|${node.path.at(-1)}'`
          : `'${parent}|${node.path.at(-1)}')`;
      t.ok(script.includes(step), `${shell}: ${step}`);
      for (const { names } of node.flags)
        for (const name of names.filter((one) => one.startsWith('--')))
          t.ok(
            script.includes(shell === 'fish' ? `-l ${name.slice(2)}` : name),
            `${shell}: ${name}`,
          );
    }
  }
});
