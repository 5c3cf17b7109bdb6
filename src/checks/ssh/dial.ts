/** Streams to machines: a socket, or a way through a jump host; whatever it is, whether somebody speaks there. */

import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { SshFailure, socketFailure } from './failure.ts';

/** Opens a stream; the signal ends the attempt, and nothing after it. What it throws says {@link socketFailure}. */
export type Dial = (address: string, port: number, signal: AbortSignal) => Promise<Duplex>;

export const systemDial: Dial = (address, port, signal) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ host: address, port, noDelay: true });
    const settle = (end: () => void): void => {
      signal.removeEventListener('abort', leave);
      socket.removeAllListeners();
      // What comes later is for whoever uses it; until then it must not be nobody's.
      socket.on('error', () => {});
      end();
    };
    const leave = (): void =>
      settle(() => {
        socket.destroy();
        reject(signal.reason as Error);
      });
    signal.addEventListener('abort', leave, { once: true });
    socket.once('connect', () => settle(() => resolve(socket)));
    socket.once('error', (error) =>
      settle(() => {
        socket.destroy();
        reject(error);
      }),
    );
  });

/**
 * Waits for the first words of an ssh server, and leaves them to be read.
 *
 * @throws {SshFailure} `reset`: the stream ended before, as sshd does where too many log in at once
 */
export const hearFirst = (stream: Duplex, name: string, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const settle = (end: () => void): void => {
      signal.removeEventListener('abort', leave);
      for (const [event, listener] of listeners) stream.off(event, listener);
      end();
    };
    const leave = (): void => settle(() => reject(signal.reason as Error));
    const ended = (): void =>
      settle(() =>
        reject(new SshFailure('reset', `${name}: it ended the connection before it said anything`)),
      );
    const listeners: readonly (readonly [string, (error: Error) => void])[] = [
      [
        'readable',
        () => {
          if (stream.readableLength > 0) settle(resolve);
          else if (stream.readableEnded) ended();
        },
      ],
      ['end', ended],
      ['close', ended],
      ['error', (error) => settle(() => reject(socketFailure(error, name)))],
    ];
    signal.addEventListener('abort', leave, { once: true });
    for (const [event, listener] of listeners) stream.on(event, listener);
  });
