/** The way to the console of a machine through the station: where it is to be had, for each time that it is. */

import type { Client } from '../../client/client.ts';
import { isDryRun } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import type { ConsoleAddress } from './link.ts';

export interface StationConsoleRequest {
  readonly client: Client;
  readonly host: string;
  /** As the station is asked for it. */
  readonly body: Parameters<Client['openConsole']>[1];
  /** PEM certificates of the authorities that the station is believed by; undefined: the well-known ones. */
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
}

/** How long it may take to say that one has left, ms: what is not said ends by itself. */
const leaveMs = 2_000;

export class StationConsole {
  readonly #request: StationConsoleRequest;
  #id: string | null = null;
  #url: URL | null = null;

  constructor(request: StationConsoleRequest) {
    this.#request = request;
  }

  get host(): string {
    return this.#request.host;
  }

  /** A new one: each is good once. Whoever is there by the one before is out. */
  async address(): Promise<ConsoleAddress> {
    const { client, host, body, signal } = this.#request;
    // What is left of it would go on typing, as far as the daemon knows.
    await this.leave();
    const opened = await client.openConsole(host, body, { signal });
    if (isDryRun(opened)) throw new Failure('failed', 'the station did not let in');
    this.#id = opened.id;
    this.#url = new URL(opened.url);
    return { url: this.#url, ca: await this.#authorities(opened.ca) };
  }

  /** @returns whether the right had held until now, as far as is known */
  async leave(): Promise<boolean> {
    const { client, host } = this.#request;
    const id = this.#id;
    this.#id = null;
    if (id === null) return false;
    try {
      const signal = AbortSignal.timeout(leaveMs);
      const reply = await client.revokeConsoleConnection(host, id, { signal });
      return !isDryRun(reply) && reply.changed;
    } catch {
      return false;
    }
  }

  /** What went wrong, with what to do where it is the daemon that cannot be had: it is not the station. */
  advised(error: unknown): unknown {
    if (!(error instanceof Failure) || error.ending !== 'unreachable' || !this.#url) return error;
    const advice = /certificate|TLS|self.signed|issuer/i.test(error.message)
      ? 'Let the station hand on its authority: halcyon station --obmd-ca FILE; or trust it here: --ca FILE.'
      : `It is had from the OBM daemon itself: this machine must reach ${this.#url.origin}.`;
    return new Failure(error.ending, error.message, advice);
  }

  /** The well-known authorities, those of the station, and those that it names. */
  async #authorities(named: string | null): Promise<string[]> {
    const { getCACertificates } = await import('node:tls');
    const own = this.#request.ca;
    return [
      ...getCACertificates('default'),
      ...[own, named].filter((one) => typeof one === 'string'),
    ];
  }
}
