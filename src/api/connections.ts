/**
 * Who holds a connection to the station: without a token few and not for long, with one a share.
 *
 * A connection belongs to the token that it showed first. Those that have shown none are few in all and of one address,
 * and the oldest of them gives way to the next: whoever opens thousands keeps nobody out.
 */

import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { isLoopback } from '../addresses/loopback.ts';
import { networkOf } from '../addresses/network.ts';
import type { CredentialRow } from '../core/graph/rows/credentials.ts';
import type { CredentialRole, retiredRole } from '../core/values/credential-roles.ts';

export interface ConnectionLimits {
  /** Whoever is on the station's own machine has some beyond that. */
  readonly inAll: number;
  /** That have shown no valid token: as many as agents may knock at once. */
  readonly strangers: number;
  /** Of these, from one address that is not the station's own machine. */
  readonly strangersOfAddress: number;
  /** Of one token; what is not named has no share of its own. */
  readonly ofToken: { readonly [Role in CredentialRole | typeof retiredRole]?: number };
  /** Of the token of an agent that speaks for one host. */
  readonly ofHost: number;
}

export const connectionLimits: ConnectionLimits = {
  inAll: 25_000,
  strangers: 10_000,
  strangersOfAddress: 2500,
  // All agents of a cluster may have one token.
  ofToken: { process: 16, viewer: 512, operator: 512, member: 512, agent: 20_000, retired: 8 },
  ofHost: 16,
};

/** Beyond all, for whoever is on the station's own machine. */
const keptBack = 64;

/** How long a connection is waited for, ms. */
export interface Patience {
  /** From the first byte of a request, or from the beginning of the connection, to the last header. */
  readonly headersMs: number;
  /** From the first byte of a request to its last. */
  readonly requestMs: number;
  readonly handshakeMs: number;
  /** Between one request and the next. */
  readonly idleMs: number;
  /** How often all this is looked at. */
  readonly lookMs: number;
}

export const usualPatience: Patience = {
  headersMs: 15_000,
  requestMs: 120_000,
  handshakeMs: 10_000,
  idleMs: 72_000,
  lookMs: 1000,
};

/** How long a client may go on sending what was refused, so that it can read the answer, ms. */
export const lingerMs = 1000;

export interface ConnectionsParts {
  /** What is absent is as usual. */
  readonly limits?: Partial<ConnectionLimits> | undefined;
  /** Whether an address is of the station's own machine. */
  readonly isNear?: ((address: string) => boolean) | undefined;
}

export class Connections {
  #open = 0;
  /** By the address and port of the other end, oldest first. */
  readonly #strangers = new Map<string, Socket>();
  /** The same of each address that is not near. */
  readonly #strangersOf = new Map<string, Map<string, Socket>>();
  readonly #owners = new WeakMap<Socket, string>();
  readonly #held = new Map<string, number>();
  readonly #limits: ConnectionLimits;
  readonly #isNear: (address: string) => boolean;

  constructor({ limits, isNear = isLoopback }: ConnectionsParts = {}) {
    this.#limits = { ...connectionLimits, ...limits };
    this.#isNear = isNear;
  }

  /** Counts the connections of a server from now on. */
  watch(server: Server): void {
    server.maxConnections = this.#limits.inAll + keptBack;
    server.on('connection', (socket: Socket) => this.#admit(socket));
  }

  /** How many are open. */
  get open(): number {
    return this.#open;
  }

  /** How many of them have shown no valid token. */
  get strangers(): number {
    return this.#strangers.size;
  }

  /**
   * Counts a connection for the token that it has shown.
   *
   * @returns false where the token has its share already
   */
  prove(socket: Socket, credential: CredentialRow): boolean {
    if (this.#owners.has(socket)) return true;
    const end = endOf(socket);
    if (!this.#strangers.has(end)) return true;
    const { id } = credential;
    const held = this.#held.get(id) ?? 0;
    if (held >= this.#shareOf(credential)) return false;
    this.#owners.set(socket, id);
    this.#held.set(id, held + 1);
    this.#forget(end, socket.remoteAddress);
    socket.once('close', () => this.#release(id));
    return true;
  }

  #admit(socket: Socket): void {
    const { remoteAddress: address = '' } = socket;
    if (this.#open >= this.#limits.inAll && !this.#isNear(address)) {
      socket.destroy();
      return;
    }
    const end = endOf(socket);
    this.#open += 1;
    this.#strangers.set(end, socket);
    socket.once('close', () => {
      this.#open -= 1;
      if (this.#strangers.get(end) === socket) this.#forget(end, address);
    });
    const { strangers, strangersOfAddress } = this.#limits;
    const own = this.#isNear(address) ? null : this.#ofAddress(address).set(end, socket);
    if (own && own.size > strangersOfAddress) this.#endOldest(own);
    else if (this.#strangers.size > strangers) this.#endOldest(this.#strangers);
  }

  #ofAddress(address: string): Map<string, Socket> {
    const network = networkOf(address);
    let own = this.#strangersOf.get(network);
    if (!own) this.#strangersOf.set(network, (own = new Map<string, Socket>()));
    return own;
  }

  #endOldest(strangers: ReadonlyMap<string, Socket>): void {
    for (const [end, socket] of strangers) {
      // Now, as its end is told later, and the next one may come before.
      this.#forget(end, socket.remoteAddress);
      socket.destroy();
      return;
    }
  }

  #forget(end: string, address = ''): void {
    this.#strangers.delete(end);
    const network = networkOf(address);
    const own = this.#strangersOf.get(network);
    own?.delete(end);
    if (own?.size === 0) this.#strangersOf.delete(network);
  }

  #shareOf({ role, host }: CredentialRow): number {
    const { ofHost, ofToken } = this.#limits;
    return role === 'agent' && host !== null ? ofHost : (ofToken[role] ?? Infinity);
  }

  #release(id: string): void {
    const held = this.#held.get(id)! - 1;
    if (held === 0) this.#held.delete(id);
    else this.#held.set(id, held);
  }
}

/**
 * Ends a connection whose request was answered before its body was there: nothing waits for the rest. The client
 * has a moment to read the answer, which it would lose if it were cut off while it sends.
 */
export const hangUpSoon = (request: IncomingMessage): void => {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (request.complete || (length === undefined && coding === undefined)) return;
  setTimeout(() => request.complete || request.destroy(), lingerMs).unref();
};

/** The same for a connection and for the TLS within it. */
const endOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
