/** Stands before a BMC and counts the packets that reach it. */

import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import type { Test } from 'tap';

export class CountingProxy {
  readonly port: number;
  /** Packets to the BMC. */
  packets = 0;

  private constructor(port: number) {
    this.port = port;
  }

  /** Hands everything on to the BMC at a port of this machine, and back, until the test ends. */
  static async start(t: Test, bmcPort: number): Promise<CountingProxy> {
    const front = createSocket('udp4');
    const onward = new Map<number, Socket>();
    t.teardown(() => {
      for (const socket of [front, ...onward.values()]) socket.close();
    });
    await new Promise<void>((resolve) => front.bind(0, '127.0.0.1', resolve));
    const proxy = new CountingProxy(front.address().port);
    front.on('message', (packet, { port, address }) => {
      proxy.packets += 1;
      let socket = onward.get(port);
      if (!socket) {
        socket = createSocket('udp4');
        socket.on('message', (answer) => front.send(answer, port, address));
        onward.set(port, socket);
      }
      socket.send(packet, bmcPort, '127.0.0.1');
    });
    return proxy;
  }
}
