/** One command for many hosts or processes: several at a time, with progress, and an account of which failed. */

import { ApiError, UnreachableError } from '../client/errors.ts';
import type { CommandOptions } from '../client/types.ts';
import { expandNodeset, foldNodeset, NodesetError } from '../nodeset/nodeset.ts';
import type { ChangeFlags } from './command.ts';
import { changeOptions } from './command.ts';
import { endingOf, Failure } from './exit-codes.ts';
import { adviceFor, summary } from './explanation.ts';
import { nodesetFailure } from './nodesets.ts';
import { counted, formatJson } from './output/text.ts';
import { printLines } from './shell.ts';
import type { Shell } from './shell.ts';

const atATime = 8;
/** Requests that only wait for something to happen cost little. */
export const waitingAtATime = 32;

/** The hosts of several nodesets without groups, each once; with groups: `machinesOf`. */
export const hostsOf = (nodesets: readonly string[]): readonly string[] => {
  try {
    return [...new Set(nodesets.flatMap((nodeset) => expandNodeset(nodeset)))];
  } catch (error) {
    if (error instanceof NodesetError) throw nodesetFailure(error);
    throw error;
  }
};

/** What a command is for many of, and how several are named together. */
export interface Kind {
  readonly noun: string;
  readonly fold: (names: readonly string[]) => string;
}
const hostKind: Kind = { noun: 'host', fold: foldNodeset };
export const processKind: Kind = { noun: 'process', fold: (fids) => fids.join(', ') };

type Outcome<T> =
  | { readonly host: string; readonly ok: true; readonly reply: T }
  | { readonly host: string; readonly ok: false; readonly error: unknown };

/** One key for all hosts would make their requests one request. */
const optionsFor = (
  shell: Shell,
  flags: ChangeFlags,
  host: string,
  isOnly: boolean,
): CommandOptions => {
  const options = changeOptions(shell, flags);
  if (isOnly || options.idempotencyKey === undefined) return options;
  return { ...options, idempotencyKey: `${options.idempotencyKey}/${host}` };
};

/**
 * Does the work for every host and tells the progress. Stops at Ctrl-C and where no station
 * answers.
 */
const eachHost = async <T>(
  shell: Shell,
  hosts: readonly string[],
  work: (host: string) => Promise<T>,
  kind: Kind,
  most: number,
): Promise<Outcome<T>[]> => {
  const outcomes = new Map<string, Outcome<T>>();
  const waiting = hosts.values();
  let unreachable: UnreachableError | undefined;
  const progress = (): void => {
    if (shell.progress) shell.say(`\r${outcomes.size} of ${hosts.length}`);
  };
  const worker = async (): Promise<void> => {
    for (const host of waiting) {
      shell.signal.throwIfAborted();
      try {
        if (unreachable !== undefined) throw unreachable;
        outcomes.set(host, { host, ok: true, reply: await work(host) });
      } catch (error) {
        shell.signal.throwIfAborted();
        // To wait for each of thousands of hosts would tell nothing more.
        if (error instanceof UnreachableError) unreachable = error;
        outcomes.set(host, { host, ok: false, error });
      }
      progress();
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(most, hosts.length) }, worker));
  } finally {
    if (shell.progress) shell.say('\r\u001b[K');
    if (shell.signal.aborted)
      shell.say(`Interrupted after ${outcomes.size} of ${counted(hosts.length, kind.noun)}.\n`);
  }
  return hosts.flatMap((host) => outcomes.get(host) ?? []);
};

/** Says which hosts failed and why, those with one reason together. */
export const sayFailures = (
  shell: Shell,
  failed: readonly { host: string; error: unknown }[],
  kind: Kind = hostKind,
): void => {
  const byReason = new Map<string, { hosts: string[]; error: unknown }>();
  for (const { host, error } of failed) {
    // Reasons that differ only by the name of the host are one reason.
    const reason = summary(error).replaceAll(host, '');
    const group = byReason.get(reason);
    if (group) group.hosts.push(host);
    else byReason.set(reason, { hosts: [host], error });
  }
  for (const { hosts, error } of byReason.values()) {
    const all = kind.fold(hosts);
    const reason = summary(error).replaceAll(hosts[0] ?? all, all);
    shell.say(`${[`halctl: ${all}: ${reason}`, ...adviceFor(error)].join('\n')}\n`);
  }
};

const errorReply = (error: unknown): unknown =>
  error instanceof ApiError
    ? error.problem
    : {
        code: endingOf(error),
        detail: summary(error),
        ...(error instanceof Failure && error.reply !== undefined ? { reply: error.reply } : {}),
      };

/**
 * Runs a command for each host and shows what came of it.
 *
 * With one host everything is as if there were only this host. With several, JSON is `{results:
 * [{host, ok, reply | error}]}`, and the failures are told at the end, after a summary of the others
 * if there is one.
 */
export const forHosts = async <T>(
  shell: Shell,
  flags: ChangeFlags,
  hosts: readonly string[],
  request: (host: string, options: CommandOptions) => Promise<T>,
  showReply: (reply: T, host: string) => Promise<void>,
  {
    kind = hostKind,
    summarise = () => [],
    most = atATime,
  }: {
    kind?: Kind;
    summarise?: (done: readonly string[]) => readonly string[];
    /** How many requests may be under way together. */
    most?: number;
  } = {},
): Promise<void> => {
  const [only] = hosts;
  if (hosts.length === 1 && only !== undefined)
    return showReply(await request(only, optionsFor(shell, flags, only, true)), only);
  if (flags.ifMatch !== undefined && !flags.dryRun)
    throw new Failure(
      'usage',
      `--if-match is for one ${kind.noun}: the first one changes the revision`,
    );

  const outcomes = await eachHost(
    shell,
    hosts,
    (host) => request(host, optionsFor(shell, flags, host, false)),
    kind,
    most,
  );
  if (flags.json) {
    const results = outcomes.map((outcome) =>
      outcome.ok ? outcome : { host: outcome.host, ok: false, error: errorReply(outcome.error) },
    );
    shell.print(formatJson({ results }));
  } else {
    for (const outcome of outcomes) if (outcome.ok) await showReply(outcome.reply, outcome.host);
    printLines(shell, summarise(outcomes.filter(({ ok }) => ok).map(({ host }) => host)));
  }
  const failed = outcomes.filter((outcome) => !outcome.ok);
  if (failed.length === 0) return;
  sayFailures(shell, failed, kind);
  throw failureOf(
    failed.map(({ error }) => error),
    hosts.length,
    kind,
  );
};

/** What a command for many ends with where some failed, each of which has been told. */
export const failureOf = (errors: readonly unknown[], of: number, kind = hostKind): Failure => {
  const endings = new Set(errors.map(endingOf));
  const [ending = 'failed'] = endings;
  return new Failure(
    endings.size === 1 ? ending : 'failed',
    `${errors.length} of ${counted(of, kind.noun)} failed`,
  );
};
