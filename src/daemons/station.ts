/** `halcyon station`: opens the data directory, serves the API, and closes both in order. */

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { pino } from 'pino';
import { connectionLimits } from '../api/connections.ts';
import { checkFileBytesMax, readCheckFile } from '../checks/settings/read.ts';
import type { CheckSettings } from '../checks/settings/settings.ts';
import { groupFileBytesMax, readGroupFile } from '../checks/groups/settings.ts';
import type { GroupSettings } from '../checks/groups/settings.ts';
import { readRegularSync } from '../disk/regular-file.ts';
import { rulesFileMax, rulesOf } from '../checks/suggestions/rules-file.ts';
import type { Rules } from '../checks/suggestions/rules.ts';
import { LogUrlError } from '../log/log.ts';
import { isLease, leaseLimits, usualLease } from '../station/leadership/lease-times.ts';
import { RunningStation } from './running-station.ts';
import { addServingFlags, servingOf, shownUrl } from './serving.ts';
import type { Serving, ServingFlags } from './serving.ts';

interface StationFlags extends ServingFlags {
  readonly data: string;
  readonly log?: string;
  readonly name?: string;
  readonly url?: string;
  readonly lease?: number;
  readonly verify?: true;
  readonly newAdminToken?: true;
  readonly obmdCa?: string;
  readonly stationsCa?: string;
  readonly policy?: string;
  readonly checks?: string;
  readonly suggestions?: string;
  readonly groups?: string;
  readonly unprovenPerAddress: number;
  readonly logLevel: string;
}

export const registerStation = (program: Command): void => {
  const command = program
    .command('station')
    .description('run a tracking station: the log, the engine and the API')
    .option('--data <dir>', 'data directory', '/var/lib/halcyon')
    .option(
      '--log <url>',
      'the log, such as sqlite:DIRECTORY; otherwise that of the data directory',
    );
  addServingFlags(command, '127.0.0.1:7400')
    .option('--name <name>', 'its name among several stations; otherwise that of the host')
    .option('--url <url>', 'where the other stations find it; otherwise where it listens')
    .option(
      '--lease <seconds>',
      `how long another one waits for it before it leads: ${least} to ${most}; otherwise ${usualLease}`,
      leaseSeconds,
    )
    .option('--verify', 'check the whole log before it opens, not only its end')
    .option('--new-admin-token', 'print another token of an administrator, where all are lost')
    .option('--obmd-ca <file>', "PEM certificates to believe OBM daemons by, besides the system's")
    .option(
      '--stations-ca <file>',
      "PEM certificates to believe other stations by, besides the system's",
    )
    .option('--checks <file>', 'what is checked of machines, as YAML; otherwise nothing is sent')
    .option('--suggestions <file>', 'rules in YAML by which something is suggested about machines')
    .option('--policy <file>', 'rules about who may do what; read again on SIGHUP')
    .option(
      '--unproven-per-address <n>',
      'connections without a valid token that one other address may have; more for a proxy',
      wholeNumber,
      connectionLimits.strangersOfAddress,
    )
    .option('--groups <file>', 'YAML that says where groups of machines come from')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent', 'info')
    .addHelpText(
      'after',
      `
The first start prints a token of an administrator, once. Logs go to stderr as JSON lines.

Examples:
  halcyon station --data ./data
  halcyon station --listen 0.0.0.0:7400 --tls-cert station.pem --tls-key station.key`,
    )
    .action(async (flags: StationFlags, command: Command) => {
      try {
        await runStation(flags);
      } catch (error) {
        const message = `halcyon station: ${(error as Error).message}`;
        const isUsage = error instanceof LogUrlError;
        command.error(message, isUsage ? { exitCode: 2, code: 'usage' } : { exitCode: 1 });
      }
    });
};

const { least, most } = leaseLimits;

const leaseSeconds = (text: string): number => {
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  if (isLease(seconds)) return seconds;
  throw new InvalidArgumentError(`Give whole seconds from ${least} to ${most}.`);
};

const wholeNumber = (text: string): number => {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number from 1 on.');
};

/** @throws Error the file holds no certificate */
const authoritiesIn = (file: string): string => {
  const text = readFileSync(file, 'utf8');
  if (/-----BEGIN CERTIFICATE-----/.test(text)) return text;
  throw new Error(`${file} holds no certificate; it must be PEM`);
};

/** @throws {CheckFileError} something in it is wrong */
const checksIn = async (file: string): Promise<CheckSettings> => {
  const text = readRegularSync(file, checkFileBytesMax).toString('utf8');
  const settings = readCheckFile({ name: file, text });
  // What is wrong with it is said now, and not by a process that does not start.
  if (settings.sshFile !== null) await mustBeSshSettings(settings.sshFile);
  return settings;
};

/** All of ssh is loaded for it, and for nothing else in this process. */
const mustBeSshSettings = async (file: string): Promise<void> => {
  const { readSshSettings } = await import('../checks/ssh/settings.ts');
  const { ownSshDefaults } = await import('../checks/sweep/sweeper.ts');
  readSshSettings(file, ownSshDefaults());
};

/** @throws Error something in it is wrong */
const rulesIn = (file: string): Rules =>
  rulesOf({ name: file, text: readRegularSync(file, rulesFileMax).toString('utf8') });
/** @throws Error the file is not as it must be: with its lines */
const groupsIn = (file: string): GroupSettings => {
  const text = readRegularSync(file, groupFileBytesMax).toString('utf8');
  return readGroupFile({ name: file, text });
};

const runStation = async (flags: StationFlags): Promise<void> => {
  const serving = servingOf(flags);
  const logger = pino(
    { level: flags.logLevel, base: { station: process.pid } },
    pino.destination(2),
  );
  const { obmdCa, stationsCa, groups, checks } = flags;
  const running = new RunningStation({
    serving,
    logger,
    station: {
      directory: flags.data,
      log: flags.log,
      logger,
      verify: flags.verify ? 'full' : 'tail',
      groups: groups === undefined ? undefined : groupsIn(groups),
      obmdCa: obmdCa === undefined ? undefined : authoritiesIn(obmdCa),
      policy: flags.policy === undefined ? undefined : resolve(flags.policy),
      checks: checks === undefined ? undefined : await checksIn(checks),
      lease: flags.lease,
      rules: flags.suggestions === undefined ? undefined : rulesIn(flags.suggestions),
      ...namedBy(flags, serving),
    },
    server: {
      connections: { limits: { strangersOfAddress: flags.unprovenPerAddress } },
      stationsCa: stationsCa === undefined ? undefined : authoritiesIn(stationsCa),
    },
    withNewAdminToken: flags.newAdminToken === true,
  });
  await running.start();
};

/** Logs that several stations may have; of another one it is said elsewhere what is wrong with it. */
const ofSeveral = /^(postgres|postgresql|kurrentdb|esdb)(\+discover)?:/;

/** One that has its log to itself needs no name, and is given none unless that is asked for. */
const namedBy = (
  { log = '', ...flags }: StationFlags,
  serving: Serving,
): { readonly name?: string | undefined; readonly url?: string | undefined } => {
  const url = flags.url?.replace(/\/+$/, '');
  // Others would show it tokens in the clear, and never learn what became of a command.
  if (serving.tls && url?.startsWith('http:'))
    throw new Error(`--url ${url} is for one without --tls-cert: give --url https://…`);
  if (!ofSeveral.test(log)) return { name: flags.name, url };
  const found = serving.port === 0 ? undefined : shownUrl(serving);
  return { name: flags.name ?? hostname(), url: url ?? found };
};
