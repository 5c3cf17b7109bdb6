/**
 * A thread that asks a server for one address again and again, and measures: by a plain socket, as a reader that parses
 * what it gets would be what is measured.
 */

import { connect } from 'node:net';
import { parentPort, Worker } from 'node:worker_threads';

export interface Asked {
  readonly port: number;
  /** The head of the request, with its empty line. */
  readonly head: string;
}

export interface Got {
  readonly ms: number;
  readonly bytes: number;
  readonly status: number;
  readonly tag: string;
}

const bodyAfter = (head: string): number =>
  / 304 /.test(head) ? 0 : Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? NaN);

/** One request on a connection of its own; until the last byte. */
const get = ({ port, head }: Asked): Promise<Got> =>
  new Promise((resolve, reject) => {
    let [began, text, missing, bytes] = [0, '', -1, 0];
    const take = (length: number, buffer: Uint8Array): boolean => {
      let body = length;
      if (missing < 0) {
        text += Buffer.from(buffer.buffer, buffer.byteOffset, length).toString('latin1');
        const end = text.indexOf('\r\n\r\n');
        if (end < 0) return true;
        body = text.length - end - 4;
        text = text.slice(0, end);
        missing = bytes = bodyAfter(text);
      }
      missing -= body;
      if (missing > 0) return true;
      const ms = performance.now() - began;
      socket.destroy();
      const status = Number(text.slice(9, 12));
      resolve({ ms, bytes, status, tag: /^etag: (.*)$/im.exec(text)?.[1] ?? '' });
      return false;
    };
    const onread = { buffer: Buffer.allocUnsafe(1024 * 1024), callback: take };
    const socket = connect({ port, host: '127.0.0.1', onread });
    socket.once('connect', () => {
      began = performance.now();
      socket.write(head);
    });
    socket.once('error', reject);
  });

parentPort?.on('message', (asked: Asked) => {
  void get(asked).then((got) => parentPort!.postMessage(got));
});

/** @returns asks once, and ends the thread */
export const startReader = (): {
  readonly get: (asked: Asked) => Promise<Got>;
  readonly end: () => Promise<unknown>;
} => {
  const worker = new Worker(new URL(import.meta.url));
  return {
    get: (asked) =>
      new Promise((resolve, reject) => {
        worker.removeAllListeners().once('message', resolve).once('error', reject);
        worker.postMessage(asked);
      }),
    end: () => worker.terminate(),
  };
};
