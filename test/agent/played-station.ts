/** A real WebSocket server that plays a station: what it answers is the test's choice. */

import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { AgentMessage, StationMessage } from '../../src/contract/agent-protocol.ts';
import { agentProtocol } from '../../src/contract/agent-protocol.ts';

export interface Heard {
  /** Ms, monotonic. */
  readonly at: number;
  /** Which connection it came by, from 1. */
  readonly connection: number;
  readonly message: AgentMessage;
}

export interface Part {
  /** Answer to a request for a connection; 101 accepts it. */
  readonly status?: (authorization: string) => number;
  /** What to do with a message; by default the station is content with everything. */
  readonly answer?: (message: AgentMessage, socket: WebSocket, connection: number) => void;
  /** Who leads, as it says to whom it refuses a connection. */
  readonly leader?: () => string | undefined;
  readonly heartbeatMs?: number;
  /** In which it leads; absent: it does not say. */
  readonly term?: number;
  readonly port?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
}

export class PlayedStation {
  readonly heard: Heard[] = [];
  readonly closes: { readonly code: number; readonly reason: string }[] = [];
  readonly sockets: WebSocket[] = [];
  /** Requests for a connection, accepted or not. */
  requests = 0;
  /** Stays what it is when the station has vanished. */
  url = new URL('http://127.0.0.1');
  readonly #part: Part;
  readonly #server: Server;
  readonly #webSockets = new WebSocketServer({ noServer: true });

  static async open(part: Part = {}): Promise<PlayedStation> {
    const station = new PlayedStation(part);
    const { promise, resolve } = Promise.withResolvers<void>();
    station.#server.listen(part.port ?? 0, '127.0.0.1', resolve);
    await promise;
    const { port } = station.#server.address() as AddressInfo;
    station.url = new URL(`${part.tls ? 'https' : 'http'}://127.0.0.1:${port}`);
    return station;
  }

  constructor(part: Part) {
    this.#part = part;
    this.#server = part.tls ? createSecureServer(part.tls) : createServer();
    this.#server.on('upgrade', (request, socket, head) => {
      this.requests += 1;
      const status = part.status?.(request.headers.authorization ?? '') ?? 101;
      const leader = part.leader?.();
      const named = leader === undefined ? '' : `Halcyon-Leader: ${leader}\r\n`;
      if (status !== 101)
        return void socket.end(
          `HTTP/1.1 ${status} No\r\n${named}Content-Length: 0\r\nConnection: close\r\n\r\n`,
        );
      if (request.url !== '/api/v1/agent') return void socket.destroy();
      this.#webSockets.handleUpgrade(request, socket, head, (accepted) => this.#take(accepted));
    });
  }

  get port(): number {
    return Number(this.url.port);
  }

  messages<Type extends AgentMessage['type']>(
    type: Type,
  ): (Heard & { readonly message: Extract<AgentMessage, { type: Type }> })[] {
    return this.heard.filter(({ message }) => message.type === type) as never;
  }

  /** Breaks every connection without a word and accepts no more. */
  async vanish(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const socket of this.sockets) socket.terminate();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  #take(socket: WebSocket): void {
    const connection = this.sockets.push(socket);
    const { answer = content, heartbeatMs = 60_000, term } = this.#part;
    socket.on('close', (code, reason) => this.closes.push({ code, reason: reason.toString() }));
    socket.on('message', (data) => {
      const message = JSON.parse((data as Buffer).toString()) as AgentMessage;
      this.heard.push({ at: performance.now(), connection, message });
      if (message.type === 'hello' && answer === content)
        say(socket, welcome(heartbeatMs, 0, term));
      else answer(message, socket, connection);
    });
  }
}

/** Of every played station, unless a test has it otherwise. */
export const playedCluster = 'c0ffee00';

/**
 * @param minor what the station understands beside the first version of the protocol
 * @param term in which it leads; undefined: as a station of an older release, which does not say it
 */
export function welcome(
  heartbeatMs: number,
  minor = 0,
  term?: number,
  cluster = playedCluster,
): StationMessage {
  return {
    type: 'welcome',
    protocol: agentProtocol,
    minor,
    version: '0.1.0',
    heartbeat_ms: heartbeatMs,
    ...(term === undefined ? {} : { cluster, term }),
  };
}

/** What a station does that has nothing against anything. */
export function content(message: AgentMessage, socket: WebSocket): void {
  if (message.type === 'hello') say(socket, welcome(60_000));
  if (message.type === 'node-up') say(socket, { type: 'taken', id: message.id, revision: 1 });
}

export function say(socket: WebSocket, message: StationMessage): void {
  socket.send(JSON.stringify(message));
}

/** Waits for something to become true; fails after `ms`. */
export async function until(what: string, holds: () => boolean, ms = 120_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
