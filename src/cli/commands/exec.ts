/** `halctl exec`: a command on many machines by ssh, from where it is typed. It asks no station. */

import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { gatheredLines, gatherOutputs } from '../../nodeset/nodeset.ts';
import { withExamples, withJson, withWork } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { duration } from '../duration.ts';
import { Failure, Interrupted } from '../exit-codes.ts';
import type { LiveLines } from '../exec/live-lines.ts';
import type { Outcome } from '../exec/outcome.ts';
import type { ReachFlags } from '../exec/reach.ts';
import { namesOfNodesets } from '../nodesets.ts';
import { counted, formatJson, printableLines } from '../output/text.ts';
import { readInputBytes } from '../prompt.ts';
import type { GlobalFlags } from '../session.ts';
import { printLines } from '../shell.ts';
import type { Shell } from '../shell.ts';

interface ExecFlags extends GlobalFlags, JsonFlag, ReachFlags {
  readonly gather?: true;
  readonly label?: true;
  readonly maxParallel: number;
  /** Seconds. */
  readonly timeout: number;
  readonly stdin?: true;
}

const parallelMax = 1024;
/** Given to each machine, bytes. */
const inputMax = 16 * 1024 * 1024;
/** Kept of all outputs, and at least and at most of one, bytes. */
const [keptInAll, keptLeast, keptMost] = [256 * 1024 * 1024, 16 * 1024, 1024 * 1024];
/** For what was interrupted to be ended on the machines, ms: halctl is given 500. */
const partingMs = 350;

const parallelOf = (text: string): number => {
  const value = Number(text);
  if (/^\d{1,4}$/.test(text) && value >= 1 && value <= parallelMax) return value;
  throw new InvalidArgumentError(`It must be a number from 1 to ${parallelMax}.`);
};

export const execCommand = (program: Command, shell: Shell): void => {
  const run = async (
    flags: ExecFlags,
    nodeset: string,
    words: readonly string[],
  ): Promise<void> => {
    const hosts = [...(await namesOfNodesets(shell, flags, [nodeset]))];
    if (hosts.length === 0) throw new Failure('usage', `${nodeset} names no machine`);
    await execOn(shell, flags, hosts, words.join(' '));
  };
  const command = withJson(
    program
      .command('exec')
      .description('run a command on many machines by ssh, and put together what they said')
      .argument('<nodeset>', "machines: n0001.example, or 'n[0001-0100].savio3'")
      .argument('<command...>', 'the command, after --; /bin/sh reads it')
      .addOption(
        new Option(
          '-b, --gather',
          'at the end, machines together that said the same; so it is where the output is no terminal',
        ).conflicts('label'),
      )
      .option('-L, --label', 'each line as it comes, with its machine; so it is on a terminal')
      .option('--max-parallel <n>', `machines at a time, 1 to ${parallelMax}`, parallelOf, 64)
      .addOption(
        new Option('--timeout <time>', 'when the command is ended')
          .argParser(duration)
          .default(600, '10m'),
      )
      .addOption(
        new Option('--connect-timeout <time>', 'for connecting, and again for logging in')
          .argParser(duration)
          .default(10, '10s'),
      )
      .option('--user <name>', 'the account, instead of the one of the settings')
      .option('--ssh-settings <file>', 'settings of ssh; see docs/exec.md')
      .option('--stdin', 'give standard input to the command on each machine'),
  );
  withExamples(
    withWork(command, run),
    "halctl exec 'n[0001-0100].savio3' -- uname -r",
    "halctl exec 'n[1-4]' --user root --timeout 30s -- 'df -h /tmp | tail -1'",
    "halctl exec 'n[1-4]' --json -- systemctl is-active slurmd",
    "halctl exec 'n[1-4]' --stdin -- tee /etc/motd <motd",
  );
};

const execOn = async (
  shell: Shell,
  flags: ExecFlags,
  hosts: readonly string[],
  command: string,
): Promise<void> => {
  const [{ reachFor }, { runOnAll }, { LiveLines: Lines }] = await Promise.all([
    import('../exec/reach.ts'),
    import('../exec/run.ts'),
    import('../exec/live-lines.ts'),
  ]);
  const isLive =
    !flags.json && !flags.gather && (flags.label === true || shell.width !== undefined);
  const input = flags.stdin ? await readInputBytes(shell, inputMax) : undefined;
  const reach = reachFor(shell, flags, flags.maxParallel);
  const lines: LiveLines | undefined = isLive ? new Lines(shell, hosts) : undefined;
  const kept = Math.floor(keptInAll / (2 * hosts.length));
  try {
    const outcomes = await runOnAll(shell, reach, {
      ...{ hosts, command, input, parallel: flags.maxParallel },
      timeoutMs: flags.timeout * 1000,
      keptBytes: isLive ? 0 : Math.min(Math.max(kept, keptLeast), keptMost),
      ...(lines && {
        onOutput: (host, from, piece) => lines.take(host, from, piece),
        onEnd: (host) => lines.end(host),
      }),
      // It would stand among the lines.
      showsProgress: shell.progress && !isLive,
    });
    await tell(shell, flags, outcomes, isLive);
    if (shell.signal.aborted) {
      shell.say(`Interrupted after ${outcomes.length} of ${counted(hosts.length, 'machine')}.\n`);
      await new Promise((resolve) => setTimeout(resolve, partingMs));
      throw new Interrupted();
    }
  } finally {
    reach.connections.close();
  }
};

/** @throws {Failure} `failed`: some did */
const tell = async (
  shell: Shell,
  flags: ExecFlags,
  outcomes: readonly Outcome[],
  isLive: boolean,
): Promise<void> => {
  const { failureLines, isOk, jsonOf } = await import('../exec/outcome.ts');
  const failed = outcomes.filter((outcome) => !isOk(outcome)).length;
  if (flags.json) shell.print(formatJson({ results: outcomes.map(jsonOf) }));
  else {
    if (!isLive) tellGathered(shell, outcomes);
    for (const line of failureLines(outcomes)) shell.say(`halctl: ${line}\n`);
  }
  if (failed > 0 && !shell.signal.aborted)
    throw new Failure('failed', `${failed} of ${counted(outcomes.length, 'machine')} failed`);
};

/** Outputs as `clubak -b` has them; what was said about errors after them, where errors go. */
const tellGathered = (shell: Shell, outcomes: readonly Outcome[]): void => {
  const of = (from: 'stdout' | 'stderr'): readonly string[] => {
    const outputs = outcomes.flatMap((outcome): readonly (readonly [string, string])[] => {
      if (outcome.kind !== 'ran') return [];
      const { isCut, [from]: said } = outcome.result;
      const text = printableLines(said.toString('utf8').replaceAll('\r\n', '\n'));
      const more = isCut && from === 'stdout' ? '[there was more]\n' : '';
      return text === '' ? [] : [[outcome.host, `${text}${more}`.replace(/\n$/, '')]];
    });
    return gatheredLines(gatherOutputs(outputs));
  };
  printLines(shell, of('stdout'));
  for (const line of of('stderr')) shell.say(`${line}\n`);
};
