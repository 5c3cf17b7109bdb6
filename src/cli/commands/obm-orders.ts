/** `halctl obm power` and the like: what machines are told by their OBMs. */

import type { Command } from 'commander';
import { Argument, InvalidArgumentError, Option } from 'commander';
import type { Client } from '../../client/client.ts';
import type { Power, PowerBody } from '../../client/types.ts';
import { showChange, wholeNumber, withChange, withExamples, withWork } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { mustMean, withCount } from '../how-many.ts';
import { forHosts } from '../many-hosts.ts';
import { machinesOf } from '../nodesets.ts';
import { formatTable } from '../output/table.ts';
import { formatTime } from '../output/text.ts';
import { orderPaced, withDeadline, withPace } from '../paced-orders.ts';
import type { PacedFlags } from '../paced-orders.ts';
import { connect } from '../session.ts';
import type { Shell } from '../shell.ts';
import { actionCommand } from './actions.ts';

type PowerAction = PowerBody['action'];

const actions = [
  ...(['on', 'off', 'soft', 'cycle', 'reset', 'diagnostic-interrupt'] as const),
  'status',
] as const;

/** After which a host starts; for how long it is waited for unless told otherwise, and at most, s. */
const starting: readonly string[] = ['on', 'cycle', 'reset'];
const waitUpUsual = 600;
const waitUpMax = 86_400;

interface PowerFlags extends PacedFlags {
  readonly count?: number;
  /** True: for as long as is usual. */
  readonly waitUp?: number | true;
}

const machines = "machines: n0001.example, or 'n[0001-0100].savio3'";

export const obmOrderCommands = (obm: Command, shell: Shell): void => {
  powerCommand(obm, shell);
  bootDeviceCommand(obm, shell);
  identifyCommand(obm, shell);
  refreshCommand(obm, shell);
};

const wholeSeconds = (text: string): number => {
  const number = wholeNumber(text);
  if (number < 1 || number > waitUpMax)
    throw new InvalidArgumentError(`It must be from 1 to ${waitUpMax} seconds.`);
  return number;
};

const powerCommand = (obm: Command, shell: Shell): void => {
  const run = async (
    flags: PowerFlags,
    action: PowerAction | 'status',
    nodesets: readonly string[],
  ): Promise<void> => {
    const hosts = await machinesOf(shell, flags, nodesets);
    const client = await connect(shell, flags);
    if (action === 'status') return showPower(shell, flags, client, hosts);
    if (flags.waitUp !== undefined && !starting.includes(action))
      throw new Failure('usage', `--wait-up is for ${starting.join(', ')}`);
    if (!flags.dryRun) await mustMean(shell, flags, `power ${action} of`, hosts);
    const { waitUp: asked, deadline } = flags;
    const waitUp = asked === true ? waitUpUsual : asked;
    await orderPaced(shell, flags, client, hosts, {
      what: `Power ${action}`,
      ask: (host, options) =>
        client.act({ verb: 'power', host, action, waitUp, deadline }, options),
    });
  };
  const power = withCount(
    withChange(
      withPace(
        obm
          .command('power')
          .description('switch machines on or off, start them again, or see whether they are on')
          .addArgument(new Argument('<action>', 'what is done').choices(actions))
          .argument('<nodeset...>', machines)
          .option(
            '--wait-up [seconds]',
            `of on, cycle and reset: it is done when the host is up again, within so many seconds (${waitUpUsual})`,
            wholeSeconds,
          ),
      ),
    ),
  );
  withExamples(
    withWork(power, run),
    "halctl obm power status 'n[0001-0100].savio3'",
    'halctl obm power cycle n0001.example',
    'halctl obm power reset n0001.example --wait-up 900',
    "halctl obm power on 'n[0001-0016].savio3' --stagger 0.5 --count 16",
  );
};

const showPower = async (
  shell: Shell,
  flags: PowerFlags,
  client: Client,
  hosts: readonly string[],
): Promise<void> => {
  const seen: Power[] = [];
  const { maxParallel: most } = flags;
  const lines = (): string[] => (seen.length === 0 ? [] : powerLines(seen, shell.width));
  await forHosts(
    shell,
    flags,
    hosts,
    (host) => client.getPower(host, { signal: shell.signal }),
    (power) => {
      if (hosts.length > 1) seen.push(power);
      return showChange(shell, flags, power, () =>
        hosts.length > 1 ? [] : powerLines([power], shell.width),
      );
    },
    { summarise: lines, most },
  );
};

const ageNote = ({ trouble, stale, refreshing }: Power): string => {
  if (trouble) return trouble.detail;
  return stale ? `old${refreshing ? ', looked at again' : ''}` : '';
};

const powerLines = (powers: readonly Power[], width: number | undefined): string[] =>
  formatTable<Power>(
    [
      { title: 'HOST', value: ({ host }) => host, yields: 1 },
      { title: 'POWER', value: ({ state }) => state },
      { title: 'SINCE', value: ({ since }) => (since === null ? '-' : formatTime(since)) },
      { title: 'SEEN', value: ({ observed_at: at }) => (at === null ? 'never' : formatTime(at)) },
      { title: 'NOTE', value: ageNote, yields: 2 },
    ],
    powers,
    width,
  );

const bootDeviceCommand = (obm: Command, shell: Shell): void => {
  interface Flags {
    readonly device: 'none' | 'pxe' | 'disk' | 'cdrom' | 'bios';
    readonly persistent?: true;
    readonly deadline?: number;
  }
  const command = obm
    .command('bootdev')
    .description('say what machines start from')
    .argument('<nodeset...>', machines)
    .addOption(
      new Option('--device <device>', 'from what; none: as the machine itself would')
        .choices(['none', 'pxe', 'disk', 'cdrom', 'bios'])
        .makeOptionMandatory(),
    )
    .option('--persistent', 'for every start, and not for the next only');
  actionCommand(
    withDeadline(command),
    shell,
    (_client, host, flags) => {
      const { device, persistent = false, deadline } = flags as unknown as Flags;
      const turn = deadline === undefined ? {} : { begin_within: deadline };
      return { verb: 'boot-device', host, boot: { device, persistent, ...turn } };
    },
    ["halctl obm bootdev 'n[0001-0004].savio3' --device pxe"],
  );
};

/** `on`, `off` or seconds. */
const lightOf = (text: string): number | 'on' | 'off' => {
  if (text === 'on' || text === 'off') return text;
  const number = wholeNumber(text);
  if (number >= 1 && number <= 255) return number;
  throw new InvalidArgumentError('It must be on, off, or from 1 to 255 seconds.');
};

const identifyCommand = (obm: Command, shell: Shell): void => {
  const command = obm
    .command('identify')
    .description('light the lamp that identifies a machine')
    .argument('<nodeset...>', machines)
    .option('--light <seconds>', 'for so many seconds; on, or off', lightOf, 15);
  actionCommand(
    command,
    shell,
    (_client, host, flags) => {
      const { light } = flags as unknown as { light: number | 'on' | 'off' };
      return { verb: 'light', host, light };
    },
    ['halctl obm identify n0001.example --light 60'],
  );
};

const refreshable = ['power', 'identity', 'sensors', 'system-events', 'inventory'] as const;
type Refreshed = (typeof refreshable)[number];

const refreshCommand = (obm: Command, shell: Shell): void => {
  const command = obm
    .command('refresh')
    .description('have machines looked at again by their OBMs; of many who ask there is one look')
    .argument('<nodeset...>', machines)
    .addOption(
      new Option('--what <what...>', 'what is looked at; power and identity unless said').choices(
        refreshable,
      ),
    );
  actionCommand(
    command,
    shell,
    (_client, host, flags) => {
      const { what } = flags as unknown as { what?: Refreshed[] };
      return { verb: 'refresh', host, refresh: what === undefined ? {} : { what } };
    },
    [
      "halctl obm refresh 'n[0001-0100].savio3'",
      'halctl obm refresh n0001.example --what sensors --what power',
    ],
  );
};
