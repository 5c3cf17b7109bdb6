/** A station in the process of a test that is not about the process of a station: that costs less than to start one. */

import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { openStation } from '../station/harness.ts';
import type { RunningStation } from './station.ts';

/**
 * A station in this process that listens, for tests of what is seen of one. It is stopped when the test ends.
 *
 * @param directory of its data; one of its own where it is left out
 */
export const stationHere = async (t: Test, directory?: string): Promise<RunningStation> => {
  const { app, admin, close } = await openStation(t, directory === undefined ? {} : { directory });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const stop = (): Promise<void> => {
    app.server.closeAllConnections();
    return close();
  };
  t.teardown(stop);
  return { url: `http://127.0.0.1:${port}`, token: admin, stop };
};
