/** `halcyon station`: opens the data directory, serves the API, and closes both in order. */

import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { isLoopback } from '../addresses/loopback.ts';
import { connectionLimits } from '../api/connections.ts';
import { createServer } from '../api/server.ts';
import { refuseOpenToOthers } from '../disk/modes.ts';
import { LogUrlError } from '../log/log.ts';
import { Station } from '../station/station.ts';

interface StationFlags {
  readonly data: string;
  readonly log?: string;
  readonly listen: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly insecure?: true;
  readonly verify?: true;
  readonly newAdminToken?: true;
  readonly unprovenPerAddress: number;
  readonly logLevel: string;
}

/** How long open requests may take to finish once the station was told to stop, ms. */
const requestsDeadline = 2_000;
/** How long stopping may take in all, ms. */
const shutdownDeadline = 10_000;

export const registerStation = (program: Command): void => {
  program
    .command('station')
    .description('run a tracking station: the log, the engine and the API')
    .option('--data <dir>', 'data directory', '/var/lib/halcyon')
    .option(
      '--log <url>',
      'the log, such as sqlite:DIRECTORY; otherwise that of the data directory',
    )
    .option(
      '--listen <address:port>',
      'address to serve the API on; port 0: any free one',
      '127.0.0.1:7400',
    )
    .option('--tls-cert <file>', 'certificate chain, PEM')
    .option('--tls-key <file>', 'private key of the certificate, PEM')
    .option('--insecure', 'serve plain HTTP on an address that others can reach')
    .option('--verify', 'check the whole log before it opens, not only its end')
    .option('--new-admin-token', 'print another token of an administrator, where all are lost')
    .option(
      '--unproven-per-address <n>',
      'connections without a valid token that one other address may have; more for a proxy',
      wholeNumber,
      connectionLimits.strangersOfAddress,
    )
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent', 'info')
    .addHelpText(
      'after',
      `
The first start prints a token of an administrator, once. Logs go to stderr as JSON lines.

Examples:
  halcyon station --data ./data
  halcyon station --listen 0.0.0.0:7400 --tls-cert station.pem --tls-key station.key`,
    )
    .action(async (flags: StationFlags, command: Command) => {
      try {
        await runStation(flags);
      } catch (error) {
        const message = `halcyon station: ${(error as Error).message}`;
        const isUsage = error instanceof LogUrlError;
        command.error(message, isUsage ? { exitCode: 2, code: 'usage' } : { exitCode: 1 });
      }
    });
};

const wholeNumber = (text: string): number => {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number from 1 on.');
};

interface Listen {
  readonly host: string;
  readonly port: number;
}

const listenOf = (text: string): Listen => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) throw new Error(`--listen ${text} is not <address>:<port>`);
  return { host: match[1] ?? match[2]!, port };
};

const tlsOf = ({ tlsCert, tlsKey }: StationFlags): { cert: Buffer; key: Buffer } | undefined => {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new Error('--tls-cert and --tls-key go together');
  const tls = { cert: readFileSync(tlsCert), key: readFileSync(tlsKey) };
  refuseOpenToOthers(tlsKey, 'a private key', { byRoot: true });
  return tls;
};

const runStation = async (flags: StationFlags): Promise<void> => {
  const { host, port } = listenOf(flags.listen);
  const tls = tlsOf(flags);
  if (!tls && !isLoopback(host) && !flags.insecure)
    throw new Error(
      `${host} can be reached by others: give --tls-cert and --tls-key, or --insecure to serve tokens in the clear`,
    );
  const logger = pino(
    { level: flags.logLevel, base: { station: process.pid } },
    pino.destination(2),
  );
  const station = await Station.open({
    directory: flags.data,
    log: flags.log,
    logger,
    verify: flags.verify ? 'full' : 'tail',
  });
  let app: FastifyInstance;
  try {
    const limits = { strangersOfAddress: flags.unprovenPerAddress };
    app = await createServer(station, { logger, tls, connections: { limits } });
    station.start(1);
    await app.listen({ host, port });
  } catch (error) {
    await station.close();
    throw error;
  }
  const stop = (signal: string): void => {
    logger.info({ signal }, 'stopping');
    const deadline = setTimeout(() => process.exit(1), shutdownDeadline);
    const cut = setTimeout(() => {
      app.server.closeAllConnections();
      for (const socket of app.websocketServer.clients) socket.terminate();
    }, requestsDeadline);
    app
      .close()
      .then(() => station.close())
      .then(() => {
        clearTimeout(deadline);
        clearTimeout(cut);
        logger.info({}, 'stopped');
      })
      .catch((error: unknown) => {
        logger.error({ err: error }, 'could not stop cleanly');
        process.exit(1);
      });
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);

  const { port: bound } = app.server.address() as AddressInfo;
  const shownHost = host.includes(':') ? `[${host}]` : host;
  const url = `${tls ? 'https' : 'http'}://${shownHost}:${bound}`;
  process.stdout.write(`listening on ${url}\n`);
  const shown = (kind: string, token: string): boolean =>
    process.stdout.write(
      `${kind} admin token: ${token}\nIt is shown this once. Keep it: halctl config set-context default --station ${url}\n`,
    );
  const first = await station.access.bootstrap();
  if (first !== null) shown('bootstrap', first);
  else if (flags.newAdminToken) shown('new', await station.access.adminToken('new admin'));
};
