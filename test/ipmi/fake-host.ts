/** A machine's serial line, for a simulator that connects to it over TCP. */

import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Test } from 'tap';

export interface FakeHost {
  readonly port: number;
  /** What has been typed. */
  readonly typed: () => string;
  /** Breaks that have come. */
  readonly breaks: () => number;
  /** What the machine writes. */
  readonly write: (text: string) => void;
  readonly isConnected: () => boolean;
}

/** As the simulator writes a break on a TCP connection. */
const interpretAsCommand = 255;
const serialBreak = 243;

export const startFakeHost = async (t: Test, { echoes = false } = {}): Promise<FakeHost> => {
  let [typed, breaks] = ['', 0];
  let line: Socket | null = null;
  const server = createServer((socket) => {
    line = socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      for (const byte of bytes) {
        if (byte === serialBreak) breaks++;
        else if (byte !== interpretAsCommand) typed += String.fromCharCode(byte);
      }
      if (echoes) socket.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    line?.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    typed: () => typed,
    breaks: () => breaks,
    write: (text) => void line?.write(text),
    isConnected: () => line !== null,
  };
};
