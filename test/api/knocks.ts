/** A port on this machine that takes calls, and counts them. */

import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

export const countedKnocks = async (
  t: Test,
): Promise<{ readonly port: number; readonly knocks: () => number }> => {
  let knocks = 0;
  const server = createServer((socket) => {
    knocks += 1;
    socket.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return { port: (server.address() as AddressInfo).port, knocks: () => knocks };
};
