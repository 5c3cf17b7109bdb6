/** `halctl operation`: long work that was begun before. */

import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type {
  CampaignMachine,
  CampaignMachines,
  Operation,
  OperationItem,
  OperationPage,
} from '../../client/types.ts';
import {
  changeOptions,
  fidOf,
  show,
  showChange,
  wholeNumber,
  withChange,
  withExamples,
  withJson,
  withWork,
} from '../command.ts';
import type { ChangeFlags, JsonFlag } from '../command.ts';
import { reportOperation, settle } from '../operation.ts';
import { formatTable } from '../output/table.ts';
import { formatTime } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

export const operationCommand = (program: Command, shell: Shell): void => {
  const operation = program
    .command('operation')
    .description('what was ordered before (start, stop, remove, power): follow it, or list it');
  showCommand(operation, shell);
  listCommand(operation, shell);
  cancelCommand(operation, shell);
  machinesCommand(operation, shell);
};

interface ShowFlags extends GlobalFlags, JsonFlag {
  /** False after `--no-wait`. */
  readonly wait: boolean;
}

/** Also without its name: `halctl operation 1742` is what every order tells to follow it by. */
const showCommand = (operation: Command, shell: Shell): void => {
  const run = async (flags: ShowFlags, id: number): Promise<void> => {
    const client = await connect(shell, flags);
    const now = await client.operation(id, 0, { signal: shell.signal });
    reportOperation(shell, flags, flags.wait ? await settle(shell, client, now) : now);
  };
  withExamples(
    withWork(
      withJson(
        operation
          .command('show', { isDefault: true })
          .description('follow what was ordered before until it is over')
          .argument('<id>', 'its number, as the order told it', wholeNumber)
          .option('--no-wait', 'say how far it is'),
      ),
      run,
    ),
    'halctl operation 1742',
    'halctl operation show 1742 --no-wait',
  );
};

const cancelCommand = (operation: Command, shell: Shell): void => {
  const run = async (flags: ChangeFlags, id: number): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.cancelOperation(id, changeOptions(shell, flags));
    await showChange(shell, flags, reply, (now: Operation) => {
      const { state, kind, subject, problem } = now;
      if (state === 'cancelled') return [`Operation ${id}: ${problem ?? 'cancelled'}.`];
      return [
        `Operation ${id}, ${kind} of ${subject}, ends as soon as nothing of it is under way.`,
      ];
    });
  };
  withExamples(
    withWork(
      withChange(
        operation
          .command('cancel')
          .description(
            'take back what waits for its turn, or end a reinstall or a release between two stages',
          )
          .argument('<id>', 'its number, as the order told it', wholeNumber),
      ),
      run,
    ),
    'halctl operation cancel 1742',
  );
};

interface MachinesFlags extends GlobalFlags, JsonFlag {
  readonly state?: CampaignMachine['state'];
}

const machineStates = [
  ...(['waiting', 'running', 'done', 'failed', 'cancelled', 'left-out'] as const),
] as const;

/** Of one that is about many machines, how it is with each. */
const machinesCommand = (operation: Command, shell: Shell): void => {
  const run = async (flags: MachinesFlags, id: number): Promise<void> => {
    const client = await connect(shell, flags);
    const { state } = flags;
    const items: CampaignMachine[] = [];
    let page: CampaignMachines | undefined;
    do {
      const cursor = page?.next ?? undefined;
      page = await client.getCampaign(id, { state, cursor, signal: shell.signal });
      items.push(...page.items);
    } while (page.next !== null);
    show(shell, flags, { ...page, items }, (campaign) => machineLines(campaign, shell.width));
  };
  const machines = operation
    .command('machines')
    .description('of what is done with many machines, how it is with each, and why')
    .argument('<id>', 'its number, as the order told it', wholeNumber)
    .addOption(new Option('--state <state>', 'only those in this state').choices(machineStates));
  withExamples(
    withWork(withJson(machines), run),
    'halctl operation machines 1742',
    'halctl operation machines 1742 --state failed',
  );
};

const machineLines = (
  { items }: Pick<CampaignMachines, 'items'>,
  width: number | undefined,
): string[] =>
  formatTable<CampaignMachine>(
    [
      { title: 'HOST', value: ({ host }) => host },
      { title: 'STATE', value: ({ state }) => state },
      { title: 'OPERATION', value: (one) => String(one.operation ?? '-'), align: 'right' },
      { title: 'ENDED', value: ({ ended }) => (ended === null ? '-' : formatTime(ended)) },
      { title: 'REASON', value: ({ detail }) => detail, yields: 1 },
    ],
    items,
    width,
  );

interface ListFlags extends GlobalFlags, JsonFlag {
  readonly host?: string;
  readonly process?: string;
  readonly kind?: (typeof kinds)[number];
  readonly state?: OperationItem['state'];
  readonly actor?: string;
  readonly limit: number;
}

const states = [
  ...(['queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted'] as const),
] as const;
const kinds = [
  ...(['start', 'stop', 'remove', 'boot-device', 'light', 'refresh'] as const),
  ...(['power-on', 'power-off', 'power-soft', 'power-cycle', 'power-reset'] as const),
  ...(['power-diagnostic-interrupt', 'reinstall', 'release', 'reboot', 'campaign'] as const),
] as const;

/** As many as are shown unless told otherwise, and as there may be told. */
const usualLimit = 50;
const limitMax = 10_000;
/** Operations that one answer may have. */
const pageMax = 1000;

const limitOf = (text: string): number => {
  const limit = wholeNumber(text);
  if (limit < 1 || limit > limitMax)
    throw new InvalidArgumentError(`It must be from 1 to ${limitMax}.`);
  return limit;
};

const listCommand = (operation: Command, shell: Shell): void => {
  const run = async (flags: ListFlags): Promise<void> => {
    const client = await connect(shell, flags);
    const { host, process, kind, state, actor, limit } = flags;
    const options = { host, process, kind, state, actor, signal: shell.signal };
    const found: OperationItem[] = [];
    let page: OperationPage | undefined;
    do {
      page = await client.listOperations({
        ...options,
        limit: Math.min(limit - found.length, pageMax),
        cursor: page?.next ?? undefined,
      });
      found.push(...page.items);
    } while (page.next !== null && found.length < limit);
    show(shell, flags, { ...page, items: found }, ({ items, next }) => [
      ...operationLines(items, shell.width),
      ...(next === null ? [] : [`There are older ones; see more with --limit.`]),
    ]);
  };
  const list = operation
    .command('list')
    .description('list what was ordered, newest first, as it is now')
    .option('--host <host>', 'only about this machine, or what is on it')
    .option('--process <fid>', 'only about this process', fidOf)
    .addOption(new Option('--kind <kind>', 'only of this kind').choices(kinds))
    .addOption(new Option('--state <state>', 'only in this state').choices(states))
    .option('--actor <actor>', 'only by them: token:ID, as the list and events name them')
    .option('--limit <n>', 'at most so many', limitOf, usualLimit);
  withExamples(
    withWork(withJson(list), run),
    'halctl operation list --state running',
    'halctl operation list --host n0001.example --kind power-cycle',
  );
};

const operationLines = (items: readonly OperationItem[], width: number | undefined): string[] =>
  formatTable<OperationItem>(
    [
      { title: 'ID', value: ({ id }) => String(id), align: 'right' },
      { title: 'KIND', value: ({ kind }) => kind, yields: 2 },
      { title: 'TARGET', value: ({ subject }) => subject, yields: 1 },
      { title: 'STATE', value: ({ state }) => state },
      { title: 'STAGE', value: ({ stage }) => stage, yields: 4 },
      { title: 'BY', value: ({ actor }) => actor, yields: 3 },
      { title: 'SINCE', value: ({ at }) => formatTime(at) },
    ],
    items,
    width,
  );
