/** `halctl system node enable-traces` and `disable-traces`: how much agents log. */

import type { Command } from 'commander';
import type { Agent } from '../../client/types.ts';
import { show, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { forHosts } from '../many-hosts.ts';
import { machinesOf } from '../nodesets.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

export const tracesCommands = (node: Command, shell: Shell): void => {
  tracesCommand(
    node,
    shell,
    'enable-traces',
    'let the agents of hosts log all that they do, at once, until told otherwise',
  );
  tracesCommand(
    node,
    shell,
    'disable-traces',
    'let the agents of hosts log no more than they were started with',
  );
};

const tracesCommand = (
  node: Command,
  shell: Shell,
  name: 'enable-traces' | 'disable-traces',
  description: string,
): void => {
  const enabled = name === 'enable-traces';
  const run = async (flags: GlobalFlags & JsonFlag, nodesets: readonly string[]): Promise<void> => {
    const hosts = await machinesOf(shell, flags, nodesets);
    const client = await connect(shell, flags);
    await forHosts(
      shell,
      flags,
      hosts,
      (host, { signal }) => client.setTraces(host, enabled, { signal }),
      async (agent) =>
        show(shell, flags, agent, ({ host }: Agent) => [
          enabled
            ? `The agent of ${host} logs all that it does.`
            : `The agent of ${host} logs what it was started to log.`,
        ]),
    );
  };
  withExamples(
    withWork(
      withJson(
        node
          .command(name)
          .description(description)
          .argument('<nodeset...>', "hosts: n0001.example, or 'n[0001-0100].savio3'"),
      ),
      run,
    ),
    `halctl system node ${name} 'n[0001-0003].savio3'`,
  );
};
