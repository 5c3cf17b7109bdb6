/** Without any token. */

import { connect } from 'node:net';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Flood } from './flood.ts';

const connections = 500;

/** Connections whose text comes a byte a second; whoever is cut off comes again. */
const dripping =
  (text: (host: string) => string): Flood['run'] =>
  async ({ url }, end) => {
    const { hostname, port, host } = new URL(url);
    let made = 0;
    const drip = async (): Promise<void> => {
      while (!end.aborted) {
        made += 1;
        const socket = connect(Number(port), hostname);
        socket.on('error', () => undefined).resume();
        await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
        socket.write(text(host));
        while (!end.aborted && !socket.destroyed) {
          socket.write('x');
          await pause(1000, undefined, { signal: end }).catch(() => undefined);
        }
        socket.destroy();
        await pause(10);
      }
    };
    await Promise.all(Array.from({ length: connections }, drip));
    return made;
  };

export const drippedBodies: Flood = {
  name: `${connections} bodies without a token, a byte a second`,
  run: dripping(
    (host) =>
      `POST /api/v1/processes HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n`,
  ),
};

export const drippedHeaders: Flood = {
  name: `${connections} requests whose headers come a byte a second`,
  run: dripping((host) => `GET /api/v1/status HTTP/1.1\r\nHost: ${host}\r\nX-Long: `),
};
