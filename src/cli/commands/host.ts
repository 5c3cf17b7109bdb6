/** `halctl system node`: the hosts. */

import type { Command } from 'commander';
import { everyItem } from '../../client/pages.ts';
import type { Host } from '../../client/types.ts';
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
import { forHosts } from '../many-hosts.ts';
import { machinesOf } from '../nodesets.ts';
import { hostLines, hostTable } from '../output/host.ts';
import { connect } from '../session.ts';
import type { Shell } from '../shell.ts';
import { actionCommand, removalForce } from './actions.ts';
import { renameCommand } from './rename.ts';
import { tracesCommands } from './traces.ts';

export const hostCommands = (system: Command, shell: Shell): void => {
  const node = system.command('node').description('hosts: machines that run an agent, or will');
  actionCommand(
    node
      .command('remove')
      .description(
        'remove hosts, their nodes and their processes. What refuses is named and keeps its host; an agent that is to come ' +
          'back has to be given a new token',
      )
      .argument('<nodeset...>', "hosts: n0001.example, or 'n[0001-0100].savio3'"),
    shell,
    (_client, host) => ({ verb: 'remove', host }),
    ['halctl system node remove n0004.example'],
    { force: removalForce },
  );

  const add = async (flags: ChangeFlags, nodesets: readonly string[]): Promise<void> => {
    const hosts = await machinesOf(shell, flags, nodesets);
    const client = await connect(shell, flags);
    await forHosts(
      shell,
      flags,
      hosts,
      (fqdn, options) => client.addHost({ fqdn }, options),
      (reply) =>
        showChange(shell, flags, reply, ({ fqdn, state }: Host) => [
          `${fqdn} is a host of the cluster; its state is ${state}.`,
        ]),
    );
  };
  withExamples(
    withWork(
      withChange(
        node
          .command('add')
          .description('make hosts known before their agents report')
          .argument('<nodeset...>', "hosts: n0001.example, or 'n[0001-0100].savio3'"),
      ),
      add,
    ),
    'halctl system node add n0004.example',
    "halctl system node add 'n[0001-0100,0200].savio3'",
  );

  const list = async (flags: ReadFlags): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await everyItem(
      (options) => client.listHosts(options),
      readOptions(shell, flags),
    );
    show(shell, flags, reply, ({ items }) => hostTable(shell, items));
  };
  withExamples(
    withWork(withRead(node.command('list').description('list all hosts')), list),
    'halctl system node list',
  );

  const showOne = async (flags: ReadFlags, fqdn: string): Promise<void> => {
    const client = await connect(shell, flags);
    show(
      shell,
      flags,
      await client.getHost(fqdn.toLowerCase(), readOptions(shell, flags)),
      hostLines,
    );
  };
  withExamples(
    withWork(
      withRead(
        node
          .command('show')
          .description('show one host')
          .argument('<host>', 'its fully qualified name'),
      ),
      showOne,
    ),
    'halctl system node show n0001.example',
  );
  renameCommand(node, shell);
  tracesCommands(node, shell);
};
