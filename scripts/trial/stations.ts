/** The stations of a trial cluster and its agents, as a site would start them. */

import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, globSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { TrialError, untilTrue, signal } from './daemons.ts';
import { agentNames, serverNames, stationNames } from './place.ts';
import type { Place } from './place.ts';

const root = join(import.meta.dirname, '..', '..');
const loopback = '127.0.0.1';

/** How long a station may take until it answers, s. */
const patience = 120;

export const urlOf = (place: Place, station: string): string =>
  `http://${loopback}:${place.portOf(station)}`;

/** For programs that take a list: agents and halctl. */
export const stationList = (place: Place): string =>
  stationNames.map((name) => urlOf(place, name)).join(',');

/** All three servers: which of them is the primary is found out at each connect. */
export const logUrl = (place: Place, user = 'halcyon'): string => {
  const hosts = serverNames.map((name) => `${loopback}:${place.portOf(name)}`).join(',');
  return `postgres://${user}@${hosts}/halcyon`;
};

/** What the daemons of Halcyon get: nothing of Halcyon's and PostgreSQL's own that the user has set. */
const environment = (place: Place): NodeJS.ProcessEnv => {
  const own = Object.entries(process.env).filter(([name]) => !/^(HALCYON_|PG)/.test(name));
  return { ...Object.fromEntries(own), PGPASSFILE: place.path('pgpass') };
};

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `halcyon` or `halctl` to its end. @throws {TrialError} it failed; what it said is in the message */
export const run = async (
  place: Place,
  program: 'halcyon' | 'halctl',
  args: readonly string[],
  more: NodeJS.ProcessEnv = {},
): Promise<Ran> => {
  const script = join(root, 'scripts', program);
  try {
    return await promisify(execFile)(script, args, {
      env: { ...environment(place), ...more },
      timeout: patience * 1000,
      maxBuffer: 1 << 24,
    });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new TrialError(`${program} ${args.join(' ')}: ${stderr?.trim() || message}`);
  }
};

/** As the administrator, at whichever station answers. */
export const halctl = async (place: Place, ...args: readonly string[]): Promise<string> => {
  const to = { HALCYON_STATION: stationList(place), HALCYON_TOKEN_FILE: tokenFile(place) };
  return (await run(place, 'halctl', args, to)).stdout;
};

export const tokenFile = (place: Place): string => place.path('admin.token');

export const startStation = (place: Place, name: string): void => {
  const data = place.path(name);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const url = urlOf(place, name);
  const script = join(root, 'scripts', 'halcyon');
  place.daemons.start(name, {
    command: [
      ...([script, 'station', '--data', data, '--listen', new URL(url).host] as const),
      ...['--log', logUrl(place), '--name', name, '--url', url],
    ],
    environment: environment(place),
  });
};

/** Waits until it serves, as a leader or as one that follows. */
export const waitForStation = (place: Place, name: string): Promise<void> =>
  untilTrue(
    patience,
    `station ${name} does not answer; see ${place.daemons.logOf(name)}`,
    async () => {
      if (place.daemons.pid(name) === undefined)
        throw new TrialError(`station ${name} has ended; see ${place.daemons.logOf(name)}`);
      return fetch(`${urlOf(place, name)}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
        ({ ok }) => ok,
        () => false,
      );
    },
  );

/** The stations, of which the first one makes the key and is known by itself. */
export const startStations = async (place: Place): Promise<void> => {
  const [first, ...others] = stationNames;
  startStation(place, first);
  await waitForStation(place, first);
  if (!existsSync(tokenFile(place))) {
    // It is shown once this station leads.
    let token: string | undefined;
    const log = place.daemons.logOf(first);
    await untilTrue(patience, `no token of an administrator in ${log}`, () => {
      token = /^bootstrap admin token: (\S+)$/m.exec(readFileSync(log, 'utf8'))?.[1];
      return token !== undefined;
    });
    place.write(basename(tokenFile(place)), `${token}\n`);
    for (const name of others)
      await halctl(place, 'system', 'station', 'add', name, '--url', urlOf(place, name));
  }
  for (const name of others) {
    mkdirSync(place.path(name), { recursive: true, mode: 0o700 });
    copyFileSync(place.path(first, 'station.key'), place.path(name, 'station.key'));
    startStation(place, name);
  }
  await Promise.all(others.map((name) => waitForStation(place, name)));
};

const hostOf = (agent: string): string =>
  `node${agentNames.findIndex((name) => name === agent) + 1}.halcyon.example`;

export const startAgent = async (place: Place, name: string): Promise<void> => {
  const state = place.path(name);
  const number = agentNames.findIndex((one) => one === name) + 1;
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const token = join(state, 'token');
  if (!existsSync(token))
    await halctl(
      place,
      'auth',
      'token',
      'create',
      `agent of ${hostOf(name)}`,
      '--role',
      'agent',
      '--host',
      hostOf(name),
      '-o',
      token,
    );
  place.daemons.start(name, {
    command: [
      ...([join(root, 'scripts', 'halcyon'), 'agent', '--station', stationList(place)] as const),
      ...['--token-file', token, '--state-dir', state, '--sysconfig-dir', join(state, 'sysconfig')],
      ...['--fqdn', hostOf(name), '--address', `127.0.0.1${number}`],
    ],
    environment: environment(place),
  });
};

/** What agents have started outlives them: it is told by the names of its runs. */
export const endProcesses = (place: Place): void => {
  const nonces = agentNames.flatMap((name) =>
    globSync(place.path(name, 'runs', '*')).flatMap((file) => {
      const nonce = /"nonce": *"([^"]+)"/.exec(readFileSync(file, 'utf8'))?.[1];
      return nonce === undefined ? [] : [nonce];
    }),
  );
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    let variables: string;
    try {
      variables = readFileSync(`/proc/${pid}/environ`, 'latin1');
    } catch {
      continue; // Gone, or somebody else's.
    }
    const nonce = /(?:^|\0)HALCYON_RUN=[^\0]*:([^:\0]+)(?:\0|$)/.exec(variables)?.[1];
    if (nonce !== undefined && nonces.includes(nonce)) signal(Number(pid), 'SIGKILL');
  }
};
