/**
 * Stream sockets on which processes say that they are ready: a process connects to the path in
 * `HALCYON_NOTIFY` and writes the line `READY=1`. Node.js knows no datagram sockets of files, so
 * this is not systemd's own protocol, only its line.
 */

import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { isFid, obstacle, Refusal } from './assignment.ts';

/** Longest text before the line, characters; a process that says more is cut off. */
const charactersMax = 4096;
const connectionsMax = 16;
/** Longest path of a socket, bytes: the kernel's limit. */
const pathBytesMax = 107;

interface Listening {
  readonly server: Server;
  readonly connections: Set<Socket>;
}

export class NotifySockets {
  readonly #folder: string;
  readonly #listening = new Map<string, Listening>();

  constructor(folder: string) {
    this.#folder = folder;
    this.#removeLeft();
  }

  path(fid: string): string {
    return join(this.#folder, fid);
  }

  /**
   * Listens until `close`; what listened before for the fid is closed.
   *
   * @throws {Refusal} the socket cannot be made
   */
  async open(fid: string, ready: () => void): Promise<void> {
    this.close(fid);
    const path = this.path(fid);
    if (Buffer.byteLength(path) > pathBytesMax)
      throw new Refusal(`the path of its notify socket is longer than ${pathBytesMax} bytes`);
    const connections = new Set<Socket>();
    const server = createServer((socket) => {
      connections.add(socket);
      socket.on('close', () => connections.delete(socket));
      socket.on('error', () => {});
      socket.unref();
      listen(socket, ready);
    });
    server.maxConnections = connectionsMax;
    server.unref();
    this.#listening.set(fid, { server, connections });
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      rmSync(path, { force: true });
      server.listen(path);
      await once(server, 'listening');
    } catch (error) {
      this.close(fid);
      throw obstacle('its notify socket cannot be made', error);
    }
    // Whoever could not be heard, because descriptors are short, may connect again.
    server.on('error', () => {});
  }

  close(fid: string): void {
    const listening = this.#listening.get(fid);
    if (listening === undefined) return;
    this.#listening.delete(fid);
    listening.server.close();
    for (const socket of listening.connections) socket.destroy();
    rmSync(this.path(fid), { force: true });
  }

  closeAll(): void {
    for (const fid of [...this.#listening.keys()]) this.close(fid);
  }

  /** An agent that was killed leaves them, and nobody listens there. */
  #removeLeft(): void {
    try {
      for (const name of readdirSync(this.#folder))
        if (isFid(name)) rmSync(this.path(name), { force: true });
    } catch {
      // Whatever is wrong there is told when one is made.
    }
  }
}

function listen(socket: Socket, ready: () => void): void {
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text += chunk;
    if (/^READY=1\r?$/m.test(text.slice(0, text.lastIndexOf('\n') + 1))) ready();
    else if (text.length > charactersMax) socket.destroy();
  });
}
