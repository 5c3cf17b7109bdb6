/** `halctl node`: what is done with machines in several stages. */

import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Client } from '../../client/client.ts';
import type { CommandOptions, DryRun, Operation, ProcedurePlan } from '../../client/types.ts';
import { wholeNumber, withChange, withExamples, withWork } from '../command.ts';
import { mustMean, withCount } from '../how-many.ts';
import { machinesOf } from '../nodesets.ts';
import { formatTable } from '../output/table.ts';
import { orderPaced, withPace } from '../paced-orders.ts';
import type { PacedFlags } from '../paced-orders.ts';
import { connect } from '../session.ts';
import type { Shell } from '../shell.ts';

interface Flags extends PacedFlags {
  readonly count?: number;
  readonly force?: true;
  /** Of a reinstall: seconds. */
  readonly waitUp?: number;
}

/** At most, s: a day. */
const waitUpMax = 86_400;

const waitUpOf = (text: string): number => {
  const number = wholeNumber(text);
  if (number >= 1 && number <= waitUpMax) return number;
  throw new InvalidArgumentError(`It must be from 1 to ${waitUpMax} seconds.`);
};

const machines = "machines: n0001.example, or 'n[0001-0100].savio3'";

export const nodeActionCommands = (program: Command, shell: Shell): void => {
  const node = program
    .command('node')
    .description('what is done with machines in several stages: reinstall, release');
  const reinstall = node
    .command('reinstall')
    .description(
      'stop what runs on machines, start them anew from the network, and start again what ran',
    )
    .argument('<nodeset...>', machines)
    .option(
      '--wait-up <seconds>',
      'within which the host has to be up by another boot (default: 3600)',
      waitUpOf,
    )
    .option('--force', force);
  action(reinstall, shell, 'Reinstall', (client, host, flags, options) => {
    const { waitUp, deadline } = flags;
    const body = {
      ...(waitUp === undefined ? {} : { wait_up: waitUp }),
      ...(deadline === undefined ? {} : { begin_within: deadline }),
    };
    return client.reinstallHost(host, body, options);
  });
  withExamples(
    reinstall,
    'halctl node reinstall n0001.example --dry-run',
    "halctl node reinstall 'n[0001-0016].savio3' --max-parallel 4 --stagger 30 --count 16",
  );
  const release = node
    .command('release')
    .description(
      'give machines back: stop and remove what runs there, switch them off, take them from their project',
    )
    .argument('<nodeset...>', machines)
    .option('--force', force);
  action(release, shell, 'Release', (client, host, { deadline }, options) =>
    client.releaseHost(host, deadline === undefined ? {} : { begin_within: deadline }, options),
  );
  withExamples(release, 'halctl node release n0001.example --dry-run');
};

const force =
  'although quorum is lost, somebody else works on it, or something runs that only its owner ends';

type Ask = (
  client: Client,
  host: string,
  flags: Flags,
  options: CommandOptions & { readonly force?: true | undefined },
) => Promise<Operation | ProcedurePlan>;

const action = (command: Command, shell: Shell, what: string, ask: Ask): void => {
  const run = async (flags: Flags, nodesets: readonly string[]): Promise<void> => {
    const hosts = await machinesOf(shell, flags, nodesets);
    const client = await connect(shell, flags);
    if (!flags.dryRun) await mustMean(shell, flags, `${what.toLowerCase()} of`, hosts);
    await orderPaced(shell, flags, client, hosts, {
      what,
      ask: (host, options) => ask(client, host, flags, { ...options, force: flags.force }),
      planLines: (plan) => stageLines(plan, shell.width),
    });
  };
  withWork(withCount(withChange(withPace(command))), run);
};

/** The stages that a dry run tells of. */
const stageLines = (plan: DryRun, width: number | undefined): string[] =>
  formatTable<ProcedurePlan['stages'][number]>(
    [
      { title: 'STAGE', value: ({ name }) => name },
      { title: 'AT MOST', value: ({ seconds }) => `${seconds} s`, align: 'right' },
      { title: 'WHAT', value: ({ text }) => text, yields: 1 },
    ],
    (plan as ProcedurePlan).stages,
    width,
  );
