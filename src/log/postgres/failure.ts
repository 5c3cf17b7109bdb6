/** What PostgreSQL's errors mean for a log. */

import { LogUnavailableError } from '../log.ts';

/** https://www.postgresql.org/docs/15/errcodes-appendix.html */
export const sqlState = {
  warning: '01000',
  uniqueViolation: '23505',
  readOnly: '25006',
  noTable: '42P01',
  noSchema: '3F000',
  noColumn: '42703',
  denied: '42501',
} as const;

/** What the server said; pg's class is not exported under a name of its own. */
export interface ServerError extends Error {
  readonly code: string;
}

/** Whether the server said so, and not the network. */
export const isServerError = (error: unknown): error is ServerError =>
  error instanceof Error &&
  'severity' in error &&
  'code' in error &&
  typeof error.code === 'string' &&
  /^[0-9A-Z]{5}$/.test(error.code);

/** A connection is gone, or was given up: nobody knows what became of what was asked last. */
export class SessionLostError extends Error {
  constructor(why: string, options?: ErrorOptions) {
    super(why, options);
    this.name = 'SessionLostError';
  }
}

const advice: Readonly<Record<string, string>> = {
  '28P01': 'the password is wrong: look at ~/.pgpass, PGPASSFILE or PGPASSWORD',
  '28000': 'the server does not let this user in: look at its pg_hba.conf',
  '3D000': 'make the database, see docs/postgresql.md',
  '42501': 'give the role its rights: halcyon log init --log URL --role NAME',
  '53100': 'the disk of the server is full',
  '53300': 'the server has no connection left: raise max_connections',
};

/** What went wrong, with what to do where that is known. */
export const explained = (error: unknown): string => {
  const { message } = error as Error;
  const code = isServerError(error) ? error.code : undefined;
  const hint = code === undefined ? undefined : advice[code];
  const text = message === '' ? ((error as { code?: string }).code ?? 'no reason given') : message;
  return hint === undefined ? text : `${text} (${hint})`;
};

/** The refusal of a database that has no log in it. */
export const noLogIn = (database: string, schema: string): LogUnavailableError =>
  new LogUnavailableError(
    `the database ${database} has no log in its schema ${schema}: make it with ` +
      '`halcyon log init --log URL`, with the same URL and a user who may make it',
  );
