/** Connections that become WebSockets: so many a turn of the event loop. */

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Slices } from '../station/fair-use/slices.ts';

type UpgradeListener = (request: IncomingMessage, socket: Socket, head: Buffer) => void;

/** All agents may knock at once: so many are let in a turn of the event loop. */
export const connectInTurns = (server: FastifyInstance['server'], slices: Slices): void => {
  const usual = server.listeners('upgrade') as UpgradeListener[];
  server.removeAllListeners('upgrade');
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const ended = (): void => void socket.destroy();
    socket.on('error', ended);
    slices.run(() => {
      if (socket.destroyed) return;
      for (const listener of usual) listener.call(server, request, socket, head);
      socket.off('error', ended);
    });
  });
};
