/** What a host is like, read from the running system. Linux only. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { isLocal, lnetAddress, reachableInterfaces, usableAddress } from './address.ts';
import type { ReportedFacts } from './protocol.ts';
import { saysShort } from './supervision/unknown.ts';

const run = promisify(execFile);

/** Longest time for a command that is asked for a fact, ms. */
const commandMsMax = 5_000;

/** What is not read from the system but said by the operator; undefined: found out. */
export interface KnownFacts {
  /** The agent's own id. */
  readonly agent: string;
  readonly address: string | undefined;
  readonly lnid: string | undefined;
}

/**
 * Makes the function that gathers the facts, given the host's address on the way to its station.
 *
 * @param warn is told, once, that nobody else can use the address
 */
export function factGatherer(
  known: KnownFacts,
  warn: (message: string) => void = () => undefined,
): (localAddress: string) => Promise<ReportedFacts> {
  let lnetNid: string | undefined;
  let isWarned = false;
  return async (localAddress) => {
    const address = known.address ?? usableAddress(localAddress);
    if (known.address === undefined && isLocal(address) && !isWarned) {
      isWarned = true;
      warn(
        `this host has no address but ${address}, which other machines cannot use; name one with --address`,
      );
    }
    // LNet that does not answer for once has not gone: what it said last still holds.
    if (known.lnid === undefined) lnetNid = (await firstLnetNid()) ?? lnetNid;
    return {
      agent: known.agent,
      address,
      lnid: known.lnid ?? lnetNid ?? `${lnetAddress(address)}@tcp`,
      interfaces: reachableInterfaces(),
      memory_mib: memoryMib(),
      cpus: onlineCpus(),
      kernel: release(),
      boot_id: await bootId(),
      version: agentVersion,
    };
  };
}

/** The version of this software. */
export const agentVersion = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string;
  }
).version;

/** Memory that the kernel manages, whole MiB. */
export function memoryMib(): number {
  return Math.floor(totalmem() / 2 ** 20);
}

/** CPUs that are online, whether or not this process may run on them. */
export function onlineCpus(): number {
  return cpus().length || availableParallelism();
}

/** Changes with every boot. */
export async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}

/**
 * The first network id that LNet has; undefined where there is no LNet.
 *
 * @throws Error where nobody can be asked for now
 */
export async function firstLnetNid(): Promise<string | undefined> {
  try {
    const { stdout } = await run('lctl', ['list_nids'], { timeout: commandMsMax });
    const [first = ''] = stdout.trim().split('\n');
    return /^\S+@\S+$/.test(first) ? first : undefined;
  } catch (error) {
    if (saysShort(error)) throw error;
    return undefined;
  }
}
