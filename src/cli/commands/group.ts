/** `halctl group`: groups of machines, from all sources. */

import type { Command } from 'commander';
import type { Group, GroupSourceState } from '../../client/types.ts';
import { show, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { formatFields, formatTable } from '../output/table.ts';
import { formatTime, printable } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

export const groupCommands = (program: Command, shell: Shell): void => {
  const group = program
    .command('group')
    .description('groups of machines: @name in nodesets, @source:name of one source');
  listCommand(group, shell);
  showCommand(group, shell);
  sourcesCommand(group, shell);
};

interface GroupFlags extends GlobalFlags, JsonFlag {
  readonly source?: string;
}

const withSource = (command: Command): Command =>
  withJson(command).option('--source <source>', 'only of this source');

/** Says on the side which sources did not answer, as what is shown is what they said before. */
const sayStale = (shell: Shell, sources: readonly GroupSourceState[]): void => {
  for (const { name, error, age_seconds: age } of sources)
    if (error !== null)
      shell.say(
        `halctl: ${name} ${age === null ? 'was never read' : `is ${age} s old`}: ${printable(error)}\n`,
      );
};

const listCommand = (group: Command, shell: Shell): void => {
  const run = async (flags: GroupFlags): Promise<void> => {
    const client = await connect(shell, flags);
    const { source } = flags;
    const reply = await client.listGroups({ source, signal: shell.signal });
    show(shell, flags, reply, ({ items }) =>
      formatTable<Group>(
        [
          { title: 'GROUP', value: ({ name }) => printable(name) },
          { title: 'SOURCE', value: ({ source }) => source, yields: 3 },
          { title: 'COUNT', value: ({ count }) => String(count), align: 'right' },
          {
            title: 'NODES',
            value: ({ nodeset, error }) => printable(error ?? nodeset),
            yields: 1,
          },
          {
            title: 'HIDDEN BY',
            value: ({ shadowed_by: by }) => by ?? '-',
            yields: 2,
          },
        ],
        items,
        shell.width,
      ),
    );
    sayStale(shell, reply.sources);
  };
  withExamples(
    withWork(withSource(group.command('list').description('list groups of all sources')), run),
    'halctl group list',
    'halctl group list --source slurm',
  );
};

const showCommand = (group: Command, shell: Shell): void => {
  const run = async (flags: GroupFlags, written: string): Promise<void> => {
    const client = await connect(shell, flags);
    const [, named, name = ''] = /^@?(?:([^:]+):)?(.+)$/.exec(written) ?? [];
    const source = flags.source ?? named;
    const reply = await client.getGroup(name, { source, signal: shell.signal });
    show(shell, flags, reply, (found) =>
      formatFields([
        ['group', found.name],
        ['source', found.source],
        ['count', String(found.count)],
        ['nodes', found.nodeset === '' ? '-' : found.nodeset],
        ['hidden by', found.shadowed_by ?? '-'],
        ['read', found.read_at === null ? 'never' : formatTime(found.read_at)],
        ...(found.error === null ? [] : [['problem', printable(found.error)] as const]),
      ]),
    );
  };
  withExamples(
    withWork(
      withSource(
        group
          .command('show')
          .description('show who is in a group')
          .argument('<group>', 'a group, like gpu or slurm:gpu'),
      ),
      run,
    ),
    'halctl group show gpu',
    'halctl group show slurm:gpu',
  );
};

const sourcesCommand = (group: Command, shell: Shell): void => {
  const run = async (flags: GlobalFlags & JsonFlag): Promise<void> => {
    const client = await connect(shell, flags);
    const { sources } = await client.listGroups({ signal: shell.signal });
    show(shell, flags, { sources }, () => [
      ...formatTable<GroupSourceState>(
        [
          { title: 'SOURCE', value: ({ name }) => name },
          { title: 'KIND', value: ({ kind }) => kind, yields: 2 },
          { title: 'GROUPS', value: ({ groups }) => String(groups), align: 'right' },
          {
            title: 'AGE',
            value: ({ age_seconds: age }) => (age === null ? 'never read' : `${age} s`),
            align: 'right',
          },
          { title: 'PROBLEM', value: ({ error }) => printable(error ?? '-'), yields: 1 },
        ],
        sources,
        shell.width,
      ),
      ...sources.flatMap(({ name, warnings }) =>
        warnings.map((warning) => `${name}: ${printable(warning)}`),
      ),
    ]);
  };
  withExamples(
    withWork(
      withJson(
        group.command('sources').description('list sources of groups, how old they are, and why'),
      ),
      run,
    ),
    'halctl group sources',
  );
};
