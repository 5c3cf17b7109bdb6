/** `halctl status measurements`: the numbers that checks found of a machine in the last day. */

import type { Command } from 'commander';
import { show, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { measurementLines } from '../output/measurements.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

interface Flags extends JsonFlag, GlobalFlags {
  readonly checks?: string;
}

export const measurementsCommand = (status: Command, shell: Shell): void => {
  const run = async (flags: Flags, fqdn: string): Promise<void> => {
    const client = await connect(shell, flags);
    const { checks } = flags;
    const query = checks === undefined ? {} : { checks };
    const reply = await client.measurements(fqdn, { ...query, signal: shell.signal });
    show(shell, flags, reply, () => measurementLines(reply, shell.width));
  };
  withExamples(
    withWork(
      withJson(
        status
          .command('measurements')
          .description('numbers that checks found of a machine in the last day')
          .argument('<machine>', 'its name in the cluster, like n0001.savio3')
          .option('--checks <checks>', 'only of these checks, separated by commas'),
      ),
      run,
    ),
    'halctl status measurements n0001.savio3',
    'halctl status measurements n0001.savio3 --checks load,memory --json',
  );
};
