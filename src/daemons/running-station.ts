/**
 * A station and its server, for as long as the process runs. Where the station says that it must
 * start again from the beginning, as when the servers of its log have lost what it had read, both are
 * closed and opened anew, at the same port.
 */

import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { createServer } from '../api/server.ts';
import type { ServerOptions } from '../api/server.ts';
import { DutiesHangError } from '../station/leadership/standing.ts';
import { Station } from '../station/station.ts';
import type { StationOptions } from '../station/station.ts';
import { endServing, portOf, stopOnSignal, urlOf } from './serving.ts';
import type { Serving } from './serving.ts';

/**
 * Connections that wait to be taken. All agents knock at once when a station comes back; who finds no room here tries
 * again after a second, then two, then four. The system may have a lower limit of its own (net.core.somaxconn).
 */
const backlog = 16_384;

/** Before it is opened anew, and between tries: the first time, and the longest, ms. */
const rest = { least: 500, most: 30_000 } as const;
/** For one that is to be opened anew to close, ms. */
const closeMs = 30_000;
/** For a first token that is being made to be shown before its station is closed, ms. */
const showMs = 2_000;

export interface RunningStationParts {
  readonly serving: Serving;
  readonly logger: Logger;
  readonly station: StationOptions;
  readonly server: Omit<ServerOptions, 'logger' | 'tls'>;
  /** Whether a token of an administrator is made in any case. */
  readonly withNewAdminToken: boolean;
}

interface Running {
  readonly station: Station;
  readonly app: FastifyInstance;
}

const sender = { actor: 'station' };

export class RunningStation {
  readonly #parts: RunningStationParts;
  readonly #stopping = new AbortController();
  #running: Running | null = null;
  #port: number;
  /** Ends when what was begun of the first token has ended, in whatever way. */
  #showing: Promise<unknown> = Promise.resolve();
  /** Whether the first token was seen to, which is once in the life of a process. */
  #hasTokens = false;

  constructor(parts: RunningStationParts) {
    this.#parts = parts;
    this.#port = parts.serving.port;
  }

  /** @throws whatever keeps it from starting the first time */
  async start(): Promise<void> {
    const { logger } = this.#parts;
    const running = await this.#open();
    stopOnSignal(logger, () => this.#stop());
    process.on('SIGHUP', () => this.#reloadPolicy());
    process.stdout.write(`listening on ${urlOf(running.app, this.#parts.serving)}\n`);
    if (!running.station.log.shared) await this.#showTokens(running);
  }

  async #open(): Promise<Running> {
    const { serving, logger, server, station: options } = this.#parts;
    const { host, tls } = serving;
    const station = await Station.open(options);
    let app: FastifyInstance | undefined;
    try {
      app = await createServer(station, { logger, tls, ...server });
      if (station.log.shared) this.#whenLeading({ station, app });
      else {
        station.start(1);
        await station.policy.reload(sender);
      }
      await app.listen({ host, port: this.#port, backlog });
      this.#port = portOf(app);
      // Others may ask it as soon as it leads.
      if (station.log.shared) station.start(1);
      this.#running = { station, app };
      void station.ended.then((error) => this.#startAnew(error));
      return this.#running;
    } catch (error) {
      // Another may have the port by now; what was made is not kept for the next try.
      await app?.close();
      await station.close();
      throw error;
    }
  }

  /** What is told to the cluster, the leading station tells. */
  #whenLeading(running: Running): void {
    const { logger } = this.#parts;
    const { station } = running;
    station.whenLeading(() => {
      station.policy
        .reload(sender)
        .then(() => this.#showTokens(running))
        .catch((error: unknown) =>
          logger.error({ err: error }, 'the policy, or the first token, has to wait'),
        );
    });
  }

  /** A policy that is wrong keeps nobody from starting: what was in force stays. */
  #reloadPolicy(): void {
    const { logger } = this.#parts;
    const station = this.#running?.station;
    if (station?.policy.path === undefined || station.standing.role !== 'leading') return;
    station.policy
      .reload(sender)
      .catch((error: unknown) => logger.error({ err: error }, 'the policy was not read again'));
  }

  /** A token that was made is lost where it is not shown: what closes the station waits for it. */
  async #showTokens(running: Running): Promise<void> {
    if (this.#hasTokens || this.#stopping.signal.aborted) return;
    const shown = this.#makeAndShow(running);
    this.#showing = shown.catch(() => undefined);
    await shown;
    this.#hasTokens = true;
  }

  async #makeAndShow({ station: { access }, app }: Running): Promise<void> {
    const url = urlOf(app, this.#parts.serving);
    const first = await access.bootstrap();
    if (first !== null) this.#show('bootstrap', first, url);
    else if (this.#parts.withNewAdminToken)
      this.#show('new', await access.adminToken('new admin'), url);
  }

  #show(kind: string, token: string, url: string): void {
    process.stdout.write(
      `${kind} admin token: ${token}\nIt is shown this once. Keep it: halctl config set-context default --station ${url}\n`,
    );
  }

  async #startAnew(error: Error): Promise<void> {
    const { logger } = this.#parts;
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    logger.error({ err: error }, 'the station starts anew, from the beginning');
    // What does not end cannot be ended but with the process.
    if (error instanceof DutiesHangError) process.exit(1);
    const deadline = setTimeout(() => process.exit(1), closeMs);
    await this.#close().catch((failed: unknown) =>
      logger.warn({ err: failed }, 'not all of it closed'),
    );
    clearTimeout(deadline);
    for (let ms: number = rest.least; !signal.aborted; ms = Math.min(rest.most, ms * 2)) {
      await pause(ms, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.#open();
        // A signal may have come meanwhile, and found nothing to stop.
        if (signal.aborted) await this.#close();
        return;
      } catch (failed) {
        logger.error({ err: failed }, 'the station cannot start yet, and tries again');
      }
    }
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    await this.#close();
  }

  async #close(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    if (!running) return;
    await Promise.race([this.#showing, pause(showMs, undefined, { ref: false })]);
    await endServing(running.app);
    await running.station.close();
  }
}
