/** `halctl run`: a command as a process of the cluster, for as long as it runs. */

import { execFile } from 'node:child_process';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { gather, withExamples, withWork } from '../command.ts';
import { CommandEnding, Failure } from '../exit-codes.ts';
import { printable } from '../output/text.ts';
import { readOverrides } from '../overrides.ts';
import { resolveSession, sayBusy } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import type { Shell } from '../shell.ts';
import { version } from '../version.ts';

interface RunFlags extends GlobalFlags {
  readonly role: string;
  readonly host?: string;
  readonly set?: readonly string[];
  readonly lease?: number;
}

const defaultLease = '30s';
/** Bounds of a lease, which the station has too, seconds. */
const [leaseMin, leaseMax] = [5, 86_400];

export const runCommand = (program: Command, shell: Shell): void => {
  const run = async (flags: RunFlags, command: readonly string[]): Promise<void> => {
    const { role, lease = secondsOf(defaultLease) } = flags;
    const overrides = readOverrides([role], flags.set ?? []).get(role) ?? {};
    const host = flags.host ?? (await ownName());
    const { station, token, ca } = await resolveSession(flags, shell.env);
    const { Child } = await import('../child.ts');
    const { runEphemeral, UnsuitableRoleError } = await import('../../client/ephemeral.ts');
    const warn = (message: string): void => shell.say(`halctl: ${printable(message)}\n`);
    const child = new Child();
    try {
      await runEphemeral(
        {
          station,
          token,
          ca,
          userAgent: `halctl/${version()}`,
          host,
          role,
          overrides,
          leaseSeconds: lease,
          warn,
          onBusy: sayBusy(shell),
        },
        ({ fid, environment }) =>
          child.run(command, { ...shell.env, ...environment, HALCYON_PROCESS_FID: fid }),
      );
    } catch (error) {
      if (error instanceof CommandEnding && error.isToSay) warn(error.message);
      if (error instanceof UnsuitableRoleError)
        throw new Failure(
          'rejected',
          error.message,
          'halctl run needs a role that gives one independent process; nothing was kept of what was added.',
        );
      if (error instanceof TypeError) throw new Failure('usage', error.message);
      throw error;
    } finally {
      child.release();
    }
  };
  const description =
    'run a command as an independent process: with its configuration in the environment, and removed when it ends';
  withExamples(
    withWork(
      program
        .command('run')
        .description(description)
        .argument('<command...>', 'the command, after --')
        .requiredOption('--role <role>', 'a role that gives one independent process')
        .option('--host <host>', "the host; otherwise this one, as 'hostname -f' says it")
        .option('--set <key=value>', "an override of the role's variables; repeatable", gather)
        .option(
          '--lease <time>',
          `how long the station may hear nothing from halctl before it removes the process, 5s to 24h (default: ${defaultLease})`,
          secondsOf,
        ),
      run,
    ),
    'halctl run --role clovis-app -- ./app --verbose',
    "halctl run --role clovis-app --host n0001.example --set label=night -- sh -c 'echo $MERO_PROCESS_FID'",
    'halctl run --role clovis-app --lease 5m -- ./long-job',
  );
};

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** `30s`, `5m`, `1h`; a number alone is seconds. */
const secondsOf = (text: string): number => {
  const [, count = '', unit = ''] = /^(\d{1,6})([smh]?)$/.exec(text) ?? [];
  const seconds = Number(count) * (unitSeconds[unit === '' ? 's' : unit] ?? NaN);
  if (count === '' || seconds < leaseMin || seconds > leaseMax)
    throw new InvalidArgumentError('It must be a time from 5s to 24h, such as 30s or 5m.');
  return seconds;
};

/** The name under which this host's agent reports. */
const ownName = async (): Promise<string> => {
  try {
    const { stdout } = await promisify(execFile)('hostname', ['-f'], { timeout: 5000 });
    return stdout.trim().toLowerCase();
  } catch {
    return hostname().toLowerCase();
  }
};
