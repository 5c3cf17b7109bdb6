/**
 * A station beside one that leads, which has what that one had when it was opened, and is told by the test who leads. It
 * speaks to the other as stations do, by HTTP.
 */

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { openMemoryLog } from '../../../src/log/memory.ts';
import type { MemoryStorage } from '../../../src/log/memory.ts';
import type { SharedLog } from '../../../src/log/register.ts';
import type { Place, Standing } from '../../../src/station/leadership/standing.ts';
import type { Station } from '../../../src/station/station.ts';
import { openStation, temporary } from '../../station/harness.ts';
import type { Choices, InProcess } from '../../station/harness.ts';
import { memoryLog } from '../../station/memory-log.ts';

export interface Beside {
  readonly leader: InProcess;
  readonly follower: InProcess;
  /** Where the one that leads listens. */
  readonly place: Place;
  /** A token of agents. */
  readonly agent: string;
  /** Where the other one listens. */
  readonly url: string;
  /** Who leads, as the follower knows; null: nobody. */
  leads: (place: Place | null) => void;
}

const sharedLog = { trouble: undefined } as SharedLog;

/** Says that the log of a station may have others, and where it stands among them. */
export const placed = (station: Station, standing: () => Standing): void => {
  Object.defineProperty(station.log, 'shared', { value: sharedLog });
  Object.defineProperty(station, 'standing', { get: standing });
};

const listening = async ({ app }: InProcess): Promise<string> => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
};

export const beside = async (t: Test, choices: Choices = {}): Promise<Beside> => {
  const storage: MemoryStorage = [];
  const leader = await openStation(t, { log: memoryLog(storage), ...choices });
  await leader.fill();
  const agent = await leader.tokenOf('agent');
  const place = { station: 'one', url: await listening(leader) };
  placed(leader.station, () => ({
    ...{ role: 'leading', name: 'one', term: 1, leader: place, since: 0 },
  }));
  const directory = temporary(t);
  cpSync(join(leader.directory, 'station.key'), join(directory, 'station.key'));
  const log = openMemoryLog({ storage: [...storage] });
  const { admin } = leader;
  const follower = await openStation(t, { ...choices, directory, log, admin });
  let known: Place | null = place;
  placed(follower.station, () => ({
    ...{ role: 'following', name: 'two', term: 1, leader: known, since: 0 },
  }));
  return {
    ...{ leader, follower, place, agent },
    url: await listening(follower),
    leads: (place) => (known = place),
  };
};
