/** The log on PostgreSQL does what every log does. */

import { execFileSync } from 'node:child_process';
import t from 'tap';
import type { Test } from 'tap';
import type { EventLog } from '../../src/log/log.ts';
import { init, open } from '../postgres/ready.ts';
import { startServer } from '../postgres/servers.ts';
import { logContract } from './contract.ts';
import { refusalContract } from './refusal-contract.ts';
import type { RefusingLog } from './refusal-contract.ts';

const server = await startServer(t);
await server.ask('create role station login');
let schemas = 0;

/** Takes the right to append from the station, or gives it back, at once. */
const grant = (what: 'grant' | 'revoke', schema: string): void => {
  const toOrFrom = what === 'grant' ? 'to' : 'from';
  const statement = `${what} insert on ${schema}.commits ${toOrFrom} station`;
  const url = `postgresql://postgres@127.0.0.1:${server.port}/halcyon`;
  execFileSync('psql', ['-qc', statement, url]);
};

const opened = async (t: Test): Promise<RefusingLog> => {
  const schema = `log_${++schemas}`;
  await init(server.url(`schema=${schema}`), 'station');
  const url = server.url(`schema=${schema}`, 'station');
  const opened: EventLog[] = [];
  const openOne = async (): Promise<EventLog> => {
    const log = await open(url, {
      limits: { queueCommits: 2500, commitCharacters: 1_500_000 },
    });
    opened.push(log);
    return log;
  };
  t.teardown(() => Promise.all(opened.map((log) => log.close())));
  return {
    log: await openOne(),
    reopen: openOne,
    breakStorage: () => grant('revoke', schema),
    mendStorage: () => grant('grant', schema),
    queueCommits: 2500,
  };
};

logContract(t, 'postgres', opened);
refusalContract(t, 'postgres', opened);
