/** `halctl project`: who machines are lent to. */

import type { Command } from 'commander';
import { Option } from 'commander';
import { everyItem } from '../../client/pages.ts';
import type { Client } from '../../client/client.ts';
import type { CommandOptions, Done, DryRun, Project } from '../../client/types.ts';
import { foldNodeset } from '../../nodeset/nodeset.ts';
import {
  changeOptions,
  readOptions,
  show,
  showChange,
  withChange,
  withExamples,
  withRead,
  withWork,
} from '../command.ts';
import type { ChangeFlags, ReadFlags } from '../command.ts';
import { machinesOf } from '../nodesets.ts';
import { formatFields, formatTable } from '../output/table.ts';
import { counted } from '../output/text.ts';
import { connect } from '../session.ts';
import type { Shell } from '../shell.ts';

const placeRoles = ['viewer', 'operator'] as const;

export const projectCommands = (program: Command, shell: Shell): void => {
  const project = program
    .command('project')
    .description('projects: who machines are lent to, and which tokens may see them');
  createCommand(project, shell);
  deleteCommand(project, shell);
  listCommand(project, shell);
  showCommand(project, shell);
  machinesCommand(project, shell, {
    verb: 'attach',
    description: 'lend machines to a project, all of them or none',
    call: (client, name, hosts, options) => client.attachMachines(name, { hosts }, options),
    done: 'is lent to',
  });
  machinesCommand(project, shell, {
    verb: 'detach',
    description: 'take machines back from a project, all of them or none',
    call: (client, name, hosts, options) => client.detachMachines(name, { hosts }, options),
    done: 'is not lent any more to',
  });
  admitCommand(project, shell);
  expelCommand(project, shell);
};

const createCommand = (project: Command, shell: Shell): void => {
  const run = async (flags: ChangeFlags, name: string): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.createProject({ name }, changeOptions(shell, flags));
    await showChange(shell, flags, reply, (made: Project) => [
      `${made.name} is a project; it has ${counted(made.machines, 'machine')}.`,
    ]);
  };
  withExamples(
    withWork(
      withChange(
        project
          .command('create')
          .description('create a project')
          .argument('<project>', 'its name: letters, digits, and . _ - between them'),
      ),
      run,
    ),
    'halctl project create climate',
  );
};

const deleteCommand = (project: Command, shell: Shell): void => {
  const run = async (flags: ChangeFlags, name: string): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.deleteProject(name, changeOptions(shell, flags));
    await showChange(shell, flags, reply, ({ revision }: Done) => [
      `There is no project ${name} any more; revision ${revision}.`,
    ]);
  };
  withExamples(
    withWork(
      withChange(
        project
          .command('delete')
          .description('delete a project that has no machines; its tokens stay, and lose it')
          .argument('<project>', 'its name'),
      ),
      run,
    ),
    'halctl project delete climate',
  );
};

const listCommand = (project: Command, shell: Shell): void => {
  const run = async (flags: ReadFlags): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await everyItem(
      (options) => client.listProjects(options),
      readOptions(shell, flags),
    );
    show(shell, flags, reply, ({ items }) =>
      formatTable<Project>(
        [
          { title: 'PROJECT', value: ({ name }) => name },
          { title: 'MACHINES', value: ({ machines }) => String(machines), align: 'right' },
          { title: 'MADE BY', value: madeBy, yields: 1 },
        ],
        items,
        shell.width,
      ),
    );
  };
  withExamples(
    withWork(withRead(project.command('list').description('list projects')), run),
    'halctl project list',
  );
};

const madeBy = ({ lasting }: Project): string => (lasting ? 'an administrator' : 'facts');

const showCommand = (project: Command, shell: Shell): void => {
  const run = async (flags: ReadFlags, name: string): Promise<void> => {
    const client = await connect(shell, flags);
    const options = readOptions(shell, flags);
    const found = await client.getProject(name, options);
    const { items } = await everyItem((page) => client.listHosts(page), {
      ...options,
      project: name,
    });
    const reply = { ...found, hosts: items.map(({ fqdn }) => fqdn) };
    show(shell, flags, reply, ({ hosts }) =>
      formatFields([
        ['project', found.name],
        ['made by', madeBy(found)],
        ['machines', String(hosts.length)],
        ['hosts', hosts.length === 0 ? undefined : foldNodeset(hosts)],
        ['created', `revision ${found.created}`],
      ]),
    );
  };
  withExamples(
    withWork(
      withRead(
        project
          .command('show')
          .description('show a project and its machines')
          .argument('<project>', 'its name'),
      ),
      run,
    ),
    'halctl project show climate',
  );
};

interface Machines {
  readonly verb: 'attach' | 'detach';
  readonly description: string;
  readonly call: (
    client: Client,
    project: string,
    hosts: string[],
    options: CommandOptions,
  ) => Promise<Project | DryRun>;
  readonly done: string;
}

const machinesCommand = (
  project: Command,
  shell: Shell,
  { verb, description, call, done }: Machines,
): void => {
  const run = async (
    flags: ChangeFlags,
    name: string,
    nodesets: readonly string[],
  ): Promise<void> => {
    const hosts = [...(await machinesOf(shell, flags, nodesets))];
    const client = await connect(shell, flags);
    const reply = await call(client, name, hosts, changeOptions(shell, flags));
    await showChange(shell, flags, reply, ({ machines }: Project) => [
      `${foldNodeset(hosts)} ${done} ${name}, which has ${counted(machines, 'machine')}.`,
    ]);
  };
  withExamples(
    withWork(
      withChange(
        project
          .command(verb)
          .description(description)
          .argument('<project>', 'its name')
          .argument('<nodeset...>', "machines: n0001.example, or 'n[0001-0100].savio3'"),
      ),
      run,
    ),
    `halctl project ${verb} climate n0001.example`,
    `halctl project ${verb} climate 'n[0001-0100,0200].savio3' --dry-run`,
  );
};

const admitCommand = (project: Command, shell: Shell): void => {
  interface Flags extends ChangeFlags {
    readonly role: (typeof placeRoles)[number];
  }
  const run = async (flags: Flags, name: string, id: string): Promise<void> => {
    const client = await connect(shell, flags);
    const { role } = flags;
    const reply = await client.putMember(name, id, { role }, changeOptions(shell, flags));
    await showChange(shell, flags, reply, ({ revision }: Done) => [
      `The token ${id} is ${role} in ${name}; revision ${revision}.`,
    ]);
  };
  withExamples(
    withWork(
      withChange(
        project
          .command('admit')
          .description('let a token of a member into a project, or give it another role there')
          .argument('<project>', 'its name')
          .argument('<id>', 'id of the token, as in the list')
          .addOption(
            new Option('--role <role>', 'what it may do with the machines')
              .choices(placeRoles)
              .makeOptionMandatory(),
          ),
      ),
      run,
    ),
    'halctl project admit climate 3f2a9c --role viewer',
  );
};

const expelCommand = (project: Command, shell: Shell): void => {
  const run = async (flags: ChangeFlags, name: string, id: string): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.removeMember(name, id, changeOptions(shell, flags));
    await showChange(shell, flags, reply, ({ revision }: Done) => [
      `The token ${id} sees nothing of ${name} any more; revision ${revision}.`,
    ]);
  };
  withExamples(
    withWork(
      withChange(
        project
          .command('expel')
          .description('take a token out of a project; its open streams end')
          .argument('<project>', 'its name')
          .argument('<id>', 'id of the token, as in the list'),
      ),
      run,
    ),
    'halctl project expel climate 3f2a9c',
  );
};
