/**
 * A port of this machine that neither takes connections nor refuses them, as a machine that is gone from the network:
 * its queue is full and whoever should empty it is stopped, so that the kernel drops what comes.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** A connection on loopback that is not there after so long is not made any more, ms. */
const silenceMs = 1_000;
/** More than a queue of one place holds. */
const fillersMax = 64;

export interface BlackHole {
  readonly port: number;
  readonly stop: () => void;
}

const listen = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));
`;

export const startBlackHole = async (): Promise<BlackHole> => {
  const child = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(said.toString());
  child.kill('SIGSTOP');
  const fillers: Socket[] = [];
  const stop = (): void => {
    for (const socket of fillers) socket.destroy();
    child.kill('SIGKILL');
  };
  while (fillers.length < fillersMax) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    fillers.push(socket);
    const isMade = await Promise.race([
      once(socket, 'connect').then(() => true),
      pause(silenceMs, false),
    ]);
    if (!isMade) return { port, stop };
  }
  stop();
  throw new Error('the kernel takes every connection');
};
