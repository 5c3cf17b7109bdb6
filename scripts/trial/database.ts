/** The role and the database of the stations of a trial cluster. */

import pg from 'pg';
import { TrialError } from './daemons.ts';
import { members } from './patroni.ts';
import type { Place } from './place.ts';
import { logUrl, run } from './stations.ts';

/** What is there already stays as it is. @throws {TrialError} there is no primary, or it refuses */
export const makeDatabase = async (place: Place): Promise<void> => {
  const primary = (await members(place)).find(({ role }) => role === 'leader');
  if (!primary)
    throw new TrialError('none of the PostgreSQL servers is the primary now; try again');
  const { postgres, halcyon } = place.passwords;
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port: place.portOf(primary.name) },
    ...{ user: 'postgres', database: 'postgres', password: postgres, ssl: false },
    ...{ connectionTimeoutMillis: 10_000, query_timeout: 30_000 },
  });
  try {
    await client.connect();
    const isThere = async (catalogue: string, name: string): Promise<boolean> =>
      (await client.query(`select from ${catalogue} where ${name} = 'halcyon'`)).rowCount === 1;
    if (!(await isThere('pg_roles', 'rolname')))
      await client.query(`create role halcyon login password ${client.escapeLiteral(halcyon)}`);
    if (!(await isThere('pg_database', 'datname')))
      await client.query("create database halcyon encoding 'UTF8' template template0");
  } catch (error) {
    throw new TrialError(
      `the database could not be made: ${(error as Error).message}; see ${place.daemons.logOf(primary.name)}`,
    );
  } finally {
    await client.end();
  }
  await run(place, 'halcyon', [
    ...['log', 'init', '--log', logUrl(place, 'postgres'), '--role', 'halcyon'],
  ]);
};
