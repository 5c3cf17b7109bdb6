/** `halctl cluster process add`. */

import type { Command } from 'commander';
import { Option } from 'commander';
import type { Client } from '../../client/client.ts';
import type { Added } from '../../client/types.ts';
import { gather, isDryRun, showChange, withChange, withExamples, withWork } from '../command.ts';
import type { ChangeFlags, JsonFlag } from '../command.ts';
import { forHosts } from '../many-hosts.ts';
import { machinesOf } from '../nodesets.ts';
import { addedLines } from '../output/added.ts';
import { printable } from '../output/text.ts';
import { readOverrides } from '../overrides.ts';
import { connect } from '../session.ts';
import type { Shell } from '../shell.ts';
import { shownOn } from './configuration.ts';

interface AddFlags extends ChangeFlags {
  readonly host: string;
  readonly role: string;
  readonly set?: readonly string[];
  readonly tokens?: true;
  readonly format: 'table' | 'env' | 'json' | 'yaml';
}

export const addCommand = (process: Command, shell: Shell): void => {
  const run = async (flags: AddFlags): Promise<void> => {
    const hosts = await machinesOf(shell, flags, [flags.host]);
    const overrides = readOverrides([flags.role], flags.set ?? []).get(flags.role) ?? {};
    const client = await connect(shell, flags);
    const json: JsonFlag = flags.format === 'json' ? { json: true } : flags;
    await forHosts(
      shell,
      { ...flags, ...json },
      hosts,
      (host, options) => {
        const tokens = flags.tokens ? { tokens: true } : {};
        return client.addProcess({ host, role: flags.role, overrides, ...tokens }, options);
      },
      async (reply, host) => {
        const { format } = flags;
        if (isDryRun(reply) || json.json || format === 'table' || format === 'json')
          return showChange(shell, json, reply, (added: Added) =>
            addedLines(added, host, shell.width),
          );
        for (const process of reply.processes) await printText(shell, client, process, format);
      },
    );
  };
  const add = process
    .command('add')
    .description('add the processes of a role to a host: as many as the role says, or none')
    .requiredOption('--host <nodeset>', "a host, or several: 'n[0001-0100].savio3'")
    .requiredOption('--role <role>', 'a role')
    .option('--set <key=value>', "an override of the role's variables; repeatable", gather)
    .option('--tokens', 'print, for each process, a token that may read only its configuration')
    .addOption(
      new Option('--format <format>', 'how to print what was added')
        .choices(['table', 'env', 'json', 'yaml'])
        .default('table'),
    );
  withExamples(
    withWork(withChange(add), run),
    'halctl cluster process add --host n0001.example --role clovis-app --set multiplicity=4',
    'halctl cluster process add --host n0001.example --role s3server --format env',
    'halctl cluster process add --host n0001.example --role clovis-app --tokens --json',
  );
};

/**
 * The configuration of one of several processes, as the station writes it, under lines that say
 * whose it is.
 */
const printText = async (
  shell: Shell,
  client: Client,
  { fid, name, token }: Added['processes'][number],
  format: 'env' | 'yaml',
): Promise<void> => {
  const configuration = await client.readConfiguration(fid, format, { signal: shell.signal });
  const start = format === 'yaml' ? '---\n' : '';
  const secret = token === undefined ? '' : `# token, which is not shown again: ${token}\n`;
  shell.print(
    `${start}# ${fid} ${printable(name)}\n${secret}${shownOn(shell, configuration?.text.trimEnd() ?? '')}\n`,
  );
};
