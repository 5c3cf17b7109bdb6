/** Several real stations in this process on one shared log in memory, each with a server that listens, by the real clock. */

import { copyFileSync } from 'node:fs';
import { createServer as listen } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import type { FastifyInstance } from 'fastify';
import type { Test } from 'tap';
import { createServer } from '../../../src/api/server.ts';
import { openSharedMemoryLog, SharedMemory } from '../../../src/log/shared-memory.ts';
import type { SharedMemoryLog } from '../../../src/log/shared-memory.ts';
import { Station } from '../../../src/station/station.ts';
import { afterAwake } from '../../station/awake.ts';
import { fillFrom, temporary, until } from '../../station/harness.ts';
import type { Answer, Ask } from '../../station/harness.ts';

export interface Member {
  readonly name: string;
  readonly url: string;
  readonly station: Station;
  readonly log: SharedMemoryLog;
  readonly app: FastifyInstance;
  readonly directory: string;
  readonly ask: Ask;
  /** Ends it in good order. */
  readonly close: () => Promise<void>;
}

export interface Stations {
  readonly admin: string;
  readonly members: readonly Member[];
  /** The one that leads, as soon as one does. */
  readonly leader: () => Promise<Member>;
  readonly followers: () => Promise<readonly Member[]>;
  /** Waits until all have what the one that leads has. */
  readonly settled: () => Promise<void>;
}

const freePort = async (): Promise<number> => {
  const server = listen().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

/** How long a call of the log waits for a silent line, ms. */
const answerMs = 1_000;

export const stations = async (t: Test, names: readonly string[]): Promise<Stations> => {
  const storage = new SharedMemory();
  const members: Member[] = [];
  let admin = '';
  const open = async (name: string): Promise<Member> => {
    const directory = temporary(t);
    const [first] = members;
    if (first) copyFileSync(join(first.directory, 'station.key'), join(directory, 'station.key'));
    const log = openSharedMemoryLog({
      storage,
      deadline: (expire) => afterAwake(answerMs, expire),
    });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const logger = pino({ level: 'silent' });
    const station = await Station.open({ directory, logger, log, name, url });
    const app = await createServer(station, { logger });
    station.start(1);
    await app.listen({ host: '127.0.0.1', port });
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => (closed ??= app.close().then(() => station.close()));
    t.teardown(async () => {
      log.line.restore();
      app.server.closeAllConnections();
      await close();
    });
    const ask: Ask = async (method, path, body, asked = {}): Promise<Answer> => {
      const answer = await fetch(
        /^\/(healthz|readyz)/.test(path) ? url + path : `${url}/api/v1${path}`,
        {
          method,
          headers: {
            authorization: `Bearer ${asked.token ?? admin}`,
            ...(asked.key === undefined ? {} : { 'idempotency-key': asked.key }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...asked.headers,
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        },
      );
      const text = await answer.text();
      const headers = Object.fromEntries(answer.headers);
      let parsed: unknown;
      try {
        parsed = JSON.parse(text);
      } catch {
        parsed = undefined;
      }
      return { status: answer.status, text, headers, body: parsed };
    };
    return { name, url, station, log, app, directory, ask, close };
  };
  const leader = (): Promise<Member> =>
    until('a station that leads', () =>
      members.find(({ station }) => station.standing.role === 'leading'),
    );
  for (const name of names) {
    const member = await open(name);
    members.push(member);
    if (members.length > 1) continue;
    const { station } = await leader();
    admin = (await station.access.bootstrap())!;
    for (const other of names.slice(1)) {
      const command = { type: 'AddStation', station: other, url: 'http://127.0.0.1:1' } as const;
      await station.submit(command, { actor: 'test' }, () => null);
    }
  }
  for (const { name, url } of members.slice(1)) {
    const answer = await members[0]!.ask('POST', '/stations', { name, url });
    if (answer.status >= 300) throw new Error(answer.text);
  }
  await fillFrom(members[0]!.ask);
  const settled = async (): Promise<void> => {
    const { head } = (await leader()).station;
    const late = AbortSignal.timeout(60_000);
    await Promise.all(members.map(({ station }) => station.reached(head, late)));
  };
  await settled();
  return {
    ...{ admin, members, leader, settled },
    followers: async () => {
      const one = await leader();
      return members.filter((member) => member !== one);
    },
  };
};
