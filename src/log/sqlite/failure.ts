/** What SQLite's result codes mean for a log. */

import { LogCorruptError, LogLockedError, LogUnavailableError } from '../log.ts';

/** Primary result codes, https://sqlite.org/rescode.html */
const resultCode = { error: 1, busy: 5, locked: 6, corrupt: 11, notADatabase: 26 } as const;

/**
 * An error of a damaged file system below SQLite, which is an extended code of a plain I/O error.
 */
const extendedCorrupt = new Set([522, 8458]);

export function isSqliteError(error: unknown): error is Error & { errcode: number } {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
}

/**
 * Turns an error met while opening or reading `path` into one of the log's own; passes those
 * through.
 */
export function logFailure(error: unknown, path: string): Error {
  if (!isSqliteError(error)) {
    if (!(error instanceof Error) || !('syscall' in error)) return error as Error;
    return new LogUnavailableError(`${path} cannot be used: ${error.message}`, { cause: error });
  }
  const primary = error.errcode & 0xff;
  if (primary === resultCode.busy || primary === resultCode.locked) return new LogLockedError(path);
  if (
    primary === resultCode.corrupt ||
    primary === resultCode.notADatabase ||
    // The statements are fixed, so what SQLite calls an error in them is a table that is not there.
    primary === resultCode.error ||
    extendedCorrupt.has(error.errcode)
  ) {
    return corruptLog(path, error.message, error);
  }
  return new LogUnavailableError(`${path} cannot be used: ${error.message}`, { cause: error });
}

/**
 * The refusal that every kind of damage ends in: what is wrong, that nothing was touched, what to
 * do.
 */
export function corruptLog(
  path: string,
  found: string,
  cause?: Error,
  alternative?: string,
): LogCorruptError {
  const advice = 'Keep a copy of the directory and restore it from a backup.';
  return new LogCorruptError(
    `${path} is damaged: ${found}. Nothing was changed. ` +
      (alternative === undefined ? advice : `${advice} ${alternative}`),
    cause && { cause },
  );
}
