/** `halctl obm log`: what machines have written on their consoles. */

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { writePrivately } from '../config.ts';
import type { LogEntry } from '../console/log.ts';
import type { StationConsole } from '../console/station-console.ts';
import { Failure } from '../exit-codes.ts';
import { failureOf, sayFailures } from '../many-hosts.ts';
import { machinesOf } from '../nodesets.ts';
import { momentOf } from '../moment.ts';
import { hostPrefixes, printable } from '../output/text.ts';
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

/** Machines whose logs are read at a time: a daemon lets nobody read more. */
const machinesMax = 16;

export const obmLogCommand = (obm: Command, shell: Shell): void => {
  const run = async (flags: LogFlags, nodesets: readonly string[]): Promise<void> => {
    const hosts = await machinesOf(shell, flags, nodesets);
    mustBeReadable(flags, hosts);
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
    const consoles = hosts.map(
      (host) => new StationConsole({ client, host, body, ca, signal: shell.signal }),
    );
    const [only] = consoles;
    if (consoles.length > 1) return printMany(shell, flags, consoles, query);
    if (only) await readOne(shell, flags, only, query);
  };
  const command = withJson(
    obm
      .command('log')
      .description('show what machines have written on their consoles, with its times')
      .argument('<nodeset...>', "machines: n0001.example, or 'n[0001-0016].savio3'")
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
          'write that of one machine as a recording that asciinema plays (asciicast v2), into a new file',
        ).conflicts(['follow', 'grep', 'json']),
      ),
  );
  withExamples(
    withWork(command, run),
    'halctl obm log n0001.example --since 2030-01-31T12:00:00Z --grep panic',
    "halctl obm log 'n[0001-0004].savio3' --follow",
    'halctl obm log n0001.example --export n0001.cast',
  );
};

/** @throws {Failure} `usage` */
const mustBeReadable = (flags: LogFlags, { length }: readonly string[]): void => {
  if (length > machinesMax)
    throw new Failure(
      'usage',
      `these are ${length} machines: logs of at most ${machinesMax} are read at a time`,
      'Name fewer, and read the others after them.',
    );
  if (length > 1 && flags.export !== undefined)
    throw new Failure('usage', '--export is for one machine');
};

type Query = Readonly<Record<string, string | undefined>>;

const readOne = async (
  shell: Shell,
  flags: LogFlags,
  console: StationConsole,
  query: Query,
): Promise<void> => {
  try {
    if (flags.export !== undefined) return await exportTo(shell, flags.export, console, query);
    for await (const entry of await entriesOf(shell, flags, console, query))
      await show(shell, flags, console.host, entry);
  } catch (error) {
    throw console.advised(error);
  } finally {
    await console.leave();
  }
};

const printMany = async (
  shell: Shell,
  flags: LogFlags,
  consoles: readonly StationConsole[],
  query: Query,
): Promise<void> => {
  const { asTheyCome, mergeByTime } = await import('../console/logs.ts');
  const prefixOf = hostPrefixes(consoles.map(({ host }) => host));
  const errors: unknown[] = [];
  const sources = consoles.map((console) => ({
    host: console.host,
    entries: leaving(console, entriesOf(shell, flags, console, query)),
  }));
  await (flags.follow ? asTheyCome : mergeByTime)(sources, {
    show: (host, entry) => show(shell, flags, host, entry, prefixOf(host)),
    failed: (host, error) => {
      shell.signal.throwIfAborted();
      errors.push(error);
      sayFailures(shell, [{ host, error }]);
    },
  });
  if (errors.length > 0) throw failureOf(errors, consoles.length);
};

async function* leaving(
  console: StationConsole,
  entries: Promise<AsyncGenerator<LogEntry>>,
): AsyncGenerator<LogEntry, void> {
  try {
    yield* await entries;
  } catch (error) {
    throw console.advised(error);
  } finally {
    await console.leave();
  }
}

const entriesOf = async (
  shell: Shell,
  { follow, grep, ignoreCase }: LogFlags,
  console: StationConsole,
  range: Query,
): Promise<AsyncGenerator<LogEntry>> => {
  const { readConsoleLog } = await import('../console/log.ts');
  const { host } = console;
  return readConsoleLog({
    ...{ name: host, follow: follow ?? false, signal: shell.signal },
    address: () => console.address(),
    query: {
      ...{ ...range, format: 'json', grep },
      follow: follow ? 'true' : undefined,
      ignore_case: ignoreCase ? 'true' : undefined,
    },
    broke: (why) => {
      if (follow) shell.say(`halctl: ${host}: ${printable(why)}; trying again\n`);
    },
  });
};

const show = async (
  shell: Shell,
  { json }: JsonFlag,
  host: string,
  entry: LogEntry,
  prefix = '',
): Promise<void> => {
  const text = json ? JSON.stringify({ host, ...entry }) : `${prefix}${textOf(entry)}`;
  await shell.pass(Buffer.from(`${text}\n`), 'stdout');
};

const textOf = (entry: LogEntry): string => {
  const at = new Date(entry.at).toISOString();
  return 'line' in entry ? `${at} ${entry.line}` : `${at} -- ${entry.mark}: ${entry.text}`;
};

/** Whole, or not at all. Only its owner may read it: whatever a machine shows is in it. */
const exportTo = async (
  shell: Shell,
  file: string,
  console: StationConsole,
  range: Query,
): Promise<void> => {
  const { openLog } = await import('../console/log.ts');
  const { host } = console;
  if (existsSync(file)) throw new Failure('usage', `${file} is there already; name another`);
  const address = await console.address();
  const query = { ...range, format: 'asciicast' };
  const body = await openLog(host, address, query, shell.signal);
  try {
    await writePrivately(file, async (draft) => {
      for await (const piece of body) await draft.writeFile(piece);
      if (!(await console.leave()))
        throw new Failure(
          'notAllowed',
          `the right to the log of ${host} ended before it was whole`,
        );
    });
  } catch (error) {
    shell.signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    const { message } = error as Error;
    throw new Failure('failed', `the log of ${host} is not exported: ${printable(message)}`);
  }
  shell.say(`The log of ${host} is in ${file}; play it: asciinema play ${file}\n`);
};
