/** What `scripts/cluster` does: up, status, kill, freeze, thaw, start, down. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TrialError, familyOf, signal, untilTrue } from './daemons.ts';
import {
  familyOfServer,
  killServer,
  members,
  startEtcd,
  startPostgres,
  startServer,
  stopPostgres,
} from './patroni.ts';
import { makeDatabase } from './database.ts';
import { agentNames, etcdName, serverNames, stationNames } from './place.ts';
import type { Place } from './place.ts';
import {
  endProcesses,
  halctl,
  logUrl,
  startAgent,
  startStation,
  startStations,
  stationList,
  tokenFile,
  urlOf,
  waitForStation,
} from './stations.ts';

export type Say = (line: string) => void;

const root = join(import.meta.dirname, '..', '..');

const isOneOf = (names: readonly string[], name: string): boolean => names.includes(name);

/** @throws {TrialError} something did not come; what runs goes on, and another try goes on from there */
export const up = async (place: Place, serversOnly: boolean, say: Say): Promise<void> => {
  const dir = place.isDefault ? '' : ` --dir ${place.folder}`;
  try {
    const began = performance.now();
    await place.checkPorts();
    await startPostgres(place, say);
    await makeDatabase(place);
    if (!serversOnly) await startHalcyon(place, say);
    say(`ready, after ${Math.round((performance.now() - began) / 1000)} s:`);
    say('');
    await status(place, say);
    say(serversOnly ? serversHint(place, dir) : hint(dir));
  } catch (error) {
    if (error instanceof TrialError)
      say(`What runs by now can be ended by: scripts/cluster down${dir}`);
    throw error;
  }
};

const startHalcyon = async (place: Place, say: Say): Promise<void> => {
  const isNew = !existsSync(tokenFile(place));
  say('three stations: a, b, c');
  await startStations(place);
  say('three agents: node1, node2 and node3.halcyon.example');
  if (isNew) {
    const files = ['-f', join(root, 'facts.example.yaml'), '-r', join(root, 'roles')];
    await halctl(place, 'cluster', 'load', ...files);
  }
  for (const name of agentNames) await startAgent(place, name);
};

const hint = (dir: string): string => `
To work with it:

  eval "$(scripts/cluster env${dir})"
  halctl cluster status
  scripts/cluster kill leader${dir}

To end it: scripts/cluster down${dir}`;

const serversHint = (place: Place, dir: string): string => `
The log is ${logUrl(place)}
with PGPASSFILE=${place.path('pgpass')}

To end it: scripts/cluster down${dir}`;

/** What a shell needs to reach it. */
export const env = (place: Place, say: Say): void => {
  say(`export HALCYON_STATION=${stationList(place)}`);
  say(`export HALCYON_TOKEN_FILE=${quoted(tokenFile(place))}`);
  say(`export PGPASSFILE=${quoted(place.path('pgpass'))}`);
  say(`export PATH=${quoted(join(root, 'scripts'))}:$PATH`);
  say('unset HALCYON_TOKEN');
};

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

interface Standing {
  readonly role: 'leading' | 'following';
  readonly term: number;
  readonly head: number;
  readonly leader: { readonly name: string } | null;
  readonly log_trouble: string | null;
}

/** What a station says of itself; undefined where it does not answer. */
const standingOf = async (place: Place, name: string): Promise<Standing | undefined> => {
  if (place.daemons.pid(name) === undefined || !existsSync(tokenFile(place))) return undefined;
  const token = readFileSync(tokenFile(place), 'utf8').trim();
  try {
    const answer = await fetch(`${urlOf(place, name)}/api/v1/station`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(10_000),
    });
    return answer.ok ? ((await answer.json()) as Standing) : undefined;
  } catch {
    return undefined;
  }
};

const inWords = ({ role, term, head, leader, log_trouble: trouble }: Standing): string => {
  const whom = leader === null ? 'nobody' : leader.name;
  const what = role === 'leading' ? `leads in term ${term}` : `follows ${whom}`;
  return `${what}, revision ${head}${trouble === null ? '' : `; ${trouble}`}`;
};

const lead = async (place: Place): Promise<string | undefined> => {
  const all = await Promise.all(
    stationNames.map(async (name) => ({ name, standing: await standingOf(place, name) })),
  );
  return all.find(({ standing }) => standing?.role === 'leading')?.name;
};

export const status = async (place: Place, say: Say): Promise<void> => {
  const { daemons } = place;
  const all = await members(place);
  const line = (name: string, at: string, what: string): void =>
    say(`  ${name.padEnd(8)}${at.padEnd(26)}${what}`);
  const runs = (name: string): string =>
    daemons.pid(name) === undefined ? 'does not run' : daemons.isStopped(name) ? 'frozen' : 'runs';
  const begun = new Set(daemons.names);
  for (const name of stationNames.filter((one) => begun.has(one))) {
    const standing = await standingOf(place, name);
    line(name, urlOf(place, name), standing ? inWords(standing) : runs(name));
  }
  for (const name of serverNames) {
    const member = all.find((one) => one.name === name);
    const known = member && runs(name) === 'runs' ? `${member.role}, ${member.state}` : runs(name);
    line(name, `127.0.0.1:${place.portOf(name)}`, known);
  }
  line(etcdName, `127.0.0.1:${place.portOf(etcdName)}`, runs(etcdName));
  for (const name of agentNames.filter((one) => begun.has(one))) line(name, '', runs(name));
};

/** For how long somebody who leads is looked for: about as long as a takeover takes, s. */
const leaderPatience = 60;

/** Who that is which `find` finds, as soon as there is one. */
const present = async (what: string, find: () => Promise<string | undefined>): Promise<string> => {
  let name: string | undefined;
  const late = `${what} now; look again: scripts/cluster status`;
  await untilTrue(leaderPatience, late, async () => (name = await find()) !== undefined);
  return name!;
};

/** @throws {TrialError} none leads, or there is none of that name */
const named = async (place: Place, name: string): Promise<string> => {
  if (name === 'primary')
    return present('no PostgreSQL server is the primary', async () => {
      const all = await members(place);
      return all.find(({ role }) => role === 'leader')?.name;
    });
  if (name === 'leader') return present('no station leads', () => lead(place));
  if (isOneOf([...stationNames, ...serverNames, ...agentNames, etcdName], name)) return name;
  throw new TrialError(`there is no ${name}; names are in: scripts/cluster --help`);
};

export const kill = async (place: Place, given: string, say: Say): Promise<void> => {
  const name = await named(place, given);
  if (isOneOf(serverNames, name)) killServer(place, name);
  else if (isOneOf(agentNames, name)) killAlone(place, name);
  else place.daemons.kill(name);
  say(`${name} is killed`);
};

/** What an agent has started goes on, and the next agent adopts it. */
const killAlone = (place: Place, name: string): void => {
  const pid = place.daemons.pid(name);
  if (pid === undefined) throw new TrialError(`${name} does not run`);
  signal(pid, 'SIGKILL');
};

/** PostgreSQL of a server goes on being connected, as one does whose machine hangs. */
const everyPidOf = (place: Place, name: string): number[] => {
  const pid = place.daemons.pid(name);
  if (pid === undefined) throw new TrialError(`${name} does not run`);
  if (isOneOf(agentNames, name)) return [pid];
  return isOneOf(serverNames, name) ? familyOfServer(place, name) : familyOf(pid);
};

export const freeze = async (place: Place, given: string, say: Say): Promise<void> => {
  const name = await named(place, given);
  for (const pid of everyPidOf(place, name)) signal(pid, 'SIGSTOP');
  say(`${name} is frozen`);
};

export const thaw = async (place: Place, given: string, say: Say): Promise<void> => {
  const name = await named(place, given);
  for (const pid of everyPidOf(place, name)) signal(pid, 'SIGCONT');
  say(`${name} goes on`);
};

export const start = async (place: Place, given: string, say: Say): Promise<void> => {
  const name = await named(place, given);
  if (place.daemons.pid(name) !== undefined) throw new TrialError(`${name} runs already`);
  if (isOneOf(serverNames, name)) startServer(place, name);
  else if (isOneOf(agentNames, name)) await startAgent(place, name);
  else if (name === etcdName) startEtcd(place);
  else {
    startStation(place, name);
    await waitForStation(place, name);
  }
  say(`${name} is started`);
};

export const down = async (place: Place, keep: boolean, say: Say): Promise<void> => {
  const { daemons } = place;
  await Promise.all(agentNames.map((name) => daemons.stop(name, 15)));
  endProcesses(place);
  await Promise.all(stationNames.map((name) => daemons.stop(name, 30)));
  await stopPostgres(place);
  if (keep) say(`all is ended; what was written is in ${place.folder}`);
  else {
    place.remove();
    say('all is ended, and its files are gone');
  }
};
