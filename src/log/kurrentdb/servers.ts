/**
 * The connection to the servers. The client has two (one of gRPC for Node.js, one of Rust for
 * reading) that fail apart, wait for ever and stay with a server that no longer leads; so what
 * failed is thrown away as a whole, and another is made.
 */

import type * as KurrentdbClient from '@kurrent/kurrentdb-client';
import type { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { LogUnavailableError } from '../log.ts';
import type { Credentials } from './credentials.ts';
import type { Endpoint, KurrentdbPlace } from './place.ts';

type Package = typeof KurrentdbClient;

export class Servers {
  readonly #package: Package;
  readonly #place: KurrentdbPlace;
  readonly #credentials: Credentials | undefined;
  readonly #renewed = new Set<() => void>();
  #client: KurrentDBClient;
  #closed = false;

  private constructor(found: Package, place: KurrentdbPlace, credentials: Credentials | undefined) {
    this.#package = found;
    this.#place = place;
    this.#credentials = credentials;
    this.#client = this.#connect(undefined);
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

  get client(): KurrentDBClient {
    return this.#client;
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
  renew(failed: KurrentDBClient, leader?: Endpoint): void {
    if (this.#closed || failed !== this.#client) return;
    this.#client = this.#connect(leader);
    void release(failed);
    for (const call of this.#renewed) call();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await release(this.#client);
  }

  #connect(leader: Endpoint | undefined): KurrentDBClient {
    const { hosts, discover, tls, files } = this.#place;
    const follows = leader !== undefined && hosts.length === 1 && !discover;
    const names = (follows ? [leader] : hosts).map(({ address, port }) => `${address}:${port}`);
    const settings = {
      ...{ tls: String(tls), ...files },
      ...{ maxDiscoverAttempts: '3', discoveryInterval: '200', gossipTimeout: '2' },
      connectionName: 'halcyon',
    };
    const query = Object.entries(settings).map(
      ([key, value]) => `${key}=${encodeURIComponent(value)}`,
    );
    const scheme = discover ? 'kurrentdb+discover' : 'kurrentdb';
    const url = `${scheme}://${names.join(',')}?${query.join('&')}`;
    return tamed(this.#package.KurrentDBClient.connectionString(url));
  }
}

/**
 * Leaves to the driver what the client would do by itself when something fails. Its own attempt to
 * connect again rejects where nobody hears it, and so does what is written into its stream of
 * appends while that breaks; either would end the process. Without the stream it appends by a call
 * each, with a deadline.
 */
function tamed(client: KurrentDBClient): KurrentDBClient {
  const own = { supports: async () => false, handleError: async () => undefined };
  return Object.assign(client, own);
}

/** Ends what goes over a connection, and the connection, which the client itself leaves open. */
async function release(client: KurrentDBClient): Promise<void> {
  try {
    await client.dispose();
    const { getChannel } = client as unknown as { getChannel(this: void): Promise<Channel> };
    (await getChannel()).close();
  } catch {
    // It had none.
  }
}

interface Channel {
  close(): void;
}
