/** The largest commit that a log takes goes to PostgreSQL and comes back. */

import { randomBytes } from 'node:crypto';
import t from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import { commitAt } from '../log/contract.ts';
import { endOf } from './fates.ts';
import { init, open } from './ready.ts';
import { startServer } from './servers.ts';

t.test('64 MiB are taken, and one more character is not', async (t) => {
  const server = await startServer(t, { settings: { max_wal_size: '1GB' } });
  await init(server.url());
  // How quick the machine is, is not what is tried.
  const log = await open(server.url(), { deadlines: { answerMs: 120_000 } });
  t.teardown(() => log.close());
  const { commitCharacters } = log.limits;
  t.equal(commitCharacters, 64 * 1024 * 1024);
  const room = commitCharacters - JSON.stringify(commitAt(1, '')).length;
  // Nothing of it can be made shorter.
  const note = randomBytes(Math.ceil((room * 3) / 4))
    .toString('base64')
    .slice(0, room);
  t.equal(await endOf(log, commitAt(1, `${note}x`)), 'append-failed');
  t.equal(await endOf(log, commitAt(1, note)), 'appended');
  t.equal(await endOf(log, commitAt(2)), 'appended');
  t.equal(log.shared!.trouble, undefined);
  const read = await Array.fromAsync(log.read(revision(0)));
  t.equal(read.length, 2);
  t.ok((read[0]!.events[0]!.data as { note: string }).note === note);
  const value = randomBytes(16 * 1024 * 1024);
  t.equal(await log.shared!.register('secrets').replace(0, value), 1);
  t.ok((await log.shared!.register('secrets').read())!.value.equals(value));
  await t.rejects(log.shared!.register('secrets').replace(1, Buffer.alloc(value.length + 1)), {
    code: 'log-unavailable',
  });
});
