/** `halctl obm log`: what a machine has written on its console. */

import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import type { LogEntry } from '../console/log.ts';
import type { StationConsole } from '../console/station-console.ts';
import { Failure } from '../exit-codes.ts';
import { momentOf } from '../moment.ts';
import { printable } from '../output/text.ts';
import { connect, resolveSession } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

interface LogFlags extends GlobalFlags, JsonFlag {
  readonly since?: string;
  readonly until?: string;
  readonly follow?: true;
  readonly grep?: string;
  readonly ignoreCase?: true;
  readonly export?: string;
}

/** Seconds: whoever follows does so for a while. */
const lasts = { once: 3_600, followed: 86_400 } as const;
/** Longest text that daemons look for, characters. */
const searchTextMax = 256;

const searched = (text: string): string => {
  if (text === '' || text.length > searchTextMax)
    throw new InvalidArgumentError(`It must have 1 to ${searchTextMax} characters.`);
  return text;
};

export const obmLogCommand = (obm: Command, shell: Shell): void => {
  const run = async (flags: LogFlags, host: string): Promise<void> => {
    const query = {
      since: momentOf(shell, flags.since, '--since'),
      until: momentOf(shell, flags.until, '--until'),
    };
    const client = await connect(shell, flags);
    const { ca } = await resolveSession(flags, shell.env);
    const { StationConsole } = await import('../console/station-console.ts');
    const body = {
      ...({ purpose: 'log', mode: 'read-only' } as const),
      lasts: flags.follow ? lasts.followed : lasts.once,
    };
    const console = new StationConsole({ client, host, body, ca, signal: shell.signal });
    try {
      if (flags.export === undefined) await print(shell, flags, host, console, query);
      else await exportTo(shell, flags.export, host, console, query);
    } catch (error) {
      throw console.advised(error);
    } finally {
      await console.leave();
    }
  };
  const command = withJson(
    obm
      .command('log')
      .description('show what a machine has written on its console, with its times')
      .argument('<host>', 'the machine')
      .option('--since <time>', 'what came from then on')
      .addOption(new Option('--until <time>', 'what came before then').conflicts('follow'))
      .option(
        '-F, --follow',
        'go on with what comes, until Ctrl-C; from now on unless --since says',
      )
      .option('--grep <text>', 'lines with this text only', searched)
      .option('--ignore-case', 'capitals or not, with --grep')
      .addOption(
        new Option(
          '--export <file>',
          'write it as a recording that asciinema plays (asciicast v2), into a new file',
        ).conflicts(['follow', 'grep', 'json']),
      ),
  );
  withExamples(
    withWork(command, run),
    'halctl obm log n0001.example --since 2030-01-31T12:00:00Z --grep panic',
    'halctl obm log n0001.example --follow',
    'halctl obm log n0001.example --export n0001.cast',
  );
};

type Query = Readonly<Record<string, string | undefined>>;

const print = async (
  shell: Shell,
  flags: LogFlags,
  host: string,
  console: StationConsole,
  range: Query,
): Promise<void> => {
  const { readConsoleLog } = await import('../console/log.ts');
  const { follow = false, grep, ignoreCase, json } = flags;
  const entries = readConsoleLog({
    ...{ name: host, follow, signal: shell.signal, address: () => console.address() },
    query: {
      ...{ ...range, format: 'json', grep },
      follow: follow ? 'true' : undefined,
      ignore_case: ignoreCase ? 'true' : undefined,
    },
    broke: (why) => {
      if (follow) shell.say(`halctl: ${printable(why)}; trying again\n`);
    },
  });
  for await (const entry of entries)
    await shell.pass(Buffer.from(json ? `${JSON.stringify(entry)}\n` : textOf(entry)), 'stdout');
};

const textOf = (entry: LogEntry): string => {
  const at = new Date(entry.at).toISOString();
  return 'line' in entry ? `${at} ${entry.line}\n` : `${at} -- ${entry.mark}: ${entry.text}\n`;
};

/** Whole, or not at all. Only its owner may read it: whatever a machine shows is in it. */
const exportTo = async (
  shell: Shell,
  file: string,
  host: string,
  console: StationConsole,
  range: Query,
): Promise<void> => {
  const { openLog } = await import('../console/log.ts');
  const address = await console.address();
  const query = { ...range, format: 'asciicast' };
  const body = await openLog(host, address, query, shell.signal);
  let isOpen = false;
  try {
    const written = createWriteStream(file, { flags: 'wx', mode: 0o600 });
    written.once('open', () => (isOpen = true));
    await pipeline(Readable.fromWeb(body as never), written, { signal: shell.signal });
    if (!(await console.leave()))
      throw new Failure('notAllowed', `the right to the log of ${host} ended before it was whole`);
  } catch (error) {
    if (isOpen) await rm(file, { force: true });
    shell.signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new Failure('usage', `${file} is there already; name another`);
    throw new Failure('failed', `the log of ${host} is not exported: ${printable(message)}`);
  }
  shell.say(`The log of ${host} is in ${file}; play it: asciinema play ${file}\n`);
};
