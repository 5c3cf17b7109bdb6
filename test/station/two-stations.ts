/** Two stations of one cluster in this process, on one log in memory: one leads, the other follows. Both listen. */

import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { openSharedMemoryLog, SharedMemory } from '../../src/log/shared-memory.ts';
import type { SharedMemoryLog } from '../../src/log/shared-memory.ts';
import { openStation, temporary, until } from './harness.ts';
import type { InProcess } from './harness.ts';

export interface Listening extends InProcess {
  readonly name: string;
  readonly url: string;
  readonly log: SharedMemoryLog;
}

/** A URL where nobody listens now. */
export const freeUrl = async (): Promise<string> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
};

/** In seconds: longer than a busy machine lets both stand still. */
const lease = 300;

const listen = ({ app }: InProcess, url: string): Promise<string> =>
  app.listen({ host: '127.0.0.1', port: Number(new URL(url).port) });

/** `head1` leads; `head2` follows it, and is known where that is wanted. */
export const twoStations = async (
  t: Test,
  { isKnown = true } = {},
): Promise<{ leader: Listening; follower: Listening }> => {
  const storage = new SharedMemory();
  const one = { name: 'head1', url: await freeUrl(), log: openSharedMemoryLog({ storage }) };
  const leader = { ...(await openStation(t, { ...one, lease })), ...one };
  await listen(leader, one.url);
  const two = { name: 'head2', url: await freeUrl(), log: openSharedMemoryLog({ storage }) };
  if (isKnown) {
    const { status, text } = await leader.ask('POST', '/stations', {
      name: two.name,
      url: two.url,
    });
    if (status !== 201) throw new Error(text);
  }
  const directory = temporary(t);
  cpSync(join(leader.directory, 'station.key'), join(directory, 'station.key'));
  const { admin } = leader;
  const opened = await openStation(t, { ...two, directory, admin, lease, follows: true });
  await listen(opened, two.url);
  await until(
    'the other one to know who leads',
    () => opened.station.standing.leader?.station === 'head1',
  );
  return { leader, follower: { ...opened, ...two } };
};
