/** UDP as this library needs it, so that a trial may hand in a network of its own. */

import { createSocket } from 'node:dgram';

export interface Peer {
  /** An IP address, in its usual spelling. */
  readonly address: string;
  readonly port: number;
}

export interface UdpSocket {
  /** Calls back with an error only where the packet cannot have left this machine. */
  send(bytes: Buffer, to: Peer, failed: (error: Error) => void): void;
  close(): void;
}

export type Receive = (bytes: Buffer, from: Peer) => void;
/** @param family 4 or 6, the version of IP */
export type OpenSocket = (family: 4 | 6, receive: Receive) => Promise<UdpSocket>;

/** Bursts of answers from hundreds of BMCs have to fit in, bytes. */
const receiveBuffer = 4 * 1024 * 1024;

/** A socket on a port that the system chooses. */
export const openUdpSocket: OpenSocket = (family, receive) =>
  new Promise((resolve, reject) => {
    const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
    socket.once('error', reject);
    socket.on('message', (bytes, { address, port }) => receive(bytes, { address, port }));
    socket.bind(0, () => {
      socket.off('error', reject);
      // What the system reports later concerns one peer; its sender finds out by silence.
      socket.on('error', () => undefined);
      try {
        socket.setRecvBufferSize(receiveBuffer);
      } catch {
        // The system's own size has to do.
      }
      let isOpen = true;
      resolve({
        send(bytes, { address, port }, failed) {
          if (!isOpen) return failed(new Error('the socket is closed'));
          socket.send(bytes, port, address, (error) => {
            if (error !== null) failed(error);
          });
        },
        close() {
          if (isOpen) socket.close();
          isOpen = false;
        },
      });
    });
  });
