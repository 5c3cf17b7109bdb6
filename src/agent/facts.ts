/** What a host is like, read from the running system. Linux only. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, networkInterfaces, release, totalmem } from 'node:os';
import type { NetworkInterfaceInfo } from 'node:os';
import { promisify } from 'node:util';
import type { ReportedFacts } from './protocol.ts';
import { saysShort } from './supervision/unknown.ts';

const run = promisify(execFile);

/** Longest time for a command that is asked for a fact, ms. */
const commandMsMax = 5_000;
/** More than that are not reported; the schema's bound. */
const interfacesMax = 256;

type Interface = NonNullable<ReportedFacts['interfaces']>[number];

/** What is not read from the system but said by the operator; undefined: found out. */
export interface KnownFacts {
  /** The agent's own id. */
  readonly agent: string;
  readonly address: string | undefined;
  readonly lnid: string | undefined;
}

/**
 * Makes the function that gathers the facts, given the host's address on the way to its station.
 */
export function factGatherer(known: KnownFacts): (localAddress: string) => Promise<ReportedFacts> {
  let lnetNid: string | undefined;
  return async (localAddress) => {
    const address = known.address ?? localAddress;
    // LNet that does not answer for once has not gone: what it said last still holds.
    if (known.lnid === undefined) lnetNid = (await firstLnetNid()) ?? lnetNid;
    return {
      agent: known.agent,
      address,
      lnid: known.lnid ?? lnetNid ?? `${address}@tcp`,
      interfaces: interfaces(),
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

/**
 * The addresses by which others may reach this host: neither loopback nor link-local. Sorted, so
 * that order is no change.
 */
export function interfaces(
  found: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): Interface[] {
  return Object.entries(found)
    .flatMap(([name, infos = []]) => infos.map((info) => ({ name, info })))
    .filter(({ info }) => !info.internal && !/^(fe[89ab].:|169\.254\.)/i.test(info.address))
    .map(({ name, info }) => ({ name, address: info.address }))
    .sort((a, b) => compare(a.name, b.name) || compare(a.address, b.address))
    .slice(0, interfacesMax);
}

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

/** By code unit: the same order whatever the locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
