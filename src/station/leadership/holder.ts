/**
 * By which name a station has the lease: that of its data directory, which one process has at a time.
 * Whoever is started again in it knows that its predecessor has ended, and need not wait until his
 * lease runs out.
 */

import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { replaceFileSync } from '../../disk/lasting-file.ts';
import { StationUnavailableError } from '../result.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The name for a directory that this process holds. A copy of the directory, on this machine or
 * another, has another name: its original may be alive.
 *
 * @throws {StationUnavailableError} it cannot be kept there
 */
export function holderIn(directory: string): string {
  const path = join(directory, 'holder');
  try {
    const id = kept(path) ?? madeIn(path);
    const { dev, ino } = statSync(path, { bigint: true });
    return `${id} ${hostname()} ${dev}:${ino}`;
  } catch (error) {
    throw new StationUnavailableError(
      `${path} cannot be written: ${(error as Error).message}; it is needed to lead`,
      { cause: error },
    );
  }
}

/** Undefined where there is none, or none that makes sense: then nobody has a lease by it. */
const kept = (path: string): string | undefined => {
  try {
    const id = readFileSync(path, 'utf8').trim();
    return uuid.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
};

const madeIn = (path: string): string => {
  const id = randomUUID();
  replaceFileSync(path, `${id}\n`);
  return id;
};
