/** `scripts/cluster`: several stations, their PostgreSQL and a few agents on this machine, to try what happens when they die. */

import { parseArgs } from 'node:util';
import { TrialError } from './daemons.ts';
import {
  agentNames,
  defaultFolder,
  defaultPort,
  serverNames,
  stationNames,
  Place,
} from './place.ts';
import { down, env, kill, freeze, start, status, thaw, up } from './orders.ts';

const help = `Several stations on this machine, to try what happens when parts of them die.

  scripts/cluster up [--port N] [--dir DIR]    begins it, or starts again what of it does not run
  scripts/cluster up --servers                 only PostgreSQL, with a database for a log
  scripts/cluster status                       who runs, and who leads
  scripts/cluster env                          what a shell needs: eval "$(scripts/cluster env)"
  scripts/cluster kill NAME...                 ends them as a power cut does
  scripts/cluster freeze NAME...               stops them where they are; thaw NAME... lets them go on
  scripts/cluster start NAME...                starts them again
  scripts/cluster down [--keep]                ends all, and removes its files unless they are to be kept

NAME is ${stationNames.join(', ')} (stations), ${serverNames.join(', ')} (PostgreSQL under Patroni), ${agentNames.join(', ')}, etcd, or leader,
which is the station that leads now, or primary, which is the server that does.

All listens on 127.0.0.1 only, from port ${defaultPort} on unless another one is named. Everything that it writes is in DIR,
by default ${defaultFolder()}. It is for trials: three machines are in docs/high-availability.md.
`;

const run = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: 'string' },
      dir: { type: 'string' },
      servers: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [order, ...names] = positionals;
  if (values.help) {
    console.log(help);
    return;
  }
  const say = (line: string): void => console.log(line);
  if (order === 'up' && names.length === 0)
    return up(Place.make(values.dir, portFrom(values.port)), values.servers, say);
  const place = (): Place => Place.find(values.dir);
  if (order === 'status' && names.length === 0) return status(place(), say);
  if (order === 'env' && names.length === 0) return env(place(), say);
  if (order === 'down' && names.length === 0) return down(place(), values.keep, say);
  const named = { kill, freeze, thaw, start }[order ?? ''];
  if (!named || names.length === 0) throw new UsageError();
  for (const name of names) await named(place(), name, say);
};

class UsageError extends Error {}

/** The ports are this and the next 32. */
const portFrom = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const port = /^\d{4,5}$/.test(text) ? Number(text) : 0;
  if (port < 1024 || port > 65_000)
    throw new TrialError('--port takes a number from 1024 to 65000');
  return port;
};

try {
  await run();
} catch (error) {
  const isUsage =
    error instanceof UsageError ||
    (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') === true;
  if (isUsage) console.error(help);
  else if (error instanceof TrialError) console.error(`scripts/cluster: ${error.message}`);
  else throw error;
  process.exitCode = isUsage ? 2 : 1;
}
