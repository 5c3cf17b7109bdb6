/** PostgreSQL of a trial cluster: three servers under Patroni, which keeps in etcd who of them is the primary. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { TrialError, untilTrue, familyOf, signal } from './daemons.ts';
import { etcdName, serverNames } from './place.ts';
import type { Place } from './place.ts';

const loopback = '127.0.0.1';

/** How long a server may take until it is there, s: it is made by initdb or copied from another. */
const patience = 180;

/** What all servers go by; `packaging/patroni/patroni.yml` says the same, with why. */
export const settings = {
  ttl: 20,
  loop_wait: 5,
  retry_timeout: 5,
  synchronous_mode: true,
  synchronous_mode_strict: true,
  failsafe_mode: true,
  maximum_lag_on_failover: 1_048_576,
  postgresql: {
    use_pg_rewind: true,
    use_slots: true,
    parameters: {
      synchronous_commit: 'on',
      wal_log_hints: 'on',
      max_connections: 60,
      tcp_keepalives_idle: 10,
      tcp_keepalives_interval: 5,
      tcp_keepalives_count: 3,
    },
  },
};

/** How a database is made. */
export const initdb = [
  { encoding: 'UTF8' },
  { locale: 'C' },
  { auth: 'scram-sha-256' },
  'data-checksums',
];

const programs = (place: Place): NodeJS.ProcessEnv => ({
  PATH: `${place.postgresPrograms}:/usr/bin:/bin:/usr/sbin:/sbin`,
  LC_ALL: 'C.UTF-8',
});

const configurationOf = (place: Place, name: string): string => {
  const port = place.portOf(name);
  const rest = `${loopback}:${place.patroniPort(name)}`;
  const { postgres, replicator } = place.passwords;
  return stringify({
    scope: 'halcyon',
    name,
    restapi: { listen: rest, connect_address: rest },
    etcd3: { host: `${loopback}:${place.portOf(etcdName)}` },
    bootstrap: { dcs: settings, initdb },
    postgresql: {
      listen: `${loopback}:${port}`,
      connect_address: `${loopback}:${port}`,
      data_dir: place.path(name, 'data'),
      bin_dir: place.postgresPrograms,
      pgpass: place.path(name, 'pgpass'),
      authentication: {
        superuser: { username: 'postgres', password: postgres },
        replication: { username: 'replicator', password: replicator },
      },
      parameters: {
        unix_socket_directories: place.path(name),
        password_encryption: 'scram-sha-256',
      },
      pg_hba: [
        `host all all ${loopback}/32 scram-sha-256`,
        `host replication replicator ${loopback}/32 scram-sha-256`,
      ],
    },
    watchdog: { mode: 'off' },
  });
};

export const startEtcd = (place: Place): void => {
  const url = (port: number): string => `http://${loopback}:${port}`;
  const [clients, peers] = [url(place.portOf(etcdName)), url(place.etcdPeerPort)];
  place.daemons.start(etcdName, {
    command: [
      ...([
        'etcd',
        '--name',
        'e',
        '--data-dir',
        join(place.folderOfServer(etcdName), 'data'),
      ] as const),
      ...['--listen-client-urls', clients, '--advertise-client-urls', clients],
      ...['--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers],
      ...['--initial-cluster', `e=${peers}`, '--logger', 'zap'],
    ],
    environment: programs(place),
    as: place.serverUser,
  });
};

export const startServer = (place: Place, name: string): void => {
  place.folderOfServer(name);
  const file = place.write(`${name}.yml`, configurationOf(place, name), place.serverUser);
  place.daemons.start(name, {
    command: ['patroni', file],
    environment: programs(place),
    as: place.serverUser,
  });
};

/** A server as Patroni tells of it. */
export interface Member {
  readonly name: string;
  /** `leader`, `sync_standby`, `replica`. */
  readonly role: string;
  /** `running`, `streaming`, `starting`, … */
  readonly state: string;
  readonly lag?: number | string;
}

/** What the first Patroni that answers knows; none where none does. */
export const members = async (place: Place): Promise<readonly Member[]> => {
  for (const name of serverNames) {
    try {
      const answer = await fetch(`http://${loopback}:${place.patroniPort(name)}/cluster`, {
        signal: AbortSignal.timeout(3_000),
      });
      return ((await answer.json()) as { members: Member[] }).members;
    } catch {
      // The next one may know.
    }
  }
  return [];
};

const isUp = ({ state }: Member): boolean => ['running', 'streaming'].includes(state);

/** Whether a commit can be made durable on two of them. */
const isReady = (all: readonly Member[]): boolean =>
  all.length === serverNames.length &&
  all.every(isUp) &&
  all.some(({ role }) => role === 'leader') &&
  all.some(({ role }) => role === 'sync_standby');

/** @throws {TrialError} one of them did not come */
export const startPostgres = async (place: Place, say: (line: string) => void): Promise<void> => {
  say('etcd, which knows who of the servers is the primary');
  startEtcd(place);
  const health = `http://${loopback}:${place.portOf(etcdName)}/health`;
  await untilTrue(30, `etcd does not answer; see ${place.daemons.logOf(etcdName)}`, async () =>
    fetch(health, { signal: AbortSignal.timeout(2_000) }).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  say(`three PostgreSQL servers under Patroni: ${serverNames.join(', ')}`);
  for (const name of serverNames) startServer(place, name);
  await waitForServers(place);
};

export const waitForServers = async (place: Place): Promise<void> => {
  const logs = serverNames.map((name) => place.daemons.logOf(name)).join(' ');
  await untilTrue(patience, `PostgreSQL is not ready; see ${logs}`, async () => {
    const dead = serverNames.find((name) => place.daemons.pid(name) === undefined);
    if (dead !== undefined)
      throw new TrialError(`Patroni of ${dead} has ended; see ${place.daemons.logOf(dead)}`);
    return isReady(await members(place));
  });
};

/** PostgreSQL's first process of a server; it is in a session of its own, and outlives a Patroni that is killed. */
const postmasterOf = (place: Place, name: string): number | undefined => {
  const file = place.path(name, 'data', 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words.includes(place.path(name, 'data')) ? pid : undefined;
  } catch {
    return undefined;
  }
};

/** Ends a server as a power cut of its machine does: Patroni, PostgreSQL, and all that serve its connections. */
export const killServer = (place: Place, name: string): void => {
  const family = familyOfServer(place, name);
  if (family.length === 0) throw new TrialError(`${name} does not run`);
  for (const pid of family) signal(pid, 'SIGKILL');
};

/** Patroni, PostgreSQL, and all that serve its connections. */
export const familyOfServer = (place: Place, name: string): number[] => {
  const first = [place.daemons.pid(name), postmasterOf(place, name)];
  return [...new Set(first.flatMap((pid) => (pid === undefined ? [] : familyOf(pid))))];
};

/** Ends all servers, and what keeps who of them is the primary. */
export const stopPostgres = async (place: Place): Promise<void> => {
  await Promise.all(serverNames.map((name) => place.daemons.stop(name, 30)));
  for (const name of serverNames) {
    const left = postmasterOf(place, name);
    if (left !== undefined) for (const pid of familyOf(left)) signal(pid, 'SIGKILL');
  }
  await place.daemons.stop(etcdName, 10);
};
