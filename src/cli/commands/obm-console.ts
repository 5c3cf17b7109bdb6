/** `halctl obm console`: a terminal at the console of a machine, and who else is at it. */

import type { Command } from 'commander';
import { Option } from 'commander';
import type { Client } from '../../client/client.ts';
import type { ConsoleConnection, Done, OpenedConsole } from '../../client/types.ts';
import { show, showChange, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
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

const sit = async (
  shell: Shell,
  flags: ConsoleFlags,
  client: Client,
  host: string,
): Promise<void> => {
  const [{ sitAtConsole }, { StationConsole }] = await Promise.all([
    import('../console/console.ts'),
    import('../console/station-console.ts'),
  ]);
  const { signal } = shell;
  const { ca } = await resolveSession(flags, shell.env);
  const console = new StationConsole({ client, host, body: bodyOf(flags), ca, signal });
  try {
    await sitAtConsole({
      ...{ name: host, address: () => console.address(), signal },
      ...{ readOnly: flags.readOnly ?? false, take: flags.take ?? false },
      terminal: { input: shell.input, output: process.stdout, notes: process.stderr },
    });
  } catch (error) {
    throw console.advised(error);
  } finally {
    await console.leave();
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
