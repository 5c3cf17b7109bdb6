/** Who an agent is: the name of its host, and an id of its own that it keeps for life. */

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createFileSync, makeFolderSync, syncFolderSync } from '../disk/lasting-file.ts';

const run = promisify(execFile);

/** Longest time to find out the host's name, ms. */
const nameMsMax = 30_000;
const fqdnLengthMax = 253;
const fqdnPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
const agentIdPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * A host name as the cluster writes it: lower case, without the final dot; undefined where it is no
 * host name.
 */
export function normalFqdn(name: string): string | undefined {
  const fqdn = name.trim().toLowerCase().replace(/\.$/, '');
  return fqdn.length <= fqdnLengthMax && fqdnPattern.test(fqdn) ? fqdn : undefined;
}

/**
 * The canonical name of this host, as `hostname -f` says it. Node.js cannot ask the resolver for
 * it.
 *
 * @throws Error that says what to do, where the host has no usable name: a guess might make a
 *   second host of it
 */
export async function canonicalFqdn(): Promise<string> {
  const fqdn = normalFqdn(await resolvedName());
  if (fqdn !== undefined && !/^localhost(\.|$)/.test(fqdn)) return fqdn;
  throw new Error(
    `cannot find out the name of this host: "hostname" is "${hostname()}", and "hostname -f" must ` +
      'print its full name; or give it with --fqdn',
  );
}

async function resolvedName(): Promise<string> {
  try {
    const { stdout } = await run('hostname', ['-f'], { timeout: nameMsMax });
    return stdout;
  } catch {
    // A name with a domain needs no resolver; a bare one is not trusted without.
    return hostname().includes('.') ? hostname() : '';
  }
}

/**
 * The id of this agent, made at random on the first start and kept in the file `agent-id` (mode
 * 0600) of `stateDir`. The id lasts when this returns, or a power cut would make another agent of it
 * after the station has heard this one.
 *
 * @throws Error where the directory cannot be used, or the file does not hold an id
 */
export function agentId(stateDir: string): string {
  const file = join(stateDir, 'agent-id');
  makeFolderSync(stateDir, 0o700);
  const id = readId(file) ?? makeId(file);
  if (agentIdPattern.test(id)) return id;
  throw new Error(`${file} does not hold the id of an agent; remove it to get a new one`);
}

function readId(file: string): string | undefined {
  try {
    const id = readFileSync(file, 'utf8').trim();
    // Whoever made it may have ended before its name lasted.
    syncFolderSync(dirname(file));
    return id;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Where another agent was faster, its id is the id. */
function makeId(file: string): string {
  const id = randomUUID();
  const isMine = createFileSync(file, `${id}\n`, `${file}.${id}`);
  return isMine ? id : readFileSync(file, 'utf8').trim();
}
