/** The file that holds the environment of a process, where its systemd unit and people find it. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  makeFolderSync,
  removeFileSync,
  replaceFile,
  syncFolder,
} from '../../disk/lasting-file.ts';
import type { Assignment } from './assignment.ts';
import { isUnit, obstacle } from './assignment.ts';

type Named = Pick<Assignment, 'unit' | 'fid'>;

export function environmentFilePath(sysconfigDir: string, { unit, fid }: Named): string {
  return join(sysconfigDir, `${unit}-${fid}`);
}

/**
 * Replaces the file, mode 0600.
 *
 * @throws {Refusal} it cannot be written: without current values nothing is started
 */
export async function writeEnvironmentFile(
  sysconfigDir: string,
  assignment: Assignment,
): Promise<void> {
  const path = environmentFilePath(sysconfigDir, assignment);
  try {
    if (!existsSync(sysconfigDir)) makeFolderSync(sysconfigDir, 0o755);
    await replaceFile(path, assignment.environment_file);
  } catch (error) {
    throw obstacle(`the environment file ${path} cannot be written`, error);
  }
}

/**
 * Removes the file where there is one, for good when this resolves: a record that is removed afterwards is not missed,
 * whatever happens then.
 */
export async function removeEnvironmentFile(sysconfigDir: string, named: Named): Promise<void> {
  // What was refused for its name has no file, and its name must not lead to another one.
  if (!isUnit(named.unit)) return;
  try {
    removeFileSync(environmentFilePath(sysconfigDir, named));
    await syncFolder(sysconfigDir);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** The units for which a process has a file, or a draft of one. */
export function unitsWithFile(sysconfigDir: string, fid: string): string[] {
  const names = namesIn(sysconfigDir).map((name) => name.replace(/\.new$/, ''));
  const ofFid = [...new Set(names)].filter((name) => name.endsWith(`-${fid}`));
  return ofFid.map((name) => name.slice(0, -`-${fid}`.length)).filter(isUnit);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return [];
  }
}

const missing: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR']);
const isMissing = (error: unknown): boolean => missing.has((error as NodeJS.ErrnoException).code);
