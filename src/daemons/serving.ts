/** What daemons that serve HTTP have in common: where they listen, how they are trusted, and how they stop. */

import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import type { Command } from 'commander';
import type { FastifyInstance } from 'fastify';
import { isLoopback } from '../addresses/loopback.ts';
import { refuseOpenToOthers } from '../disk/modes.ts';

export interface ServingFlags {
  readonly listen: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly insecure?: true;
}

export interface Tls {
  readonly cert: Buffer;
  readonly key: Buffer;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

export interface Serving extends Place {
  readonly tls: Tls | undefined;
}

/** How long open requests may take to finish once the daemon was told to stop, ms. */
const requestsDeadline = 2_000;
/** How long stopping may take in all, ms: less than systemd gives it (`TimeoutStopSec=30`). */
const shutdownDeadline = 25_000;

/** @param usual the address that is listened on unless said */
export const addServingFlags = (command: Command, usual: string): Command =>
  command
    .option('--listen <address:port>', 'address to serve the API on; port 0: any free one', usual)
    .option('--tls-cert <file>', 'certificate chain, PEM')
    .option('--tls-key <file>', 'private key of the certificate, PEM')
    .option('--insecure', 'serve plain HTTP on an address that others can reach');

const placeOf = (text: string): Place => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) throw new Error(`--listen ${text} is not <address>:<port>`);
  return { host: match[1] ?? match[2]!, port };
};

const tlsOf = ({ tlsCert, tlsKey }: ServingFlags): Tls | undefined => {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new Error('--tls-cert and --tls-key go together');
  const tls = { cert: readFileSync(tlsCert), key: readFileSync(tlsKey) };
  refuseOpenToOthers(tlsKey, 'a private key', { byRoot: true });
  return tls;
};

/** @throws Error that says what to change; nothing is served in the clear to others unless that was asked for */
export const servingOf = (flags: ServingFlags): Serving => {
  const place = placeOf(flags.listen);
  const tls = tlsOf(flags);
  if (!tls && !isLoopback(place.host) && !flags.insecure)
    throw new Error(
      `${place.host} can be reached by others: give --tls-cert and --tls-key, or --insecure to serve tokens in the clear`,
    );
  return { ...place, tls };
};

const urlAt = (host: string, { port, tls }: Pick<Serving, 'port' | 'tls'>): string =>
  `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Where somebody listens. */
export const portOf = (app: FastifyInstance): number => (app.server.address() as AddressInfo).port;

/** The URL at which somebody who listens is reached. */
export const urlOf = (app: FastifyInstance, { host, tls }: Serving): string =>
  urlAt(host, { port: portOf(app), tls });

/** The URL at which others find somebody who will listen there. */
export const shownUrl = (serving: Serving): string =>
  urlAt(['0.0.0.0', '::'].includes(serving.host) ? hostname() : serving.host, serving);

interface StopLogger {
  readonly info: (fields: object, message: string) => void;
  readonly error: (fields: object, message: string) => void;
}

/** Ends what is served: what is under way ends first, for a while. */
export const endServing = async (app: FastifyInstance): Promise<void> => {
  const cut = setTimeout(() => {
    app.server.closeAllConnections();
    for (const socket of app.websocketServer?.clients ?? []) socket.terminate();
  }, requestsDeadline);
  await app.close().finally(() => clearTimeout(cut));
};

/** Stops by SIGTERM and SIGINT, and ends the process where that takes too long. */
export const stopOnSignal = (logger: StopLogger, end: () => Promise<void>): void => {
  const stop = (signal: string): void => {
    logger.info({ signal }, 'stopping');
    const deadline = setTimeout(() => {
      logger.error({}, `has not stopped within ${shutdownDeadline / 1000} s: ended as it is`);
      process.exit(1);
    }, shutdownDeadline);
    end()
      .then(() => {
        clearTimeout(deadline);
        logger.info({}, 'stopped');
      })
      .catch((error: unknown) => {
        logger.error({ err: error }, 'could not stop cleanly');
        process.exit(1);
      });
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
};
