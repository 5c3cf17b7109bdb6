/** One connection to a PostgreSQL server, with deadlines of its own. */

import { Socket } from 'node:net';
import pg from 'pg';
import type { Timers } from '../timers.ts';
import { explained, isServerError, SessionLostError, sqlState } from './failure.ts';
import { passwordFor } from './password.ts';
import { tlsOf } from './tls.ts';
import type { PostgresHost, PostgresPlace } from './url.ts';

/** A statement; with a name the server plans it once a session. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

export interface Answer<Row> {
  readonly rows: Row[];
  /** Whether the server warned; so it does where it does not wait for its standbys any more. */
  readonly isWarned: boolean;
}

export interface SessionParts {
  readonly place: PostgresPlace;
  readonly host: PostgresHost;
  readonly timers: Timers;
  /** Told to the server's administrators. */
  readonly name: string;
  readonly connectMs: number;
}

type Notified = (from: number, payload: string) => void;

const types = { bool: 16, bytea: 17, int8: 20, int4: 23 } as const;

const parserOf = (oid: number): ((text: string) => unknown) => {
  if (oid === types.int8 || oid === types.int4) return Number;
  if (oid === types.bool) return (text) => text === 't';
  if (oid === types.bytea) return (text) => Buffer.from(text.slice(2), 'hex');
  return String;
};

/** An answer may take so many times as long as it may take to begin: a large page, a slow network. */
const piecesMax = 20;

export class Session {
  readonly #client: pg.Client;
  readonly #socket: Socket;
  readonly #timers: Timers;
  #turn: Promise<unknown> = Promise.resolve();
  #lost: SessionLostError | undefined;
  #isWarned = false;
  readonly #gone = Promise.withResolvers<SessionLostError>();
  /** Told of what other sessions tell those who listen. */
  notified: Notified = () => undefined;

  private constructor(client: pg.Client, socket: Socket, timers: Timers) {
    this.#client = client;
    this.#socket = socket;
    this.#timers = timers;
    client.on('error', (error) => this.#lose(explained(error), error));
    client.on('end', () => this.#lose('the connection was closed'));
    client.on('notice', ({ code }) => (this.#isWarned ||= code === sqlState.warning));
    client.on('notification', ({ processId, payload }) => this.notified(processId, payload ?? ''));
  }

  /**
   * @throws Error the host cannot be reached, does not answer in time, or does not let us in
   */
  static async connect({ place, host, timers, name, connectMs }: SessionParts): Promise<Session> {
    const socket = new Socket();
    const client = new pg.Client({
      ...{ host: host.host, port: host.port, user: place.user, database: place.database },
      password: () => passwordFor(place, host),
      ssl: tlsOf(place, host.host),
      stream: () => socket,
      ...{ application_name: name, keepAlive: true, keepAliveInitialDelayMillis: 10_000 },
      types: { getTypeParser: parserOf as typeof pg.types.getTypeParser },
    });
    const session = new Session(client, socket, timers);
    const seconds = connectMs / 1000;
    const cancel = timers.after(connectMs, () => session.#lose(`no answer within ${seconds} s`));
    try {
      await Promise.race([client.connect(), session.#failing()]);
      return session;
    } catch (error) {
      session.#lose(explained(error));
      throw error;
    } finally {
      cancel();
    }
  }

  /** Resolves with why it is gone; never rejects. */
  get gone(): Promise<SessionLostError> {
    return this.#gone.promise;
  }

  get isGone(): boolean {
    return this.#lost !== undefined;
  }

  /** The server's process of it, which names it in what it tells others. */
  get processId(): number | null {
    return (this.#client as unknown as { processID: number | null }).processID;
  }

  /**
   * Asks when what was asked before is answered. Nothing is ever cancelled at the server: a wait for
   * a standby that is cancelled looks like a success.
   *
   * @param ms until it is answered, or the next piece of a long answer comes; the connection is given
   *   up then
   * @throws {SessionLostError} it was cut off, or the deadline has passed: it may have been done, or
   *   may be done later
   * @throws {ServerError} the server refused, and nothing of it was done
   */
  ask<Row extends readonly unknown[]>(statement: Statement, ms: number): Promise<Answer<Row>> {
    const mine = this.#turn.then(() => this.#ask<Row>(statement, ms));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  /** Gives it up. What is being asked fails as lost. */
  close(why = 'it was closed'): void {
    this.#lose(why);
  }

  async #ask<Row extends readonly unknown[]>(
    { name, text, values }: Statement,
    ms: number,
  ): Promise<Answer<Row>> {
    if (this.#lost) throw this.#lost;
    this.#isWarned = false;
    const cancel = this.#expect(ms);
    try {
      const query: pg.QueryArrayConfig = {
        ...(name === undefined ? {} : { name }),
        ...{ text, values: [...(values ?? [])], rowMode: 'array' },
      };
      const { rows } = await Promise.race([this.#client.query<unknown[]>(query), this.#failing()]);
      return { rows: rows as unknown[] as Row[], isWarned: this.#isWarned };
    } catch (error) {
      if (isServerError(error)) await this.#goesOn();
      throw this.#lost ?? error;
    } finally {
      cancel();
    }
  }

  /** Gives the connection up where nothing comes for so long. Gives a function that ends that. */
  #expect(ms: number, pieces = piecesMax): () => void {
    const { bytesRead } = this.#socket;
    let cancel = this.#timers.after(ms, () => {
      if (pieces > 0 && this.#socket.bytesRead > bytesRead) cancel = this.#expect(ms, pieces - 1);
      else this.#lose(`no answer within ${ms / 1000} s`);
    });
    return () => cancel();
  }

  /**
   * A server that refuses a statement goes on with the next one. One that ends the session says so
   * in the same way, and nobody knows then what became of the statement.
   */
  async #goesOn(): Promise<void> {
    try {
      await Promise.race([this.#client.query(''), this.#failing()]);
    } catch (error) {
      this.#lose(explained(error), error);
    }
  }

  async #failing(): Promise<never> {
    throw await this.#gone.promise;
  }

  #lose(why: string, cause?: unknown): void {
    if (this.#lost) return;
    this.#lost = new SessionLostError(why, { cause });
    this.#gone.resolve(this.#lost);
    this.#socket.destroy();
  }
}
