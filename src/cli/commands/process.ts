/** `halctl cluster process`: processes, and what is said of them. */

import type { Command } from 'commander';
import { Argument } from 'commander';
import { everyItem } from '../../client/pages.ts';
import type { Done, Process, StateBody } from '../../client/types.ts';
import { forcing } from '../../client/view/forcing.ts';
import { processColumns } from '../../client/view/processes.ts';
import {
  changeOptions,
  fidOf,
  gather,
  readOptions,
  show,
  showChange,
  withChange,
  withExamples,
  withRead,
  withWork,
} from '../command.ts';
import type { ChangeFlags, ReadFlags } from '../command.ts';
import { processKind } from '../many-hosts.ts';
import { paintState } from '../output/colour.ts';
import { formatFields, formatTable } from '../output/table.ts';
import { connect } from '../session.ts';
import type { Shell } from '../shell.ts';
import { actionCommand } from './actions.ts';
import { addCommand } from './add.ts';
import { configurationCommand } from './configuration.ts';
import { logsCommand } from './logs.ts';
import { scaleCommand } from './scale.ts';

export const processCommands = (cluster: Command, shell: Shell): void => {
  const process = cluster.command('process').description('processes and their configuration');
  addCommand(process, shell);
  configurationCommand(process, shell);
  listCommand(process, shell);
  showCommand(process, shell);
  logsCommand(process, shell);
  actionCommands(process, shell);
  scaleCommand(process, shell);
  stateCommand(process, shell);
};

interface ListFlags extends ReadFlags {
  readonly host?: string;
  readonly node?: string;
  readonly role?: string;
  /** As typed; the station refuses what is none. */
  readonly state?: Process['state'];
}

const listCommand = (process: Command, shell: Shell): void => {
  const run = async (flags: ListFlags): Promise<void> => {
    const client = await connect(shell, flags);
    const { host, node, role, state } = flags;
    const filter = { ...readOptions(shell, flags), host, node, role, state };
    const reply = await everyItem((options) => client.listProcesses(options), filter);
    show(shell, flags, reply, ({ items }) =>
      formatTable<Process>(
        processColumns.map((column) => ({
          ...column,
          ...(column.id === 'state'
            ? {
                paint:
                  ({ state }: Process) =>
                  (text: string) =>
                    paintState(shell.palette, state, text),
              }
            : {}),
        })),
        items,
        shell.width,
      ),
    );
  };
  const list = process
    .command('list')
    .description('list processes')
    .option('--host <host>', 'only those of this host')
    .option('--node <fid>', 'only those of this node', fidOf)
    .option('--role <role>', 'only those of this role')
    .option('--state <state>', 'only those in this state');
  withExamples(
    withWork(withRead(list), run),
    'halctl cluster process list',
    'halctl cluster process list --role s3server --state failed',
  );
};

const showCommand = (process: Command, shell: Shell): void => {
  const run = async (flags: ReadFlags, fid: string): Promise<void> => {
    const client = await connect(shell, flags);
    show(shell, flags, await client.getProcess(fid, readOptions(shell, flags)), (reply) => [
      ...formatFields([
        ['fid', reply.fid],
        ['name', reply.name],
        ['state', reply.state],
        ['reason', reply.reason === '' ? undefined : reply.reason],
        ['wanted', reply.wanted ?? undefined],
        ['pid', reply.pid === null ? undefined : String(reply.pid)],
        ['attempt', reply.attempt === 0 ? undefined : String(reply.attempt)],
        ['lease', reply.lease === null ? undefined : `${reply.lease} s`],
        ['instance', reply.instance ?? undefined],
        ['host', reply.host],
        ['node', reply.node],
        ['role', reply.role],
        ['type', reply.type],
        ['owner', reply.ownership],
        ['boot level', String(reply.boot_level)],
        ['endpoint', reply.endpoint],
        ['created', `revision ${reply.created}`],
        ['changed', `revision ${reply.changed}`],
      ]),
      'services',
      ...reply.services.map(({ fid, type, state }) => `  ${fid}  ${state}  ${type}`),
    ]);
  };
  withExamples(
    withWork(
      withRead(
        process
          .command('show')
          .description('show one process')
          .argument('<fid>', 'the process', fidOf),
      ),
      run,
    ),
    'halctl cluster process show 0x7200000000000001:0x2a',
  );
};

const gatherFids = (text: string, before: readonly string[] | undefined): readonly string[] =>
  gather(fidOf(text), before);

const actionCommands = (process: Command, shell: Shell): void => {
  const action = (
    verb: 'start' | 'stop' | 'restart' | 'remove',
    description: string,
    force: string | undefined,
  ): void =>
    actionCommand(
      process.command(verb).description(description).argument('<fid...>', 'processes', gatherFids),
      shell,
      (_client, fid) => ({ verb, process: fid }),
      [`halctl cluster process ${verb} 0x7200000000000001:0x2a`],
      { kind: processKind, ...(force === undefined ? {} : { force }) },
    );
  action('start', 'start managed processes', undefined);
  action('stop', 'stop managed processes', `although ${forcing.stopProcesses}`);
  action('restart', 'stop managed processes, if they run, and start them', undefined);
  action(
    'remove',
    'remove processes: a managed one is stopped first, an independent one must have ended',
    `although ${forcing.removeProcesses}`,
  );
};

interface StateFlags extends ChangeFlags {
  readonly reason?: string;
  readonly instance?: string;
}

const stateCommand = (process: Command, shell: Shell): void => {
  const run = async (flags: StateFlags, fid: string, state: StateBody['state']): Promise<void> => {
    const client = await connect(shell, flags);
    const { reason, instance } = flags;
    const body = {
      state,
      ...(reason === undefined ? {} : { reason }),
      ...(instance === undefined ? {} : { instance }),
    };
    const reply = await client.reportState(fid, body, changeOptions(shell, flags));
    await showChange(shell, flags, reply, ({ revision, changed }: Done) => [
      changed ? `${fid} is ${state}; revision ${revision}.` : `${fid} already was ${state}.`,
    ]);
  };
  const report = process
    .command('state')
    .description('report the state of an independent process')
    .argument('<fid>', 'the process', fidOf)
    .addArgument(
      new Argument('<state>', 'what it does now').choices([
        'online',
        'offline',
        'failed',
        'starting',
      ]),
    )
    .option('--reason <text>', 'why')
    .option(
      '--instance <id>',
      'which run of it says so; what is said for older ones afterwards is refused',
    );
  withExamples(
    withWork(withChange(report), run),
    'halctl cluster process state 0x7200000000000001:0x2a online',
    "halctl cluster process state 0x7200000000000001:0x2a failed --reason 'lost its mount'",
    'halctl cluster process state 0x7200000000000001:0x2a online --instance "$run"',
  );
};
