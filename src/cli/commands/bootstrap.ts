/** `halctl cluster bootstrap`: load and start, with an exit code that tells whether all of it is online. */

import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import { everyItem } from '../../client/pages.ts';
import type { Host, Loaded, Operation } from '../../client/types.ts';
import { gather, wholeNumber, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { counted, formatJson, printable } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import { printLines } from '../shell.ts';
import type { Shell } from '../shell.ts';
import { load, loadedLines, readFiles, sayWarnings } from './load.ts';
import type { FilesFlags } from './load.ts';
import { missingText } from '../output/status-tree.ts';
import { refuseFailed, resultLines, settle } from '../operation.ts';

interface BootstrapFlags extends GlobalFlags, JsonFlag, FilesFlags {
  readonly yes?: true;
  /** False after `--no-wait`. */
  readonly wait: boolean;
  readonly hostTimeout: number;
}

/** A host that is not part of the cluster yet, and why. */
interface Absent {
  readonly host: string;
  readonly reason: string;
}

/** How long hosts may take to report, in seconds. */
const hostTimeoutDefault = 60;

export const bootstrapCommand = (cluster: Command, shell: Shell): void => {
  const bootstrap = cluster
    .command('bootstrap')
    .description('load facts and roles and start the cluster; fails unless all of it comes up')
    .requiredOption('-f, --facts <file>', 'the facts')
    .option('-r, --roles <path>', 'a file of roles, or a folder of such files; repeatable', gather)
    .option('-y, --yes', 'do not ask before a loaded cluster is changed')
    .option(
      '--host-timeout <seconds>',
      'how long to wait for hosts that have not reported',
      wholeNumber,
      hostTimeoutDefault,
    )
    .option('--no-wait', 'do not wait until it has started');
  withExamples(
    withWork(withJson(bootstrap), (flags: BootstrapFlags) => runBootstrap(shell, flags)),
    'halctl cluster bootstrap -f facts.yaml -r roles/',
    'halctl cluster bootstrap -f facts.yaml -r roles/ --yes --host-timeout 300',
  );
};

const runBootstrap = async (shell: Shell, flags: BootstrapFlags): Promise<void> => {
  const body = await readFiles(shell, flags);
  const client = await connect(shell, flags);
  const { signal } = shell;
  const loaded = await load(shell, client, flags, body, { signal });
  sayWarnings(shell, loaded);
  if (loaded.hosts === 0)
    throw new Failure('failed', 'the facts name no host; nothing was started');
  // At once, so that nobody waits for those who have not come yet; these start when they do.
  const action = { verb: 'start', cluster: true } as const;
  let operation = await client.act(action, { signal });
  let absent: Absent[] = loaded.missing.map(({ host, reason }) => ({ host, reason }));
  if (flags.wait) {
    const late = await whoIsAbsent(client, loaded, signal);
    const stillAbsent = await waitForHosts(shell, client, late, flags.hostTimeout);
    absent = [...absent, ...stillAbsent];
    if (stillAbsent.length < late.hosts.length) operation = await client.act(action, { signal });
    operation = await settle(shell, client, operation);
  }
  report(shell, flags, loaded, operation, absent);
};

const absenceOf = ({ fqdn, roles, state, reason, problem, missing }: Host): Absent | null => {
  if (roles.length === 0) return null;
  if (missing.length > 0) return { host: fqdn, reason: `lacks ${missingText(missing)}` };
  const pending = roles.filter((role) => role.pending).map(({ name }) => name);
  if (state === 'up' && pending.length === 0) return null;
  if (state === 'down') return { host: fqdn, reason: `it is down: ${reason}` };
  if (state === 'up') return { host: fqdn, reason: problem || `waits for ${pending.join(', ')}` };
  return { host: fqdn, reason: 'its agent has not reported' };
};

/** Hosts that have roles to play and cannot play them yet. Those that are leaving are not waited for. */
const whoIsAbsent = async (
  client: Client,
  { missing }: Loaded,
  signal: AbortSignal,
): Promise<{ revision: number; hosts: Absent[] }> => {
  const { revision, items } = await everyItem((options) => client.listHosts(options), { signal });
  const leaving = new Set(missing.map(({ host }) => host));
  const present = items.filter(({ fqdn }) => !leaving.has(fqdn));
  return { revision, hosts: present.map(absenceOf).filter((absent) => absent !== null) };
};

/** Events after which a host may be part of the cluster, or is known not to become one. */
const arrivals = ['NodeUp', 'DeclaredRoleAllocated', 'DeclaredRoleBlocked'];

/** Waits until all of them have come or the time is over; answers who is still not there. */
const waitForHosts = async (
  shell: Shell,
  client: Client,
  late: { readonly revision: number; readonly hosts: readonly Absent[] },
  seconds: number,
): Promise<Absent[]> => {
  const absent = new Map(late.hosts.map((one) => [one.host, one]));
  const look = async (host: string): Promise<void> => {
    const found = absenceOf(await client.getHost(host, { signal: shell.signal }));
    if (found) absent.set(host, found);
    else absent.delete(host);
    if (shell.progress)
      shell.say(`\r\u001b[Kwaiting for ${counted(absent.size, 'host')} to report`);
  };
  const limit = AbortSignal.timeout(seconds * 1000);
  const signal = AbortSignal.any([shell.signal, limit]);
  try {
    if (absent.size > 0)
      for await (const { data } of client.followEvents({
        from: late.revision,
        types: arrivals,
        signal,
      })) {
        const { fqdn } = data as { fqdn: string };
        if (absent.has(fqdn)) await look(fqdn);
        if (absent.size === 0) break;
      }
  } catch (error) {
    if (!limit.aborted || shell.signal.aborted) throw error;
  } finally {
    if (shell.progress) shell.say('\r\u001b[K');
  }
  return [...absent.values()];
};

const report = (
  shell: Shell,
  { json, wait }: BootstrapFlags,
  loaded: Loaded,
  operation: Operation,
  absent: readonly Absent[],
): void => {
  if (json) shell.print(formatJson({ loaded, operation, absent }));
  else {
    printLines(shell, [...loadedLines(loaded), ...resultLines(operation, shell.width)]);
    for (const { host, reason } of absent)
      shell.print(`Not there: ${printable(host)}: ${printable(reason)}\n`);
  }
  for (const warning of json ? [] : operation.warnings)
    shell.say(`Warning: ${printable(warning)}\n`);
  if (absent.length > 0)
    throw new Failure(
      'failed',
      `${counted(absent.length, 'host')} ${absent.length === 1 ? 'is' : 'are'} not part of the cluster yet` +
        (operation.state === 'failed'
          ? `, and ${operation.failed.length} of ${counted(operation.total, 'process')} did not come up`
          : ''),
      loaded.missing.length > 0
        ? 'Bootstrap again when what is being removed has gone.'
        : 'What they have to run starts when they report: see halctl cluster status --only-problems',
    );
  if (wait) refuseFailed(operation);
};
