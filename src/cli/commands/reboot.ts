/** `halctl reboot`: machines with which something is the matter; of many the station decides who is next. */

import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type {
  CampaignPlan,
  DryRun,
  Operation,
  RebootBody,
  RebootManyBody,
} from '../../client/types.ts';
import { foldNodeset } from '../../nodeset/nodeset.ts';
import {
  changeOptions,
  isDryRun,
  show,
  showChange,
  wholeNumber,
  withChange,
  withExamples,
  withWork,
} from '../command.ts';
import type { ChangeFlags } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { mustMean, withCount } from '../how-many.ts';
import { machinesOf } from '../nodesets.ts';
import { reportOperation, settle } from '../operation.ts';
import { counted, printable } from '../output/text.ts';
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
  readonly perChassis: number;
  /** Seconds. */
  readonly stagger: number;
  readonly stopAfter: number;
  /** False after `--no-canary`. */
  readonly canary: boolean;
  readonly partial?: true;
  readonly count?: number;
}

const from =
  (least: number, most: number) =>
  (text: string): number => {
    const number = wholeNumber(text);
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be from ${least} to ${most}.`);
  };

/** As a station takes them. */
const atOnce = from(1, 256);
const staggerOf = from(0, 86_400);
const failuresOf = from(1, 10_000);

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
        .option('--per-chassis <n>', 'of one enclosure so many at a time', atOnce, 1)
        .option('--stagger <seconds>', 'between two that are begun in one enclosure', staggerOf, 0)
        .option('--stop-after <n>', 'begin no more after so many failures', failuresOf, 1)
        .option('--no-canary', 'do not begin with the first alone')
        .option('--partial', 'leave out those that may not be rebooted, instead of refusing all')
        .option('--no-wait', 'do not wait until they are up again'),
    ),
  );
  withExamples(
    withWork(reboot, (flags: RebootFlags, nodesets: readonly string[]) =>
      rebootAll(shell, flags, nodesets),
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
  nodesets: readonly string[],
): Promise<void> => {
  if (flags.override && flags.reason === undefined)
    throw new Failure('usage', '--override takes a --reason');
  const hosts = await machinesOf(shell, flags, nodesets);
  const client = await connect(shell, flags);
  const { reason, override, waitUp } = flags;
  const body: RebootBody = {
    ...(reason === undefined ? {} : { reason }),
    ...(override ? { override } : {}),
    ...(flags.drain ? { drain: true } : {}),
    ...(flags.hard ? { how: 'hard' } : flags.gentle ? { how: 'gentle' } : {}),
    ...(waitUp === undefined ? {} : { wait_up: waitUp }),
  };
  if (!flags.dryRun) await mustMean(shell, flags, 'reboot of', hosts);
  const [host = ''] = hosts;
  const options = { ...changeOptions(shell, flags), dryRun: flags.dryRun };
  const reply: Operation | DryRun =
    hosts.length === 1
      ? await client.rebootHost(host, body, options)
      : await client.rebootMany({ ...body, ...manyOf(flags, hosts) }, options);
  if (isDryRun(reply)) return showPlan(shell, flags, reply);
  reportOperation(shell, flags, flags.wait ? await settle(shell, client, reply) : reply);
};

/** How the station is to begin them, whoever waits. */
const manyOf = (flags: RebootFlags, hosts: readonly string[]): RebootManyBody => ({
  ...{ nodes: foldNodeset(hosts), count: hosts.length, max_parallel: flags.maxParallel },
  ...{ per_chassis: flags.perChassis, stagger: flags.stagger, stop_after: flags.stopAfter },
  canary: flags.canary,
  ...(flags.partial ? { partial: 'allow' } : {}),
});

/** Of one machine the events, of many the waves in which they would be begun. */
const showPlan = async (
  shell: Shell,
  flags: RebootFlags,
  plan: DryRun | CampaignPlan,
): Promise<void> => {
  if (!('waves' in plan)) return showChange(shell, flags, plan, () => []);
  const { waves, waves_total: total, machines, left_out: leftOut } = plan;
  show(shell, flags, plan, () => [
    `Would reboot ${counted(machines, 'machine')} in ${counted(total, 'wave')}:`,
    ...waves.map((nodes, i) => `${i + 1}. ${nodes}`),
    ...(total > waves.length ? [`… and ${total - waves.length} more`] : []),
    ...leftOut.map(({ host, reason }) => `Left out ${host}: ${printable(reason)}`),
  ]);
};
