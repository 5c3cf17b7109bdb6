/**
 * Whose files and directories are, and who else may use them: they are this user's alone. What was
 * made with a wider mode, by another program or under another umask, is closed; what is somebody
 * else's, or leads elsewhere, is refused.
 */

import { chmodSync, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { join, resolve } from 'node:path';

/** Told of what others could use until now, and the mode that it had. */
export type Narrowed = (path: string, mode: string) => void;

const others = 0o077;
const groupReads = 0o040;

/**
 * Sees to it that a directory is this user's alone, mode 0700. One that is not there is left to
 * whoever makes it.
 *
 * @throws Error that says what to do: it is a link, no directory, another user's, or cannot be
 *   closed
 */
export function ownDirectorySync(path: string, narrowed: Narrowed = () => {}): void {
  // Behind a slash at the end, a link would be followed.
  const directory = resolve(path);
  const stat = lstatSync(directory, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (stat.isSymbolicLink())
    throw new Error(
      `${directory} is a symbolic link; give the directory itself${targetOf(directory)}`,
    );
  if (!stat.isDirectory()) throw new Error(`EEXIST: ${directory} is not a directory`);
  refuseForeign(directory, stat);
  narrow(directory, stat, 0o700, narrowed);
}

/**
 * Sees to it that a file is this user's alone, mode 0600. One that is not there is left to whoever
 * makes it.
 *
 * @throws Error that says what to do: it is a link, no file, another user's, or cannot be closed
 */
export function ownFileSync(path: string, narrowed: Narrowed = () => {}): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isFile())
    throw new Error(
      `${path} is ${stat.isSymbolicLink() ? 'a symbolic link' : 'no file'}; remove it, or put the file there`,
    );
  refuseForeign(path, stat);
  narrow(path, stat, 0o600, narrowed);
}

/**
 * The same for a directory of which everything is this program's, and for the files in it. Anything
 * that is no file is left to whoever reads there.
 */
export function ownContentSync(directory: string, narrowed: Narrowed = () => {}): void {
  ownDirectorySync(directory, narrowed);
  if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) return;
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile()) ownFileSync(path, narrowed);
  }
}

/** How a file with a secret may come to whoever reads it, other than as a file of its own. */
export interface Handing {
  /** By root, to a group, as the keys of a machine are: mode 0640. */
  readonly byRoot?: boolean;
  /** By anybody, where root reads it: of root's own accord, as with sudo. */
  readonly toRoot?: boolean;
}

/**
 * Refuses a file with a secret that others may use. A link is followed: what counts is the file.
 *
 * @param holds what is in it, for example `a token`
 * @throws Error that says what to do
 */
export function refuseOpenToOthers(path: string, holds: string, handing: Handing = {}): void {
  const stat = statSync(path);
  const { mode, uid } = stat;
  const own = process.geteuid?.();
  // What is typed is nobody's to read; the mode of a terminal says who may write on it.
  if (stat.isCharacterDevice()) return;
  if (uid !== 0 && uid !== own && !(handing.toRoot === true && own === 0))
    throw new Error(
      `${path} holds ${holds} and belongs to another user, ${uid}; make it yours: chown ${own} ${path}`,
    );
  const allowed = handing.byRoot === true && uid === 0 ? groupReads : 0;
  if ((mode & others & ~allowed) === 0) return;
  throw new Error(
    `${path} holds ${holds}, and others may use it (mode ${shown(mode)}); ` +
      `make it yours alone: chmod 600 ${path}`,
  );
}

function refuseForeign(path: string, { uid }: Stats): void {
  const own = process.geteuid?.();
  if (uid === own) return;
  throw new Error(
    `${path} belongs to the user ${uid}, and this runs as the user ${own}: ` +
      `run it as that user, or: chown -R ${own} ${path}`,
  );
}

function narrow(path: string, { mode }: Stats, to: number, narrowed: Narrowed): void {
  if ((mode & others) === 0) return;
  try {
    chmodSync(path, to);
  } catch (error) {
    throw new Error(
      `${path} is open to others (mode ${shown(mode)}) and cannot be closed: ${(error as Error).message}`,
      { cause: error },
    );
  }
  narrowed(path, shown(mode));
}

const shown = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0');

function targetOf(link: string): string {
  try {
    return `, ${realpathSync(link)}`;
  } catch {
    return '';
  }
}
