/** `halctl cluster process scale`. */

import type { Command } from 'commander';
import type { Scaled } from '../../client/types.ts';
import { forcing } from '../../client/view/forcing.ts';
import {
  changeOptions,
  gather,
  isDryRun,
  show,
  showChange,
  wholeNumber,
  withChange,
  withExamples,
  withWork,
} from '../command.ts';
import type { ChangeFlags } from '../command.ts';
import { isUnderWay } from '../../client/view/operation-words.ts';
import { refuseFailed, resultLines, settle } from '../operation.ts';
import { printable } from '../output/text.ts';
import { readOverrides } from '../overrides.ts';
import { connect } from '../session.ts';
import type { Shell } from '../shell.ts';

interface ScaleFlags extends ChangeFlags {
  readonly host: string;
  readonly role: string;
  readonly to: number;
  readonly set?: readonly string[];
  readonly force?: true;
  /** False after `--no-wait`. */
  readonly wait: boolean;
}

const scaledLines = (
  reply: Scaled,
  { host, role, to }: ScaleFlags,
  width: number | undefined,
): string[] => {
  const { state, kind, changed, revision } = reply;
  const [name, what] = [printable(host), `${to} of ${printable(role)}`];
  if (isUnderWay(reply)) return [`${name} is going to have ${what}.`, ...resultLines(reply, width)];
  if (state !== 'succeeded') return resultLines(reply, width);
  if (!changed && kind === 'none') return [`${name} has ${what} already.`];
  return [`${name} has ${what}; revision ${revision}.`];
};

export const scaleCommand = (process: Command, shell: Shell): void => {
  const run = async (flags: ScaleFlags): Promise<void> => {
    const overrides = readOverrides([flags.role], flags.set ?? []).get(flags.role) ?? {};
    const client = await connect(shell, flags);
    const { host, role, to } = flags;
    const options = { ...changeOptions(shell, flags), force: flags.force };
    const begun = await client.scale(host, { role, to, overrides }, options);
    if (isDryRun(begun)) return showChange(shell, flags, begun, () => []);
    const end = flags.wait ? await settle(shell, client, begun) : begun;
    const reply: Scaled = { ...begun, ...end };
    show(shell, flags, reply, () => scaledLines(reply, flags, shell.width));
    refuseFailed(reply);
  };
  withExamples(
    withWork(
      withChange(
        process
          .command('scale')
          .description(
            'change how many processes of a role a host has: adds, or removes the youngest',
          )
          .requiredOption('--host <host>', 'the host')
          .requiredOption('--role <role>', 'a role that takes a multiplicity')
          .requiredOption('--to <count>', 'how many it shall have', wholeNumber)
          .option('--set <key=value>', "an override of the role's variables; repeatable", gather)
          .option('--no-wait', 'do not wait until those that are too many are gone')
          .option('--force', `although ${forcing.scale}`),
      ),
      run,
    ),
    'halctl cluster process scale --host n0001.example --role clovis-app --to 4',
  );
};
