/** Commands that set off long work: start, stop, restart, remove. They wait for it unless told not to. */

import type { Command } from 'commander';
import type { Client, Order } from '../../client/client.ts';
import type { Operation } from '../../client/types.ts';
import {
  changeOptions,
  isDryRun,
  showChange,
  withChange,
  withExamples,
  withWork,
} from '../command.ts';
import type { ChangeFlags } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { formatTable } from '../output/table.ts';
import { counted, formatJson } from '../output/text.ts';
import { connect } from '../session.ts';
import { printLines } from '../shell.ts';
import type { Shell } from '../shell.ts';

export interface OrderFlags extends ChangeFlags {
  /** False after `--no-wait`. */
  readonly wait: boolean;
  readonly force?: true;
}

/** How long one answer is held back, in seconds: below what proxies and clients give up after. */
const patience = 5;

const verbs = {
  start: { ing: 'starting', ed: 'online' },
  stop: { ing: 'stopping', ed: 'stopped' },
  remove: { ing: 'removing', ed: 'stopped' },
} as const;

const ofKind = (kind: string): { ing: string; ed: string } =>
  verbs[kind as keyof typeof verbs] ?? { ing: 'running', ed: 'done' };

/** Adds a command that orders something. */
export const orderCommand = (
  command: Command,
  shell: Shell,
  orderOf: (client: Client, target: string, flags: OrderFlags) => Promise<Order> | Order,
  examples: readonly string[],
  options: { readonly force?: string } = {},
): void => {
  const run = async (flags: OrderFlags, target = ''): Promise<void> => {
    const client = await connect(shell, flags);
    const order = await orderOf(client, target, flags);
    const reply = await client.order(order, {
      ...changeOptions(shell, flags),
      force: flags.force,
    });
    if (isDryRun(reply)) return showChange(shell, flags, reply, () => []);
    await follow(shell, client, flags, reply);
  };
  if (options.force) command.option('--force', options.force);
  command.option('--no-wait', 'do not wait until it is done');
  withExamples(
    withWork(withChange(command), (flags: OrderFlags, target?: string) =>
      run(flags, typeof target === 'string' ? target : ''),
    ),
    ...examples,
  );
};

/** Waits for an operation, shows progress on a terminal, and ends with what became of it. */
const follow = async (
  shell: Shell,
  client: Client,
  flags: OrderFlags,
  begun: Operation,
): Promise<void> => {
  const operation = flags.wait ? await settle(shell, client, begun) : begun;
  if (flags.json) shell.print(formatJson(operation));
  else printLines(shell, resultLines(operation, shell.width));
  for (const warning of flags.json ? [] : operation.warnings) shell.say(`Warning: ${warning}\n`);
  refuseFailed(operation);
};

/** Waits until an operation is over, and shows progress on a terminal. */
export const settle = async (
  shell: Shell,
  client: Client,
  begun: Operation,
): Promise<Operation> => {
  let operation = begun;
  while (operation.state === 'running') {
    if (shell.progress) shell.say(`\r\u001b[K${progressOf(operation)}`);
    operation = await client.operation(operation.id, patience, { signal: shell.signal });
  }
  if (shell.progress) shell.say('\r\u001b[K');
  return operation;
};

const progressOf = ({ kind, done, total, waiting }: Operation): string => {
  const [next] = waiting;
  const about = next ? `; ${next.name} on ${next.host} is ${next.state}` : '';
  return `${ofKind(kind).ing}: ${done} of ${total}${about}`;
};

/** Ends the command as the operation ended. */
export const refuseFailed = (operation: Operation): void => {
  if (operation.state === 'failed')
    throw new Failure(
      'failed',
      `${operation.failed.length} of ${counted(operation.total, 'process')} did not get there`,
      'See why: halctl why FID; what a process wrote: halctl cluster process logs FID',
    );
  if (operation.state === 'cancelled')
    throw new Failure('failed', 'somebody wanted the opposite meanwhile');
};

type Straggler = Operation['failed'][number];

/** What became of an operation, and what is not where it was wanted. */
export const resultLines = (operation: Operation, width: number | undefined): string[] => {
  const { id, kind, state, done, total, failed, waiting } = operation;
  if (kind === 'none') return ['Nothing had to be done.'];
  if (kind === 'remove' && state === 'succeeded') return [`Removed ${operation.subject}.`];
  const left = state === 'running' ? waiting : failed;
  const summary = `${done} of ${counted(total, 'process')} ${ofKind(kind).ed}`;
  const head =
    state === 'running'
      ? `Operation ${id} goes on: ${summary}. Follow it with: halctl events --follow`
      : `${state === 'succeeded' ? 'Done' : 'Ended'}: ${summary}.`;
  if (left.length === 0) return [head];
  return [
    head,
    ...formatTable<Straggler>(
      [
        { title: 'FID', value: ({ fid }) => fid },
        { title: 'STATE', value: (one) => one.state },
        { title: 'NAME', value: ({ name }) => name, yields: 2 },
        { title: 'HOST', value: ({ host }) => host, yields: 1 },
        { title: 'REASON', value: ({ reason }) => reason, yields: 3 },
      ],
      left,
      width,
    ),
  ];
};
