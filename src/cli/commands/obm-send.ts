/** `halctl obm send`: something is written to the consoles of machines, which show what they answer. */

import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import type { DryRun } from '../../client/types.ts';
import { foldNodeset } from '../../nodeset/nodeset.ts';
import { isDryRun, showChange, withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { mustMean, withCount } from '../how-many.ts';
import { forHosts, waitingAtATime } from '../many-hosts.ts';
import { machinesOf } from '../nodesets.ts';
import { counted, hostPrefixes } from '../output/text.ts';
import { askSecret, readInputBytes } from '../prompt.ts';
import { connect, resolveSession } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';

interface SendFlags extends GlobalFlags, JsonFlag {
  readonly text?: string;
  readonly line?: string;
  readonly break?: true;
  readonly take?: true;
  /** Seconds. */
  readonly wait: number;
  readonly count?: number;
  readonly dryRun?: true;
}

/** What a machine has answered. */
interface Answer {
  readonly host: string;
  readonly lines: readonly string[];
  /** Whether there was more. */
  readonly cut: boolean;
}

/** One message to the daemon, bytes. */
const bytesMax = 16 * 1024;
const waitMax = 600;
/** Of what is kept of an answer for `--json`, characters. */
const answerMax = 1024 * 1024;
/** How long a right to a console is good besides, seconds: for it to be connected, and left. */
const lastsMore = 60;

const waitOf = (text: string): number => {
  const seconds = Number(text);
  if (/^\d{1,3}(\.\d{1,3})?$/.test(text) && seconds >= 0.1 && seconds <= waitMax) return seconds;
  throw new InvalidArgumentError(`It must be from 0.1 to ${waitMax} seconds.`);
};

export const obmSendCommand = (obm: Command, shell: Shell): void => {
  const run = async (flags: SendFlags, nodesets: readonly string[]): Promise<void> => {
    const hosts = await machinesOf(shell, flags, nodesets);
    mustSayWhat(flags);
    const client = await connect(shell, flags);
    if (!flags.dryRun) await mustMean(shell, flags, 'write to the consoles of', hosts);
    await send(shell, flags, client, hosts);
  };
  const command = withJson(
    withCount(
      obm
        .command('send')
        .description('write to the consoles of machines, and show what they answer')
        .argument('<nodeset...>', "machines: n0001.example, or 'n[0001-0100].savio3'")
        // Their values are checked where no message shows them.
        .addOption(
          new Option('--text <text>', 'this, as it is; - reads it from standard input').conflicts([
            'line',
            'break',
          ]),
        )
        .addOption(
          new Option(
            '--line <text>',
            'this, and the key Enter; - reads it from standard input',
          ).conflicts(['text', 'break']),
        )
        .addOption(new Option('--break', 'a serial break').conflicts(['text', 'line']))
        .option('--take', 'type instead of whoever does now')
        .option('--wait <seconds>', 'how long what they answer is shown', waitOf, 2),
    ).option('--dry-run', 'show the events that would be appended; change nothing'),
  );
  withExamples(
    withWork(command, run),
    'halctl obm send n0001.example --line uptime',
    "halctl obm send 'n[0001-0016].savio3' --line - --wait 5 --count 16",
    'halctl obm send n0001.example --break --take',
  );
};

/** @throws {Failure} `usage` */
const mustSayWhat = ({ text, line, break: isBreak }: SendFlags): void => {
  if (text === undefined && line === undefined && !isBreak)
    throw new Failure('usage', 'say what is written: --text, --line or --break');
  if (text === '') throw new Failure('usage', '--text must hold something');
};

/**
 * What is written; null: a break.
 *
 * @throws {Failure} `usage`: it is nothing, or too much
 */
const bytesOf = async (shell: Shell, { text, line }: SendFlags): Promise<Buffer | null> => {
  const given = text ?? line;
  if (given === undefined) return null;
  let bytes: Buffer = Buffer.from(given);
  if (given === '-')
    bytes = shell.input.isTTY
      ? Buffer.from(await askSecret(shell, 'What is written (it is not shown): '))
      : await readInputBytes(shell, bytesMax);
  if (line !== undefined) bytes = entered(bytes);
  if (bytes.length === 0) throw new Failure('usage', 'standard input holds nothing to write');
  if (bytes.length <= bytesMax) return bytes;
  throw new Failure('usage', `at most ${bytesMax} bytes are written at once`);
};

/** As somebody types lines: each ends with the key Enter. */
const entered = (bytes: Buffer): Buffer => {
  const lines = bytes.toString('latin1').replace(/\r?\n$/, '');
  return Buffer.from(`${lines.replaceAll(/\r?\n/g, '\r')}\r`, 'latin1');
};

const send = async (
  shell: Shell,
  flags: SendFlags,
  client: Client,
  hosts: readonly string[],
): Promise<void> => {
  const [{ sendToConsole }, { StationConsole }, { ca }] = await Promise.all([
    import('../console/send.ts'),
    import('../console/station-console.ts'),
    resolveSession(flags, shell.env),
  ]);
  const bytes = flags.dryRun ? null : await bytesOf(shell, flags);
  const { signal } = shell;
  const lasts = Math.ceil(flags.wait) + lastsMore;
  const body = { mode: 'read-write', lasts } as const;
  const print = printerFor(shell, hosts);
  const request = async (host: string): Promise<Answer | DryRun> => {
    if (flags.dryRun) {
      const opened = await client.openConsole(host, body, { dryRun: true, signal });
      if (isDryRun(opened)) return opened;
      throw new Failure('failed', 'the station let in instead of trying');
    }
    const console = new StationConsole({ client, host, body, ca, signal });
    const answer = new KeptAnswer(host);
    try {
      await sendToConsole({
        ...{ name: host, address: await console.address(), bytes, signal },
        ...{ take: flags.take ?? false, waitMs: flags.wait * 1000 },
        show: async (line) => (flags.json ? answer.add(line) : print(host, line)),
      });
    } catch (error) {
      throw console.advised(error);
    } finally {
      await console.leave();
    }
    return answer.all;
  };
  const summarise = (done: readonly string[]): string[] => {
    if (done.length > 0 && !flags.dryRun)
      shell.say(`Written to ${counted(done.length, 'machine')}: ${foldNodeset(done)}.\n`);
    return [];
  };
  // Progress would stand among the answers.
  const quiet = { ...shell, progress: shell.progress && flags.json === true };
  await forHosts(
    quiet,
    flags,
    hosts,
    request,
    (reply) => showChange(shell, flags, reply, () => []),
    { summarise, most: waitingAtATime },
  );
};

/** Lines of many, one after the other and no faster than they are taken. */
const printerFor = (
  shell: Shell,
  hosts: readonly string[],
): ((host: string, line: string) => Promise<void>) => {
  const prefixOf = hosts.length > 1 ? hostPrefixes(hosts) : () => '';
  let printed = Promise.resolve();
  return (host, line) => {
    const text = Buffer.from(`${prefixOf(host)}${line}\n`);
    return (printed = printed.then(() => shell.pass(text, 'stdout')));
  };
};

class KeptAnswer {
  readonly #host: string;
  readonly #lines: string[] = [];
  #length = 0;
  #isCut = false;

  constructor(host: string) {
    this.#host = host;
  }

  add(line: string): void {
    this.#isCut ||= this.#length + line.length > answerMax;
    if (this.#isCut) return;
    this.#length += line.length;
    this.#lines.push(line);
  }

  get all(): Answer {
    return { host: this.#host, lines: this.#lines, cut: this.#isCut };
  }
}
