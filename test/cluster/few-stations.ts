/** Stations as real processes, each started as a test would have it, on one real PostgreSQL server or another log. */

import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { createClient } from '../../src/client/client.ts';
import type { Client, ClientOptions } from '../../src/client/index.ts';
import { Executable } from '../agent/executable.ts';
import { init } from '../postgres/ready.ts';
import { startServer } from '../postgres/servers.ts';
import type { PostgresServer } from '../postgres/servers.ts';
import { temporary } from '../station/harness.ts';
import { freePort } from '../station/sshd.ts';
import { patience, until } from './stations.ts';

export interface Start {
  /** Otherwise that of its folder. */
  readonly name?: string;
  /** Of its log, otherwise that of all. */
  readonly log?: string;
  readonly scheme?: 'http' | 'https';
  readonly more?: readonly string[];
}

export class FewStations {
  readonly folder: string;
  readonly #log: string;
  readonly #server: PostgresServer | undefined;
  readonly running = new Map<string, Executable>();
  /** Of an administrator. */
  token = '';
  readonly #t: Test;
  readonly #ports = new Map<string, number>();

  /** None runs. @param log its URL */
  constructor(t: Test, log: string, server?: PostgresServer) {
    this.#t = t;
    this.#log = log;
    this.#server = server;
    this.folder = temporary(t);
  }

  /** None runs. */
  static async on(t: Test): Promise<FewStations> {
    const server = await startServer(t);
    await init(server.url());
    return new FewStations(t, server.url(), server);
  }

  get server(): PostgresServer {
    if (this.#server) return this.#server;
    throw new Error('their log is not on PostgreSQL');
  }

  /** Where one listens, or will. */
  async place(which: string): Promise<string> {
    const port = this.#ports.get(which) ?? (await freePort());
    this.#ports.set(which, port);
    return `127.0.0.1:${port}`;
  }

  /** Starts one with what is in its folder, and waits until it listens. */
  async start(which: string, choices: Start = {}): Promise<Executable> {
    const { name = which, log = this.#log, scheme = 'http', more = [] } = choices;
    const data = join(this.folder, which);
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const own = join(data, 'station.key');
    const other = [...this.#ports.keys()]
      .map((one) => join(this.folder, one, 'station.key'))
      .find((file) => existsSync(file));
    if (!existsSync(own) && other !== undefined) copyFileSync(other, own);
    const place = await this.place(which);
    const station = new Executable(
      this.#t,
      [
        ...['station', '--data', data, '--log', log, '--name', name],
        ...['--listen', place, '--url', `${scheme}://${place}`, ...more],
      ],
      { NODE_OPTIONS: '' },
    );
    this.running.set(which, station);
    await station.says(/listening on (\S+)/);
    return station;
  }

  async stop(which: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.running.get(which)?.stop(signal);
    this.running.delete(which);
  }

  /** The first one of all: it leads, and shows the token of an administrator. */
  async first(which: string, choices: Start = {}): Promise<void> {
    const station = await this.start(which, choices);
    this.token = await station.says(/bootstrap admin token: (\S+)/);
  }

  /** Of one of them, for one attempt. */
  client(which: string, choices: Partial<ClientOptions> = {}): Client {
    const port = this.#ports.get(which)!;
    const station = `http://127.0.0.1:${port}`;
    return createClient({ station, token: this.token, timeoutMs: patience, busyMs: 0, ...choices });
  }

  async leads(which: string): Promise<void> {
    const role = async (): Promise<string> => (await this.client(which).station()).role;
    await until(`${which} leads`, async () => (await role()) === 'leading');
  }

  hasLogged(which: string, what: RegExp): boolean {
    return this.running.get(which)!.hasLogged(what);
  }
}
