/** The file that holds the environment of a process, where its systemd unit and people find it. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolderSync, removeFileSync, replaceFile } from '../../disk/lasting-file.ts';
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

/** Removes the file where there is one. */
export function removeEnvironmentFile(sysconfigDir: string, named: Named): void {
  // What was refused for its name has no file, and its name must not lead to another one.
  if (!isUnit(named.unit)) return;
  try {
    removeFileSync(environmentFilePath(sysconfigDir, named));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
  }
}
