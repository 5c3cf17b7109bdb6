/** Stands between a client and a server: cuts, delays, refuses, and swallows answers. */

import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { once } from 'node:events';
import type { Test } from 'tap';

/** What becomes of what the server says: handed on, or lost. */
export type Answers = 'handed on' | 'swallowed';

/** A TCP proxy on loopback. */
export class TcpProxy {
  readonly port: number;
  /** What the server says from now on. What it is told arrives all the same. */
  answers: Answers = 'handed on';
  /** Whether what the client says from now on arrives. */
  requests: 'handed on' | 'swallowed' = 'handed on';
  /** Before anything is handed on, either way, ms. */
  delayMs = 0;
  /** Whether who connects is cut off at once. */
  refuses = false;
  /** Connections that were taken, since it was started. */
  taken = 0;
  /** Is told of what is handed on to the server, before it is. */
  hears: (bytes: Buffer) => void = () => undefined;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #target: () => number;

  private constructor(server: Server, target: () => number) {
    this.#server = server;
    this.#target = target;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client: Socket) => this.#take(client));
  }

  /** Hands on to the port of loopback that `target` gives for each connection; ends with the test. */
  static async start(t: Test, target: () => number): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new TcpProxy(server, target);
    t.teardown(() => proxy.close());
    return proxy;
  }

  /** Connections that are there. */
  get open(): number {
    return this.#pairs.size;
  }

  /** Cuts all connections that are there. */
  cut(): void {
    for (const pair of this.#pairs) for (const side of pair) side.resetAndDestroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #take(client: Socket): void {
    this.taken += 1;
    if (this.refuses) return void client.resetAndDestroy();
    const server = connect(this.#target(), '127.0.0.1');
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const side of pair) side.setNoDelay().on('error', end).on('close', end);
    const handOn = (to: Socket, bytes: Buffer): void => {
      if (this.delayMs === 0) to.write(bytes);
      else setTimeout(() => to.destroyed || to.write(bytes), this.delayMs);
    };
    client.on('data', (bytes) => {
      this.hears(bytes);
      if (this.requests === 'handed on') handOn(server, bytes);
    });
    server.on('data', (bytes) => {
      if (this.answers === 'handed on') handOn(client, bytes);
    });
  }
}
