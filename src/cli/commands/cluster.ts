/** `halctl cluster`: the managed cluster as a whole. */

import type { Command } from 'commander';
import type { Done, OverrideBody, VarList } from '../../client/types.ts';
import {
  changeOptions,
  fidOf,
  readOptions,
  show,
  showChange,
  withChange,
  withExamples,
  withRead,
  withWork,
} from '../command.ts';
import type { ChangeFlags, ReadFlags } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { formatTable } from '../output/table.ts';
import { connect } from '../session.ts';
import type { Shell } from '../shell.ts';
import { bootstrapCommand } from './bootstrap.ts';
import { dumpCommand } from './dump.ts';
import { loadCommand } from './load.ts';
import { nodeCommands } from './node.ts';
import { actionCommand } from './actions.ts';
import { processCommands } from './process.ts';
import { resetCommand } from './reset.ts';
import { statusCommand } from './status.ts';
import { syncCommand } from './sync.ts';

export const clusterCommands = (program: Command, shell: Shell): void => {
  const cluster = program
    .command('cluster')
    .alias('mero')
    .description('the managed cluster: facts and roles, nodes, processes, status');
  bootstrapCommand(cluster, shell);
  loadCommand(cluster, shell);
  dumpCommand(cluster, shell);
  statusCommand(cluster, shell);
  actionCommand(
    cluster
      .command('start')
      .description('start all managed processes, level by level on every node'),
    shell,
    () => ({ verb: 'start', cluster: true }),
    ['halctl cluster start', 'halctl cluster start --no-wait'],
  );
  actionCommand(
    cluster
      .command('stop')
      .description('stop all managed processes; independent ones are left alone and named'),
    shell,
    () => ({ verb: 'stop', cluster: true }),
    ['halctl cluster stop'],
  );
  resetCommand(cluster, shell);
  syncCommand(cluster, shell);
  updateCommand(cluster, shell);
  nodeCommands(cluster, shell);
  processCommands(cluster, shell);
  varsCommands(cluster, shell);
};

interface UpdateFlags extends ChangeFlags {
  readonly reason: string;
}

const updateCommand = (cluster: Command, shell: Shell): void => {
  const run = async (flags: UpdateFlags, assignment: string): Promise<void> => {
    const [fid = '', state = ''] = assignment.split('=');
    const client = await connect(shell, flags);
    const body = { state: state as OverrideBody['state'], reason: flags.reason };
    const reply = await client.overrideState(fidOf(fid), body, changeOptions(shell, flags));
    await showChange(shell, flags, reply, ({ revision, changed }: Done) => [
      changed ? `${fid} is ${state} now; revision ${revision}.` : `${fid} already was ${state}.`,
    ]);
  };
  withExamples(
    withWork(
      withChange(
        cluster
          .command('update')
          .description("set a process's state by hand; recorded with who did it and why")
          .argument('<fid=state>', 'the process and its state')
          .requiredOption('--reason <text>', 'why you know better'),
      ),
      run,
    ),
    "halctl cluster update 0x7200000000000001:0x2a=offline --reason 'its disk was pulled'",
  );
};

const varsCommands = (cluster: Command, shell: Shell): void => {
  const vars = cluster.command('vars').description('settings of the cluster');
  const set = async (flags: ChangeFlags, assignments: readonly string[]): Promise<void> => {
    const wanted = Object.fromEntries(
      assignments.map((text) => {
        const match = /^([a-z_]+)=(-?\d{1,15})$/.exec(text);
        if (!match)
          throw new Failure(
            'usage',
            `"${text}" is not NAME=NUMBER`,
            'See: halctl cluster vars get',
          );
        return [match[1]!, Number(match[2])];
      }),
    );
    const client = await connect(shell, flags);
    const reply = await client.setVars(wanted, changeOptions(shell, flags));
    await showChange(shell, flags, reply, ({ revision, changed }: Done) => [
      changed ? `Set; revision ${revision}.` : 'They had these values already.',
    ]);
  };
  withExamples(
    withWork(
      withChange(
        vars
          .command('set')
          .description('change settings, all of those given or none')
          .argument('<name=value...>', 'settings and their values'),
      ),
      set,
    ),
    'halctl cluster vars set keepalive_timeout=60 keepalive_frequency=15',
  );
  const run = async (flags: ReadFlags, name: string | undefined): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.vars(readOptions(shell, flags));
    if (name === undefined) return show(shell, flags, reply, varLines);
    const found = reply.items.find((one) => one.name === name);
    if (!found)
      throw new Failure(
        'notFound',
        `there is no setting "${name}"`,
        'See which there are: halctl cluster vars get',
      );
    show(shell, flags, found, ({ value }) => [String(value)]);
  };
  const varLines = ({ items }: VarList): string[] =>
    formatTable<VarList['items'][number]>(
      [
        { title: 'NAME', value: ({ name }) => name },
        { title: 'VALUE', value: ({ value }) => String(value), align: 'right' },
        { title: 'UNIT', value: ({ unit }) => unit },
        { title: 'DEFAULT', value: (one) => String(one.default), align: 'right' },
        { title: 'RANGE', value: ({ min, max }) => `${min}..${max}` },
        { title: 'MEANING', value: ({ description }) => description, yields: 1 },
      ],
      items,
      shell.width,
    );
  withExamples(
    withWork(
      withRead(
        vars
          .command('get')
          .description('show the settings, or the value of one')
          .argument('[name]', 'a setting'),
      ),
      run,
    ),
    'halctl cluster vars get',
    'halctl cluster vars get keepalive_timeout',
  );
};
