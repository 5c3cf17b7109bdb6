/** `halctl reboot`: machines with which something is the matter, one at a time unless told otherwise. */

import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { Client } from '../../client/client.ts';
import type { DryRun, Operation, RebootBody } from '../../client/types.ts';
import { foldNodeset } from '../../nodeset/nodeset.ts';
import {
  changeOptions,
  isDryRun,
  showChange,
  wholeNumber,
  withChange,
  withExamples,
  withWork,
} from '../command.ts';
import type { ChangeFlags } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { mustMean, withCount } from '../how-many.ts';
import { forHosts, hostsOf, waitingAtATime } from '../many-hosts.ts';
import { refuseFailed, reportOperation, sayWarningsOf, settle } from '../operation.ts';
import { counted } from '../output/text.ts';
import { connect } from '../session.ts';
import type { Shell } from '../shell.ts';

interface RebootFlags extends ChangeFlags {
  /** False after `--no-wait`. */
  readonly wait: boolean;
  readonly reason?: string;
  readonly override?: true;
  readonly drain?: true;
  readonly hard?: true;
  readonly gentle?: true;
  readonly waitUp?: number;
  readonly maxParallel: number;
  readonly partial?: true;
  readonly count?: number;
}

const atOnce = (text: string): number => {
  const number = wholeNumber(text);
  if (number < 1 || number > waitingAtATime)
    throw new InvalidArgumentError(`It must be from 1 to ${waitingAtATime}.`);
  return number;
};

export const rebootCommand = (program: Command, shell: Shell): void => {
  const reboot = withCount(
    withChange(
      program
        .command('reboot')
        .description(
          'reboot machines that it is suggested for, by a grant: the first alone, then the others; it stops where one fails',
        )
        .argument('<nodeset...>', "machines: n0001.example, or 'n[0001-0100].savio3'")
        .option('--reason <text>', 'why, in one line; otherwise what the suggestion says')
        .option(
          '--override',
          'although nothing suggests it, or something forbids it; with --reason',
        )
        .option('--drain', 'have the scheduler end its jobs first, and resume it afterwards')
        .addOption(
          new Option('--gentle', 'ask its system first, and only then its power').conflicts('hard'),
        )
        .option('--hard', 'cycle its power at once')
        .option(
          '--wait-up <seconds>',
          'it has failed where the host is not up again by then',
          wholeNumber,
        )
        .option('--max-parallel <n>', 'machines at a time, after the first', atOnce, 1)
        .option('--partial', 'leave out those that may not be rebooted, instead of refusing all')
        .option('--no-wait', 'do not wait until they are up again'),
    ),
  );
  withExamples(
    withWork(reboot, (flags: RebootFlags, nodesets: readonly string[]) =>
      rebootAll(shell, flags, hostsOf(nodesets)),
    ),
    'halctl reboot n0007.savio3',
    'halctl reboot n0007.savio3 --drain --gentle',
    "halctl reboot n0007.savio3 --override --reason 'new board'",
    "halctl reboot 'n[0001-0040].savio3' --max-parallel 4 --count 40",
  );
};

const rebootAll = async (
  shell: Shell,
  flags: RebootFlags,
  asked: readonly string[],
): Promise<void> => {
  if (flags.override && flags.reason === undefined)
    throw new Failure('usage', '--override takes a --reason');
  const client = await connect(shell, flags);
  const { reason, override, waitUp } = flags;
  const body: RebootBody = {
    ...(reason === undefined ? {} : { reason }),
    ...(override ? { override } : {}),
    ...(flags.drain ? { drain: true } : {}),
    ...(flags.hard ? { how: 'hard' } : flags.gentle ? { how: 'gentle' } : {}),
    ...(waitUp === undefined ? {} : { wait_up: waitUp }),
  };
  if (asked.length === 1) return rebootSome(shell, flags, client, asked, body, 1);
  const hosts = await allowedOf(shell, flags, client, asked, body);
  if (!flags.dryRun) await mustMean(shell, flags, 'reboot of', hosts);
  const [first = '', ...others] = hosts;
  await rebootSome(shell, flags, client, [first], body, 1);
  // Where one fails, those that were not begun stay as they are.
  for (let i = 0; i < others.length; i += flags.maxParallel)
    await rebootSome(
      shell,
      flags,
      client,
      others.slice(i, i + flags.maxParallel),
      body,
      flags.maxParallel,
    );
};

/** Those that may be rebooted; where one may not, none is, unless the others are wanted. */
const allowedOf = async (
  shell: Shell,
  flags: RebootFlags,
  client: Client,
  hosts: readonly string[],
  body: RebootBody,
): Promise<readonly string[]> => {
  const allowed: string[] = [];
  const refused: string[] = [];
  for (const host of hosts) {
    try {
      await client.rebootHost(host, body, { dryRun: true, signal: shell.signal });
      allowed.push(host);
    } catch (error) {
      shell.signal.throwIfAborted();
      if (!(error instanceof Error) || error.name !== 'ApiError') throw error;
      refused.push(host);
      shell.say(`${error.message}\n`);
    }
  }
  if (refused.length > 0 && !flags.partial)
    throw new Failure(
      'rejected',
      `none of them is rebooted, as ${counted(refused.length, 'machine')} may not be: ${foldNodeset(refused)}`,
      '--partial leaves these out.',
    );
  if (allowed.length === 0) throw new Failure('rejected', 'none of them may be rebooted');
  return allowed;
};

const rebootSome = async (
  shell: Shell,
  flags: RebootFlags,
  client: Client,
  hosts: readonly string[],
  body: RebootBody,
  most: number,
): Promise<void> => {
  const isOnly = hosts.length === 1;
  const request = async (host: string): Promise<Operation | DryRun> => {
    const reply = await client.rebootHost(host, body, {
      ...changeOptions(shell, flags),
      dryRun: flags.dryRun,
    });
    if (isDryRun(reply)) return reply;
    const operation = flags.wait ? await settle(shell, client, reply, { isOnly }) : reply;
    if (!isOnly) refuseFailed(operation);
    return operation;
  };
  const showReply = async (reply: Operation | DryRun): Promise<void> => {
    if (isDryRun(reply)) return showChange(shell, flags, reply, () => []);
    if (isOnly) return reportOperation(shell, flags, reply);
    sayWarningsOf(shell, reply);
  };
  const summarise = (done: readonly string[]): string[] =>
    done.length === 0 || flags.dryRun
      ? []
      : [`${flags.wait ? 'Rebooted' : 'Being rebooted'}: ${foldNodeset(done)}.`];
  await forHosts(shell, flags, hosts, request, showReply, { summarise, most });
};
