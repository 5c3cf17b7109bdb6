/** Ends a connection so that what is on its way is not delivered, as far as that is in our hands. */

import type { Socket } from 'node:net';

export const cutOff = (socket: Socket | null): void => {
  try {
    // The kernel forgets what the other side has not taken yet.
    socket?.resetAndDestroy();
  } catch {
    // One that is encrypted is only closed; the end of what it carries cannot be read without its last bytes.
    socket?.destroy();
  }
};
