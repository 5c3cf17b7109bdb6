/** All that a short command says. */

import type { ClientChannel } from 'ssh2';

/** More is not expected, characters; the end of it counts. */
const saidMax = 64 * 1024;

/** @throws the signal's reason, where it is aborted first */
export const saidBy = (channel: ClientChannel, signal: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    channel.stderr.resume();
    channel.on(
      'data',
      (piece: Buffer) => (text = `${text}${piece.toString('latin1')}`.slice(-saidMax)),
    );
    channel.once('close', () => resolve(text));
  });
