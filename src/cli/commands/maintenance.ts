/** `halctl maintenance`: machines that somebody works on. */

import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import { everyItem } from '../../client/pages.ts';
import type { CommandOptions, Done, DryRun, Host } from '../../client/types.ts';
import { foldNodeset } from '../../nodeset/nodeset.ts';
import {
  readOptions,
  show,
  showChange,
  withChange,
  withExamples,
  withRead,
  withWork,
} from '../command.ts';
import type { ChangeFlags, ReadFlags } from '../command.ts';
import { duration } from '../duration.ts';
import { Failure } from '../exit-codes.ts';
import { forHosts } from '../many-hosts.ts';
import { machinesOf } from '../nodesets.ts';
import { paintState } from '../output/colour.ts';
import { formatTable } from '../output/table.ts';
import { formatTime } from '../output/text.ts';
import { connect } from '../session.ts';
import type { Shell } from '../shell.ts';

const nodesets = "machines: n0001.example, or 'n[0001-0100].savio3'";

export const maintenanceCommands = (program: Command, shell: Shell): void => {
  const maintenance = program
    .command('maintenance')
    .description('machines that somebody works on: nothing recovers them meanwhile');
  beginCommand(maintenance, shell);
  endCommand(maintenance, shell);
  listCommand(maintenance, shell);
};

interface Said {
  readonly call: (client: Client, host: string, options: CommandOptions) => Promise<Done | DryRun>;
  /** What is so then. */
  readonly said: string;
}

const forMachines = async (
  shell: Shell,
  flags: ChangeFlags,
  names: readonly string[],
  { call, said }: Said,
): Promise<void> => {
  const hosts = await machinesOf(shell, flags, names);
  const client = await connect(shell, flags);
  const told = (these: readonly string[]): string[] =>
    flags.dryRun || these.length === 0 ? [] : [`${foldNodeset(these)}: ${said}.`];
  await forHosts(
    shell,
    flags,
    hosts,
    (host, options) => call(client, host, options),
    (reply, host) =>
      showChange(shell, flags, reply, (_done: Done) => (hosts.length === 1 ? told([host]) : [])),
    { summarise: told },
  );
};

interface BeginFlags extends ChangeFlags {
  readonly reason: string;
  readonly for?: number;
}

const beginCommand = (maintenance: Command, shell: Shell): void => {
  const run = async (flags: BeginFlags, names: readonly string[]): Promise<void> => {
    const { reason, for: seconds } = flags;
    if (reason.trim() === '' || /\p{Cc}/u.test(reason))
      throw new Failure('usage', '--reason says why, in one line');
    const body = { reason, ...(seconds === undefined ? {} : { ends_in: seconds }) };
    await forMachines(shell, flags, names, {
      call: (client, host, options) => client.beginMaintenance(host, body, options),
      said: 'in maintenance; nothing recovers it',
    });
  };
  const begin = maintenance
    .command('begin')
    .description('say that somebody works on machines; their agents and processes go on')
    .argument('<nodeset...>', nodesets)
    .requiredOption('--reason <text>', 'why, in one line')
    .option(
      '--for <duration>',
      'how long, like 90m, 12h or 3d; absent: until it is said to be over',
      duration,
    );
  withExamples(
    withWork(withChange(begin), run),
    "halctl maintenance begin n0001.example --reason 'replacing a fan' --for 4h",
    "halctl maintenance begin 'n[0001-0100].savio3' --reason 'new switch in rack 7'",
  );
};

const endCommand = (maintenance: Command, shell: Shell): void => {
  const run = (flags: ChangeFlags, names: readonly string[]): Promise<void> =>
    forMachines(shell, flags, names, {
      call: (client, host, options) => client.endMaintenance(host, options),
      said: 'not in maintenance',
    });
  withExamples(
    withWork(
      withChange(
        maintenance
          .command('end')
          .description(
            'say that nobody works on machines any more; those that are down are recovered',
          )
          .argument('<nodeset...>', nodesets),
      ),
      run,
    ),
    'halctl maintenance end n0001.example',
  );
};

const listCommand = (maintenance: Command, shell: Shell): void => {
  const run = async (flags: ReadFlags): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await everyItem(
      (options) => client.listHosts({ ...options, maintenance: true }),
      readOptions(shell, flags),
    );
    show(shell, flags, reply, ({ items }) =>
      formatTable<Host>(
        [
          { title: 'HOST', value: ({ fqdn }) => fqdn, yields: 1 },
          {
            title: 'STATE',
            value: ({ state }) => state,
            paint:
              ({ state }) =>
              (text) =>
                paintState(shell.palette, state, text),
          },
          { title: 'SINCE', value: ({ maintenance: now }) => formatTime(now!.since), yields: 4 },
          {
            title: 'UNTIL',
            value: ({ maintenance: now }) => (now!.until === null ? '-' : formatTime(now!.until)),
            yields: 3,
          },
          { title: 'BY', value: ({ maintenance: now }) => now!.by, yields: 5 },
          { title: 'REASON', value: ({ maintenance: now }) => now!.reason, yields: 2 },
        ],
        items,
        shell.width,
      ),
    );
  };
  withExamples(
    withWork(
      withRead(maintenance.command('list').description('list machines that somebody works on')),
      run,
    ),
    'halctl maintenance list',
  );
};
