/** `halctl system node rename`: a machine got another name. */

import type { Command } from 'commander';
import type { Host } from '../../client/types.ts';
import { changeOptions, showChange, withChange, withExamples, withWork } from '../command.ts';
import type { ChangeFlags } from '../command.ts';
import { connect } from '../session.ts';
import type { Shell } from '../shell.ts';

export const renameCommand = (node: Command, shell: Shell): void => {
  const rename = node
    .command('rename')
    .description('a machine got another name: one host, with its node, processes and history')
    .argument('<old>', 'the name that it had; its agent is stopped, and the host is down')
    .argument('<new>', 'its fully qualified name now');
  const run = async (flags: ChangeFlags, old: string, now: string): Promise<void> => {
    const client = await connect(shell, flags);
    const body = { to: now.toLowerCase() };
    const reply = await client.renameHost(old.toLowerCase(), body, changeOptions(shell, flags));
    await showChange(shell, flags, reply, ({ fqdn, processes }: Host) => [
      `${old} is ${fqdn} now; ${processes} ${processes === 1 ? 'process stays' : 'processes stay'}.`,
      `Start its agent under that name, and write it into the facts before they are loaded again.`,
    ]);
  };
  withExamples(
    withWork(withChange(rename), run),
    'halctl system node rename n0004.example n0104.example',
    'halctl system node rename n0004.example n0104.example --dry-run',
  );
};
