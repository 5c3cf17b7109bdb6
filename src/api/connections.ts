/**
 * Who holds a connection to the station: without a token few and not for long, with one a share.
 *
 * A connection belongs to the token that it showed first. Those that have shown none are few in all, and the
 * oldest of them gives way to the next: whoever opens thousands keeps nobody out.
 */

import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { isLoopback } from '../addresses/loopback.ts';
import type { CredentialRow } from '../core/graph/rows/credentials.ts';
import type { CredentialRole, retiredRole } from '../core/values/credential-roles.ts';

/** Connections in all. */
export const connectionsMax = 25_000;
/** Beyond that, for whoever is on the station's own machine. */
const connectionsKeptBack = 64;
/** Connections that have shown no valid token: as many as agents may knock at once. */
export const strangersMax = 10_000;
/** Connections of one token; what is not named has no share of its own. */
export const connectionsOfToken: {
  readonly [Role in CredentialRole | typeof retiredRole]?: number;
} = { process: 16, viewer: 512, operator: 512, retired: 8 };
/** Connections of the token of an agent that speaks for one host. */
export const connectionsOfHost = 16;

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
const lingerMs = 1000;

export class Connections {
  #open = 0;
  /** By the address and port of the other end, oldest first. */
  readonly #strangers = new Map<string, Socket>();
  readonly #owners = new WeakMap<Socket, string>();
  readonly #held = new Map<string, number>();
  readonly #strangersMax: number;

  constructor(limits = { strangers: strangersMax }) {
    this.#strangersMax = limits.strangers;
  }

  /** Counts the connections of a server from now on. */
  watch(server: Server): void {
    server.maxConnections = connectionsMax + connectionsKeptBack;
    server.on('connection', (socket: Socket) => this.#admit(socket));
  }

  /** How many are open. */
  get open(): number {
    return this.#open;
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
    if (held >= shareOf(credential)) return false;
    this.#owners.set(socket, id);
    this.#held.set(id, held + 1);
    this.#strangers.delete(end);
    socket.once('close', () => this.#release(id));
    return true;
  }

  #admit(socket: Socket): void {
    if (this.#open >= connectionsMax && !isLoopback(socket.remoteAddress ?? '')) {
      socket.destroy();
      return;
    }
    const end = endOf(socket);
    this.#open += 1;
    this.#strangers.set(end, socket);
    socket.once('close', () => {
      this.#open -= 1;
      if (this.#strangers.get(end) === socket) this.#strangers.delete(end);
    });
    if (this.#strangers.size <= this.#strangersMax) return;
    for (const oldest of this.#strangers.values()) {
      oldest.destroy();
      return;
    }
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

const shareOf = ({ role, host }: CredentialRow): number =>
  connectionsOfToken[role] ?? (role === 'agent' && host !== null ? connectionsOfHost : Infinity);

/** The same for a connection and for the TLS within it. */
const endOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
