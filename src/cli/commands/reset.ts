/** `halctl cluster reset`: back to known ground. */

import type { Command } from 'commander';
import type { Done } from '../../client/types.ts';
import { changeOptions, showChange, withChange, withExamples, withWork } from '../command.ts';
import type { ChangeFlags } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { askWhether } from '../prompt.ts';
import { connect } from '../session.ts';
import type { Shell } from '../shell.ts';

interface ResetFlags extends ChangeFlags {
  readonly reason: string;
  readonly yes?: true;
}

export const resetCommand = (cluster: Command, shell: Shell): void => {
  const reset = cluster
    .command('reset')
    .description('forget what is wanted and what has failed; what runs goes on')
    .requiredOption('--reason <text>', 'why; it is recorded')
    .option('-y, --yes', 'do not ask');
  const run = async (flags: ResetFlags): Promise<void> => {
    if (!flags.yes && !flags.dryRun) await confirm(shell);
    const client = await connect(shell, flags);
    const reply = await client.reset({ reason: flags.reason }, changeOptions(shell, flags));
    await showChange(shell, flags, reply, ({ revision, changed }: Done) =>
      changed
        ? [`Reset; revision ${revision}. Nothing is wanted now; start with: halctl cluster start`]
        : ['There was nothing to reset.'],
    );
  };
  withExamples(
    withWork(withChange(reset), run),
    "halctl cluster reset --reason 'the switch of rack 12 was replaced'",
    "halctl cluster reset --reason 'new start' --yes",
  );
};

const confirm = async (shell: Shell): Promise<void> => {
  if (!shell.interactive)
    throw new Failure('usage', 'a reset has to be confirmed', 'Agree to it with --yes.');
  const question =
    'This forgets what is wanted of every process, and which have failed; what runs goes on. Reset?';
  if (!(await askWhether(shell, question))) throw new Failure('failed', 'nothing was reset');
};
