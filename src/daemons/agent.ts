/** The command `halcyon agent`. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { Agent, defaultTiming } from '../agent/agent.ts';
import { DescriptorWatch } from '../agent/descriptors.ts';
import { agentVersion, factGatherer } from '../agent/facts.ts';
import { agentId, canonicalFqdn } from '../agent/identity.ts';
import { holdName, holdState, meetingPlace, TakenError } from '../agent/only-one.ts';
import type { AgentName } from '../agent/only-one.ts';
import {
  isExposed,
  parseAddress,
  parseFqdn,
  parseLnid,
  parseStations,
  refuseSecretIn,
} from '../agent/options.ts';
import { hostGoesDown, isHostGoingDown } from '../agent/shutdown.ts';
import { Supervision } from '../agent/supervision/supervision.ts';
import { tokenSource } from '../agent/token.ts';
import { descriptorsGiven } from '../client/started-with.ts';
import { HeardTerms } from '../disk/heard-terms.ts';
import type { Held } from '../disk/held.ts';

export interface AgentCommandOptions {
  readonly station: readonly URL[];
  readonly tokenFile?: string;
  readonly stateDir: string;
  readonly sysconfigDir: string;
  readonly fqdn?: string;
  readonly address?: string;
  readonly lnid?: string;
  readonly ca?: string;
  readonly logLevel: string;
}

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

const examples = `
The token comes from --token-file, which is read again before every attempt to connect, or from the
variable HALCYON_TOKEN. It is of the role "agent" and best bound to this host.

Examples:
  halcyon agent --station https://station:7400 --token-file /etc/halcyon/agent.token
  halcyon agent --station https://s1:7400,https://s2:7400 --ca /etc/halcyon/ca.pem \\
      --token-file /etc/halcyon/agent.token --fqdn n0001.savio3 --address 10.0.0.1`;

/** Adds `agent` to the commands of `halcyon`. */
export function registerAgent(program: Command): void {
  program
    .command('agent')
    .description('run on a host: report what it is like, and that it is alive')
    .addOption(
      new Option('--station <url[,url...]>', 'stations, in the order of preference')
        .env('HALCYON_STATION')
        .argParser(parseStations)
        .makeOptionMandatory(),
    )
    .option(
      '--token-file <file>',
      'file that holds the token; otherwise HALCYON_TOKEN is the token',
    )
    .option(
      '--state-dir <dir>',
      'where the agent keeps its id and what it has to remember',
      '/var/lib/halcyon-agent',
    )
    .option(
      '--sysconfig-dir <dir>',
      'where the environment files of its processes are',
      '/etc/sysconfig',
    )
    .option('--fqdn <name>', 'name of this host; otherwise what "hostname -f" says', parseFqdn)
    .option(
      '--address <ip>',
      'address of this host for others; otherwise that of its way to the station or, where that is a ' +
        'loopback, of its default route',
      parseAddress,
    )
    .option(
      '--lnid <nid>',
      'LNet network id; otherwise what LNet says, or <address>@tcp with an IPv4 address',
      parseLnid,
    )
    .addOption(
      new Option('--ca <file>', "PEM certificates to trust instead of the system's").env(
        'HALCYON_CA',
      ),
    )
    .addOption(
      new Option('--log-level <level>', 'least level to log').choices(levels).default('info'),
    )
    .addHelpText('after', examples)
    .action(async (options: AgentCommandOptions, command: Command) => {
      const stop = new AbortController();
      const end = async (): Promise<void> =>
        stop.abort((await isHostGoingDown()) ? hostGoesDown : undefined);
      for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => void end());
      process.once('SIGPWR', () => stop.abort(hostGoesDown));
      const { agent, supervision, letGo } = await prepare(options).catch((error: unknown) =>
        command.error(`halcyon agent: ${(error as Error).message}`),
      );
      await agent.run(stop.signal);
      await supervision.close();
      letGo();
    });
}

/**
 * Makes the agent, with everything that can be wrong found out before it runs.
 *
 * @throws Error that says what to change
 */
async function prepare(
  options: AgentCommandOptions,
): Promise<{ agent: Agent; supervision: Supervision; letGo: () => void }> {
  options.station.forEach(refuseSecretIn);
  const token = tokenSource(options.tokenFile, process.env);
  const ca = options.ca === undefined ? undefined : readFileSync(options.ca, 'utf8');
  const narrowed: { file: string; mode: string }[] = [];
  const state = holdState(options.stateDir, (file, mode) => narrowed.push({ file, mode }));
  const id = agentId(options.stateDir);
  const terms = new HeardTerms(join(options.stateDir, 'terms'));
  const fqdn = options.fqdn ?? (await canonicalFqdn());
  const log = pino({
    level: options.logLevel,
    base: { fqdn, agent: id },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
  for (const url of options.station.filter(isExposed))
    log.warn({ station: url.href }, 'the token travels unencrypted to this station; use https');
  log.info(
    { version: agentVersion, stations: options.station.map(({ href }) => href) },
    'starting',
  );
  for (const one of narrowed) log.warn(one, 'others could use it; now nobody else can');
  const names = nameOf({ fqdn, stations: options.station, address: options.address }, log);
  const supervision = new Supervision({
    stateDir: options.stateDir,
    sysconfigDir: options.sysconfigDir,
    descriptors: descriptorsGiven(process.env),
    logger: log,
    onObservation: (observation) => agent.observed(observation),
  });
  const agent: Agent = new Agent({
    stations: options.station,
    token,
    ca,
    fqdn,
    facts: factGatherer({ agent: id, address: options.address, lnid: options.lnid }, (message) =>
      log.warn(message),
    ),
    log,
    timing: defaultTiming,
    random: Math.random,
    supervisor: supervision,
    terms,
  });
  // It tells the agent what it finds.
  supervision.recover();
  const descriptors = new DescriptorWatch(log);
  const letGo = (): void => {
    descriptors.close();
    for (const name of names) name.remove();
    state.release();
  };
  return { agent, supervision, letGo };
}

/** The name is the station's to give in the end, so that not to know is no reason not to run. */
function nameOf(name: AgentName, log: Logger): Held[] {
  try {
    return holdName(name, meetingPlace(process.env));
  } catch (error) {
    if (error instanceof TakenError) throw error;
    log.warn({ err: error }, 'cannot see whether another agent of this name runs on this machine');
    return [];
  }
}
