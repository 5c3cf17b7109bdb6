/** `halctl operation`: long work that was begun before. */

import type { Command } from 'commander';
import { wholeNumber, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { reportOperation, settle } from '../operation.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

interface OperationFlags extends GlobalFlags, JsonFlag {
  /** False after `--no-wait`. */
  readonly wait: boolean;
}

export const operationCommand = (program: Command, shell: Shell): void => {
  const run = async (flags: OperationFlags, id: number): Promise<void> => {
    const client = await connect(shell, flags);
    const now = await client.operation(id, 0, { signal: shell.signal });
    reportOperation(shell, flags, flags.wait ? await settle(shell, client, now) : now);
  };
  withExamples(
    withWork(
      withJson(
        program
          .command('operation')
          .description('follow what was ordered before (start, stop, remove) until it is over')
          .argument('<id>', 'its number, as the order told it', wholeNumber)
          .option('--no-wait', 'say how far it is'),
      ),
      run,
    ),
    'halctl operation 1742',
    'halctl operation 1742 --no-wait',
  );
};
