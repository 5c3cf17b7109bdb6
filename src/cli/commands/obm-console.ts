/** `halctl obm console`: a terminal at the console of a machine, and who else is at it. */

import type { Command } from 'commander';
import { Option } from 'commander';
import type { Client } from '../../client/client.ts';
import type { ConsoleConnection, Done, OpenedConsole } from '../../client/types.ts';
import { isDryRun, show, showChange, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import type { ConsoleAddress } from '../console/link.ts';
import { Failure } from '../exit-codes.ts';
import { formatTable } from '../output/table.ts';
import { formatTime } from '../output/text.ts';
import { connect, resolveSession } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

interface ConsoleFlags extends GlobalFlags, JsonFlag {
  readonly readOnly?: true;
  readonly take?: true;
  readonly list?: true;
  readonly revoke?: string;
  readonly dryRun?: true;
}

export const obmConsoleCommand = (obm: Command, shell: Shell): void => {
  const run = async (flags: ConsoleFlags, host: string): Promise<void> => {
    const client = await connect(shell, flags);
    if (flags.list) return showConnections(shell, flags, client, host);
    if (flags.revoke !== undefined) return revoke(shell, flags, client, host, flags.revoke);
    if (flags.dryRun || flags.json) return showOpened(shell, flags, client, host);
    await sit(shell, flags, client, host);
  };
  const others = ['list', 'revoke', 'readOnly', 'take'];
  const command = withJson(
    obm
      .command('console')
      .description(
        'sit at the console of a machine: ~. at the beginning of a line leaves, ~? helps',
      )
      .argument('<host>', 'the machine')
      .option('--read-only', 'look, and do not type')
      .addOption(
        new Option('--take', 'type instead of whoever does now').conflicts(['readOnly', 'list']),
      )
      .addOption(
        new Option('--list', 'who may be at it now, and is').conflicts(
          others.filter((name) => name !== 'list'),
        ),
      )
      .addOption(
        new Option('--revoke <id>', 'put out whoever is at it by this connection').conflicts(
          others.filter((name) => name !== 'revoke'),
        ),
      )
      .option('--dry-run', 'show the events that would be appended; change nothing'),
  );
  withExamples(
    withWork(command, run),
    'halctl obm console n0001.example',
    'halctl obm console n0001.example --read-only',
    'halctl obm console n0001.example --list',
  );
};

const bodyOf = ({ readOnly }: ConsoleFlags): { mode?: 'read-only' } =>
  readOnly ? { mode: 'read-only' } : {};

/** Who the daemon is believed by: the well-known authorities, those of the station, and those that it names. */
export const authoritiesOf = async (
  shell: Shell,
  flags: GlobalFlags,
  { ca }: OpenedConsole,
): Promise<string[]> => {
  const { getCACertificates } = await import('node:tls');
  const { ca: own } = await resolveSession(flags, shell.env);
  return [...getCACertificates('default'), ...[own, ca].filter((one) => typeof one === 'string')];
};

/** What to do where the daemon, which is not the station, cannot be had. */
export const withAdvice = (error: unknown, url: URL | undefined): unknown => {
  if (!(error instanceof Failure) || error.ending !== 'unreachable' || !url) return error;
  const advice = /certificate|TLS|self.signed|issuer/i.test(error.message)
    ? 'Let the station hand on its authority: halcyon station --obmd-ca FILE; or trust it here: --ca FILE.'
    : `It is had from the OBM daemon itself: this machine must reach ${url.origin}.`;
  return new Failure(error.ending, error.message, advice);
};

const sit = async (
  shell: Shell,
  flags: ConsoleFlags,
  client: Client,
  host: string,
): Promise<void> => {
  const { sitAtConsole } = await import('../console/console.ts');
  const { signal } = shell;
  let last: { readonly id: string; readonly url: URL } | undefined;
  const address = async (): Promise<ConsoleAddress> => {
    // What is left of the one before would go on typing, as far as the daemon knows.
    if (last)
      await client.revokeConsoleConnection(host, last.id, { signal }).catch(() => undefined);
    const opened = await client.openConsole(host, bodyOf(flags), { signal });
    if (isDryRun(opened)) throw new Failure('failed', 'the station did not let in');
    last = { id: opened.id, url: new URL(opened.url) };
    return { url: last.url, ca: await authoritiesOf(shell, flags, opened) };
  };
  try {
    await sitAtConsole({
      ...{ name: host, address, signal },
      ...{ readOnly: flags.readOnly ?? false, take: flags.take ?? false },
      terminal: { input: shell.input, output: process.stdout, notes: process.stderr },
    });
  } catch (error) {
    throw withAdvice(error, last?.url);
  }
};

/** For programs, which go there themselves. */
const showOpened = async (
  shell: Shell,
  flags: ConsoleFlags,
  client: Client,
  host: string,
): Promise<void> => {
  const options = { dryRun: flags.dryRun, signal: shell.signal };
  const reply = await client.openConsole(host, bodyOf(flags), options);
  await showChange(shell, flags, reply, ({ url }: OpenedConsole) => [url]);
};

const revoke = async (
  shell: Shell,
  flags: ConsoleFlags,
  client: Client,
  host: string,
  id: string,
): Promise<void> => {
  const options = { dryRun: flags.dryRun, signal: shell.signal };
  const reply = await client.revokeConsoleConnection(host, id, options);
  await showChange(shell, flags, reply, ({ changed }: Done) => [
    changed
      ? `Nobody is at the console of ${host} by ${id} any more.`
      : `There is no connection ${id} to the console of ${host}.`,
  ]);
};

const showConnections = async (
  shell: Shell,
  flags: ConsoleFlags,
  client: Client,
  host: string,
): Promise<void> => {
  const reply = await client.listConsoleConnections(host, { signal: shell.signal });
  show(shell, flags, reply, ({ connections }) =>
    formatTable<ConsoleConnection>(
      [
        { title: 'ID', value: ({ id }) => id },
        { title: 'FOR', value: ({ name, token }) => name ?? token, yields: 2 },
        { title: 'TOKEN', value: ({ token }) => token, yields: 4 },
        { title: 'MODE', value: ({ mode, purpose }) => (purpose === 'log' ? 'log' : mode) },
        { title: 'UNTIL', value: ({ expires }) => formatTime(expires), yields: 3 },
        { title: 'FROM', value: ({ connected }) => connected?.source ?? '-', yields: 1 },
      ],
      connections,
      shell.width,
    ),
  );
};
