/** All that is known of a machine at a moment, as several reads of the station. */

import { ApiError } from '../../../../client/errors.ts';
import type { Configuration, Obm } from '../../../../client/types.ts';
import { station } from '../../state/station.ts';
import type { MachineThen } from './differences.ts';

export interface Then extends MachineThen {
  /** By the clock of the station, ms. */
  readonly time: number;
  readonly revision: number;
  /** Processes of which no configuration was asked for: there are too many. */
  readonly left: number;
}

/** A page has no more of them; of more the first are compared. */
const [processesMax, configurationsMax] = [500, 40];

/** @param at a revision or a time; undefined: now */
export const machineAt = async (
  fqdn: string,
  at: string | undefined,
  signal: AbortSignal,
): Promise<Then> => {
  // Also of now what the log has: what checks have found since is in no other moment, and would differ from all.
  const head = at === undefined ? (await station.log({ signal })).head : undefined;
  const read = { at: at ?? head, signal };
  const [then, host, obm, { items: processes }] = await Promise.all([
    station.fleetHost(fqdn, read),
    station.getHost(fqdn, read),
    orNone(station.getObm(fqdn, read)),
    station.listProcesses({ host: fqdn, limit: processesMax, ...read }),
  ]);
  const asked = processes.slice(0, configurationsMax);
  const configurations = await Promise.all(
    asked.map(({ fid }) => orNone(station.getConfiguration(fid, read))),
  );
  return {
    ...{ machine: then.machine, host, obm, processes, time: then.at, revision: then.revision },
    configurations: configurations.filter((one): one is Configuration => one !== null),
    left: processes.length - asked.length,
  };
};

const missing: ReadonlySet<string> = new Set(['obm-not-registered', 'unknown-process']);

/** What is not there is no error of the whole. */
const orNone = async <T extends Obm | Configuration>(asked: Promise<T>): Promise<T | null> => {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ApiError && missing.has(error.code)) return null;
    throw error;
  }
};
