/**
 * Commands that set off long work: start, stop, restart, remove; for one or for many. They wait for it
 * unless told not to.
 */

import type { Command } from 'commander';
import type { Client, Order } from '../../client/client.ts';
import type { CommandOptions, DryRun, Operation } from '../../client/types.ts';
import { isDryRun, showChange, withChange, withExamples, withWork } from '../command.ts';
import type { ChangeFlags, JsonFlag } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { forHosts, hostsOf, waitingAtATime } from '../many-hosts.ts';
import type { Kind } from '../many-hosts.ts';
import { foldNodeset } from '../nodeset.ts';
import { formatTable } from '../output/table.ts';
import { counted, formatJson, printable } from '../output/text.ts';
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
  remove: { ing: 'removing', ed: 'removed' },
} as const;

const ofKind = (kind: string): { ing: string; ed: string } =>
  verbs[kind as keyof typeof verbs] ?? { ing: 'running', ed: 'done' };

/** What `--force` does to the removal of nodes and hosts. */
export const removalForce =
  'although processes that stay require others, too few confds would be left, or ' +
  'an independent process may run on a host that is down';

interface OrderCommandOptions {
  /** What `--force` is for, where there is one. */
  readonly force?: string;
  /** What several targets are; hosts by default. */
  readonly kind?: Kind;
}

/** Adds a command that orders something. Its argument, if it has one, may take several targets. */
export const orderCommand = (
  command: Command,
  shell: Shell,
  orderOf: (client: Client, target: string, flags: OrderFlags) => Promise<Order> | Order,
  examples: readonly string[],
  { force, kind }: OrderCommandOptions = {},
): void => {
  const run = async (flags: OrderFlags, targets: readonly string[]): Promise<void> => {
    const client = await connect(shell, flags);
    const isOnly = targets.length === 1;
    const request = async (
      target: string,
      options: CommandOptions,
    ): Promise<Operation | DryRun> => {
      const order = await orderOf(client, target, flags);
      const reply = await client.order(order, { ...options, force: flags.force });
      if (isDryRun(reply)) return reply;
      const operation = flags.wait
        ? await settle(shell, client, reply, shell.progress && isOnly)
        : reply;
      if (!isOnly) refuseFailed(operation);
      return operation;
    };
    const showReply = async (reply: Operation | DryRun): Promise<void> => {
      if (isDryRun(reply)) return showChange(shell, flags, reply, () => []);
      if (isOnly) return report(shell, flags, reply);
      sayWarnings(shell, reply);
    };
    const summarise = (done: readonly string[]): string[] =>
      done.length === 0 || flags.dryRun ? [] : [summaryOf(command.name(), done, flags, kind)];
    await forHosts(shell, flags, targets, request, showReply, {
      summarise,
      most: waitingAtATime,
      ...(kind ? { kind } : {}),
    });
  };
  if (force) command.option('--force', force);
  command.option('--no-wait', 'do not wait until it is done');
  withExamples(
    withWork(withChange(command), (flags: OrderFlags, given?: string | readonly string[]) =>
      run(flags, Array.isArray(given) ? targetsOf(given as string[]) : [one(given)]),
    ),
    ...examples,
  );
};

/** A command without an argument is given its own options. */
const one = (given: unknown): string => (typeof given === 'string' ? given : '');

/** Fids as they are, and the hosts of nodesets; each once. */
const targetsOf = (given: readonly string[]): readonly string[] => {
  const targets = given.flatMap((text) => (text.startsWith('0x') ? [text] : hostsOf([text])));
  return [...new Set(targets)];
};

/** `Removed 3 hosts: n[1-3].example.` */
const summaryOf = (
  verb: string,
  done: readonly string[],
  { wait }: OrderFlags,
  kind: Kind = { noun: 'host', fold: foldTargets },
): string => {
  const word = past[verb as keyof typeof past] ?? verb;
  const said = wait ? word : `ordered to ${verb}`;
  return `${said.charAt(0).toUpperCase()}${said.slice(1)} ${counted(done.length, kind.noun)}: ${kind.fold(done)}.`;
};
const past = { start: 'started', stop: 'stopped', restart: 'restarted', remove: 'removed' };

const foldTargets = (targets: readonly string[]): string => {
  const fids = targets.filter((target) => target.startsWith('0x'));
  const hosts = targets.filter((target) => !target.startsWith('0x'));
  return [...(hosts.length > 0 ? [foldNodeset(hosts)] : []), ...fids].join(', ');
};

/** Waits until an operation is over, and shows progress on a terminal. */
export const settle = async (
  shell: Shell,
  client: Client,
  begun: Operation,
  shows = shell.progress,
): Promise<Operation> => {
  let operation = begun;
  while (operation.state === 'running') {
    if (shows) shell.say(`\r\u001b[K${progressOf(operation)}`);
    operation = await client.operation(operation.id, patience, { signal: shell.signal });
  }
  if (shows) shell.say('\r\u001b[K');
  return operation;
};

const progressOf = ({ kind, done, total, waiting }: Operation): string => {
  const [next] = waiting;
  const about = next ? `; ${next.name} on ${next.host} is ${next.state}` : '';
  return `${ofKind(kind).ing}: ${done} of ${total}${about}`;
};

const sayWarnings = (shell: Shell, { warnings }: Operation): void => {
  for (const warning of warnings) shell.say(`Warning: ${printable(warning)}\n`);
};

const report = (shell: Shell, flags: JsonFlag, operation: Operation): void => {
  if (flags.json) shell.print(formatJson(operation));
  else printLines(shell, resultLines(operation, shell.width));
  if (!flags.json) sayWarnings(shell, operation);
  refuseFailed(operation);
};

/** Ends the command as the operation ended. */
export const refuseFailed = (operation: Operation): void => {
  const { failed, total, done, kind, subject, state } = operation;
  if (state === 'failed' && kind === 'remove') {
    const [first] = failed;
    const why = first ? ` (${first.fid}: ${first.reason})` : '';
    throw new Failure(
      'failed',
      `${total - done} of ${counted(total, 'process')} refused to leave${why}; ${subject} stays with them`,
      'End or stop what refuses, then repeat the command; what --force does is in its --help.',
      operation,
    );
  }
  if (state === 'failed')
    throw new Failure(
      'failed',
      `${failed.length} of ${counted(total, 'process')} did not get there`,
      'See why: halctl why FID; what a process wrote: halctl cluster process logs FID',
      operation,
    );
  if (state === 'cancelled')
    throw new Failure('failed', 'somebody wanted the opposite meanwhile', undefined, operation);
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
