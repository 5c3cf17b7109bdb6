/**
 * The connection to the servers. The client has two (one of gRPC for Node.js, one of Rust for
 * reading) that fail apart, wait for ever and stay with a server that no longer leads; so what
 * failed is thrown away as a whole, and another is made.
 */

import type * as KurrentdbClient from '@kurrent/kurrentdb-client';
import { LogUnavailableError } from '../log.ts';
import { Connection } from './connection.ts';
import type { Credentials } from './credentials.ts';
import type { Endpoint, KurrentdbPlace } from './place.ts';

type Package = typeof KurrentdbClient;

export class Servers {
  readonly #package: Package;
  readonly #place: KurrentdbPlace;
  readonly #credentials: Credentials | undefined;
  readonly #renewed = new Set<() => void>();
  #connection: Connection;
  #closed = false;

  private constructor(found: Package, place: KurrentdbPlace, credentials: Credentials | undefined) {
    this.#package = found;
    this.#place = place;
    this.#credentials = credentials;
    this.#connection = this.#connect();
  }

  /**
   * Loads the client, which nobody pays for who has no log there. Nothing is connected yet.
   *
   * @throws {LogUnavailableError} it is not installed, or takes a file of TLS amiss
   */
  static async load(place: KurrentdbPlace, credentials: Credentials | undefined): Promise<Servers> {
    let found: Package;
    try {
      found = await import('@kurrent/kurrentdb-client');
    } catch (cause) {
      throw new LogUnavailableError(
        'the client of KurrentDB cannot be loaded here; install the package again, with its ' +
          `optional dependencies (${(cause as Error).message})`,
        { cause },
      );
    }
    try {
      return new Servers(found, place, credentials);
    } catch (cause) {
      const why = (cause as Error).message;
      throw new LogUnavailableError(`KurrentDB cannot be used: ${why}`, { cause });
    }
  }

  get connection(): Connection {
    return this.#connection;
  }

  /**
   * What goes with every call. Only the leader knows what is certainly kept. Who we are is no part
   * of the URL, in which the two halves of the client read a password differently, and goes nowhere
   * without TLS.
   */
  get terms(): { readonly requiresLeader: true; readonly credentials?: Credentials } {
    const credentials = this.#place.tls ? this.#credentials : undefined;
    return { requiresLeader: true, ...(credentials && { credentials }) };
  }

  /** Where they are, for people. */
  get name(): string {
    return this.#place.hosts.map(({ address, port }) => `${address}:${port}`).join(',');
  }

  /** Called when there is another connection; what went over the last one has ended. */
  onRenewed(call: () => void): void {
    this.#renewed.add(call);
  }

  /**
   * Makes another connection in the place of one that failed, unless somebody has done so.
   *
   * @param leader where a server said that the leader is
   */
  renew(failed: Connection, leader?: Endpoint): void {
    if (this.#closed || failed !== this.#connection) return;
    try {
      this.#connection = this.#connect(leader);
    } catch {
      // An address that the client does not understand.
      this.#connection = this.#connect();
    }
    void failed.release();
    for (const call of this.#renewed) call();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#connection.release();
  }

  #connect(leader?: Endpoint): Connection {
    const { hosts, discover, tls, files } = this.#place;
    const follows = leader !== undefined && hosts.length === 1 && !discover;
    const names = (follows ? [leader] : hosts).map(({ address, port }) => `${address}:${port}`);
    const settings = {
      ...{ tls: String(tls), ...files },
      // No gossipTimeout: one half of the client counts it in seconds, the other in milliseconds.
      ...{ maxDiscoverAttempts: '3', discoveryInterval: '200' },
      connectionName: 'halcyon',
    };
    const query = Object.entries(settings).map(
      ([key, value]) => `${key}=${encodeURIComponent(value)}`,
    );
    const scheme = discover ? 'kurrentdb+discover' : 'kurrentdb';
    const url = `${scheme}://${names.join(',')}?${query.join('&')}`;
    return new Connection(this.#package.KurrentDBClient.connectionString(url));
  }
}
