/** `halctl cluster process configuration`. */

import type { Command } from 'commander';
import { Option } from 'commander';
import { fidOf, readOptions, withExamples, withWork } from '../command.ts';
import { writePrivately } from '../config.ts';
import { formatJson, printableLines } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

/** Programs get a configuration as it is, terminals without what could drive them. */
export const shownOn = ({ width }: Shell, text: string): string =>
  width === undefined ? text : printableLines(text);

interface ConfigurationFlags extends GlobalFlags {
  readonly at?: string;
  readonly format: 'env' | 'json' | 'yaml';
  readonly output?: string;
}

export const configurationCommand = (process: Command, shell: Shell): void => {
  const run = async (flags: ConfigurationFlags, fid: string): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.readConfiguration(fid, flags.format, readOptions(shell, flags));
    const sent = reply?.text ?? '';
    const text = flags.format === 'json' ? formatJson(JSON.parse(sent)) : `${sent.trimEnd()}\n`;
    if (flags.output === undefined) shell.print(shownOn(shell, text));
    else await writePrivately(flags.output, text);
  };
  const configuration = process
    .command('configuration')
    .description('show the configuration of a process')
    .argument('<fid>', 'the process', fidOf)
    .addOption(
      new Option('--format <format>', 'env is for EnvironmentFile= of systemd, and for shells')
        .choices(['env', 'json', 'yaml'])
        .default('env'),
    )
    .option('-o, --output <file>', 'write it to a file that only its owner may read')
    .option('--at <moment>', 'the cluster as it was at a revision or a time');
  withExamples(
    withWork(configuration, run),
    'halctl cluster process configuration 0x7200000000000001:0x2a',
    'halctl cluster process configuration 0x7200000000000001:0x2a -o /etc/sysconfig/m0d-0x7200000000000001:0x2a',
  );
};
