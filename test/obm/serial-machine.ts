/** A machine behind a TCP port, as `dummy` reaches one: it says what it is told to, and keeps what is typed. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Test } from 'tap';

export class SerialMachine {
  readonly addr: string;
  /** Whether what is typed comes back. */
  echoes = false;
  readonly #sockets: Set<Socket>;
  #typed: Buffer[] = [];

  private constructor(addr: string, sockets: Set<Socket>) {
    this.addr = addr;
    this.#sockets = sockets;
  }

  /** Until the test ends. */
  static async start(t: Test): Promise<SerialMachine> {
    const sockets = new Set<Socket>();
    let machine: SerialMachine | null = null;
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
      socket.on('data', (bytes) => machine?.take(socket, bytes));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    return (machine = new SerialMachine(`127.0.0.1:${port}`, sockets));
  }

  /** Whether somebody has its console. */
  get isConnected(): boolean {
    return this.#sockets.size > 0;
  }

  get typed(): Buffer {
    return Buffer.concat(this.#typed);
  }

  say(what: string | Buffer): void {
    for (const socket of this.#sockets) socket.write(what);
  }

  /** Resolves when all that it said has left it. */
  async hasSaid(): Promise<void> {
    for (const socket of this.#sockets) if (socket.writableLength > 0) await once(socket, 'drain');
  }

  /** What was typed. */
  take(socket: Socket, bytes: Buffer): void {
    this.#typed.push(bytes);
    if (this.echoes) socket.write(bytes);
  }
}
