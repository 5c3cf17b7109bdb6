/** What stands between a browser and a station: it cuts connections, or lets nothing through any more and says so to nobody. */

import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Test } from 'tap';

export class TcpRelay {
  readonly url: string;
  readonly #sockets: Set<Socket>;
  readonly #swallowed: WeakSet<Socket>;

  private constructor(url: string, sockets: Set<Socket>, swallowed: WeakSet<Socket>) {
    this.url = url;
    this.#sockets = sockets;
    this.#swallowed = swallowed;
  }

  /** Until the test ends. */
  static async start(t: Test, target: string): Promise<TcpRelay> {
    const sockets = new Set<Socket>();
    const swallowed = new WeakSet<Socket>();
    const { hostname, port } = new URL(target);
    const server = createServer((near) => {
      const far = connect(Number(port), hostname);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        one.pipe(other);
        one.on('error', () => undefined);
        one.on('close', () => {
          sockets.delete(one);
          if (!swallowed.has(one)) other.destroy();
        });
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const own = (server.address() as AddressInfo).port;
    return new TcpRelay(`http://127.0.0.1:${own}`, sockets, swallowed);
  }

  /** All connections that there are now. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Nothing goes through those that there are now, and neither end hears of it, nor of the end of the other. */
  swallow(): void {
    for (const socket of this.#sockets) {
      this.#swallowed.add(socket);
      socket.unpipe();
      socket.resume();
    }
  }
}
