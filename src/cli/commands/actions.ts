/**
 * Commands that set off long work: start, stop, restart, remove; for one or for many. They wait for it
 * unless told not to.
 */

import type { Command } from 'commander';
import type { Action, Client } from '../../client/client.ts';
import { forcing } from '../../client/view/forcing.ts';
import type { CommandOptions, DryRun, Operation } from '../../client/types.ts';
import { foldNodeset } from '../../nodeset/nodeset.ts';
import { isDryRun, showChange, withChange, withExamples, withWork } from '../command.ts';
import type { ChangeFlags } from '../command.ts';
import { forHosts, waitingAtATime } from '../many-hosts.ts';
import { machinesOf } from '../nodesets.ts';
import type { Kind } from '../many-hosts.ts';
import { refuseFailed, reportOperation, sayWarningsOf, settle } from '../operation.ts';
import { counted } from '../output/text.ts';
import { connect } from '../session.ts';
import type { Shell } from '../shell.ts';

export interface ActionFlags extends ChangeFlags {
  /** False after `--no-wait`. */
  readonly wait: boolean;
  readonly force?: true;
}

/** What `--force` does to the removal of nodes and hosts. */
export const removalForce = `although ${forcing.removeNodes}`;

interface ActionCommandOptions {
  /** What `--force` is for, where there is one. */
  readonly force?: string;
  /** What several targets are; hosts by default. */
  readonly kind?: Kind;
}

/** Adds a command for an action. Its argument, if it has one, may take several targets. */
export const actionCommand = (
  command: Command,
  shell: Shell,
  actionOf: (client: Client, target: string, flags: ActionFlags) => Promise<Action> | Action,
  examples: readonly string[],
  { force, kind }: ActionCommandOptions = {},
): void => {
  const run = async (flags: ActionFlags, targets: readonly string[]): Promise<void> => {
    const client = await connect(shell, flags);
    const isOnly = targets.length === 1;
    const request = async (
      target: string,
      options: CommandOptions,
    ): Promise<Operation | DryRun> => {
      const action = await actionOf(client, target, flags);
      const reply = await client.act(action, { ...options, force: flags.force });
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
    withWork(withChange(command), async (flags: ActionFlags, given?: string | readonly string[]) =>
      run(
        flags,
        Array.isArray(given) ? await targetsOf(shell, flags, given as string[]) : [one(given)],
      ),
    ),
    ...examples,
  );
};

/** A command without an argument is given its own options. */
const one = (given: unknown): string => (typeof given === 'string' ? given : '');

/** Fids as they are, and the hosts of nodesets; each once. */
const targetsOf = async (
  shell: Shell,
  flags: ActionFlags,
  given: readonly string[],
): Promise<readonly string[]> => {
  const targets = new Set<string>();
  for (const text of given)
    if (text.startsWith('0x')) targets.add(text);
    else for (const host of await machinesOf(shell, flags, [text])) targets.add(host);
  return [...targets];
};

/** `Removed 3 hosts: n[1-3].example.` */
const summaryOf = (
  verb: string,
  done: readonly string[],
  { wait }: ActionFlags,
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
