/** One agent a state directory, and one a host name, on this machine. */

import { hash } from 'node:crypto';
import { join } from 'node:path';
import { hold, HeldElsewhereError } from '../disk/held.ts';
import type { Held } from '../disk/held.ts';
import { makeFolderSync } from '../disk/lasting-file.ts';
import { ownContentSync, ownDirectorySync, ownFileSync } from '../disk/modes.ts';
import type { Narrowed } from '../disk/modes.ts';

/** Another agent has what only one may have; the message says which, and what to do. */
export class TakenError extends Error {}

/** What an agent keeps in its state directory, beside single files: one file a process each. */
const folders = ['runs', 'logs', 'notify'];

/**
 * Takes a state directory for this agent, making it where it is not there, and closes it to others.
 *
 * @throws Error that names the directory and says what to do: another agent has it, or it cannot be
 *   this user's alone
 */
export function holdState(stateDir: string, narrowed: Narrowed): Held {
  ownDirectorySync(stateDir, narrowed);
  makeFolderSync(stateDir, 0o700);
  const held = holdFor(
    join(stateDir, 'lock.db'),
    `${stateDir} is in use by another agent`,
    'give this one a --state-dir of its own, or stop the other one',
  );
  for (const folder of folders) ownContentSync(join(stateDir, folder), narrowed);
  ownFileSync(join(stateDir, 'agent-id'), narrowed);
  return held;
}

export interface AgentName {
  readonly fqdn: string;
  readonly stations: readonly URL[];
  /** Where it was given: agents of several addresses play several machines. */
  readonly address: string | undefined;
}

/**
 * Takes a host's name for this agent, at each of its stations. It tells a second agent sooner and
 * clearer what the station would: with a copied state directory the two would push each other off.
 *
 * @param directory where the agents of this user meet
 * @throws {TakenError} another agent has the name
 * @throws Error it cannot be known
 */
export function holdName({ fqdn, stations, address }: AgentName, directory: string): Held[] {
  makeFolderSync(directory, 0o700);
  ownDirectorySync(directory);
  const held: Held[] = [];
  try {
    for (const href of new Set(stations.map((station) => station.href))) {
      const name = hash('sha256', JSON.stringify([fqdn, href, address ?? ''])).slice(0, 32);
      held.push(
        holdFor(
          join(directory, `agent-${name}.db`),
          `another agent is ${fqdn} at ${href} on this machine`,
          'stop it, or give this one a --fqdn of its own',
        ),
      );
    }
  } catch (error) {
    for (const one of held) one.remove();
    throw error;
  }
  return held;
}

/**
 * Where agents of this user meet: nobody else can take a name there first. Agents of other users
 * are told apart by the station.
 */
export function meetingPlace(environment: NodeJS.ProcessEnv): string {
  const uid = process.geteuid?.() ?? 0;
  if (uid === 0) return '/run/halcyon';
  const own = environment['XDG_RUNTIME_DIR'];
  return own === undefined || own === '' ? `/tmp/halcyon-${uid}` : join(own, 'halcyon');
}

function holdFor(path: string, what: string, advice: string): Held {
  try {
    return hold(path);
  } catch (error) {
    if (!(error instanceof HeldElsewhereError)) throw error;
    const holder = error.pid === null ? 'a process' : `process ${error.pid}`;
    throw new TakenError(`${what}: ${holder} holds ${path}; ${advice}`, { cause: error });
  }
}
