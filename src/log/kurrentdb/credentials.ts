/** Who a station is to KurrentDB: from the environment, never from a command line. */

import { readFileSync, statSync } from 'node:fs';
import { LogUnavailableError } from '../log.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const others = 0o007;

/**
 * `KURRENTDB_USER`, with the password in the file that `KURRENTDB_PASSWORD_FILE` names or in
 * `KURRENTDB_PASSWORD`.
 *
 * @returns undefined where nothing is said
 * @throws {LogUnavailableError} a half is missing, or everybody may read the file
 */
export function credentialsOf(env: Environment): Credentials | undefined {
  const filled = (name: string): string | undefined => env[name] || undefined;
  const username = filled('KURRENTDB_USER');
  const file = filled('KURRENTDB_PASSWORD_FILE');
  const password = file === undefined ? filled('KURRENTDB_PASSWORD') : readPassword(file);
  if (username === undefined && password === undefined) return undefined;
  if (username === undefined)
    throw new LogUnavailableError(
      'there is a password for KurrentDB and no user; set KURRENTDB_USER',
    );
  if (password === undefined)
    throw new LogUnavailableError(
      'there is a user for KurrentDB and no password; set KURRENTDB_PASSWORD_FILE',
    );
  return { username, password };
}

function readPassword(file: string): string {
  try {
    if ((statSync(file).mode & others) !== 0)
      throw new Error('everybody may read it; close it (chmod o= FILE), and change the password');
    const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    if (text === '') throw new Error('it is empty');
    return text;
  } catch (cause) {
    const why = (cause as Error).message;
    throw new LogUnavailableError(`KURRENTDB_PASSWORD_FILE names ${file}: ${why}`, { cause });
  }
}
