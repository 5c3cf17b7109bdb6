/** Three stations as processes of their own on one log in PostgreSQL that loses both of its synchronous standbys. */

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createClient } from '../../src/client/client.ts';
import { ApiError } from '../../src/client/errors.ts';
import { runStation, temporary, until } from '../station/harness.ts';
import { freePort } from '../station/sshd.ts';
import { init } from './ready.ts';
import { startThree } from './servers.ts';

/** None of them says that it was done, nor that it failed. */
const undecided = /^(outcome-unknown|log-away|no-leader|not-leading|log-busy)$/;

t.test('T56: three stations as processes, whose log loses its quorum', async (t) => {
  const three = await startThree(t);
  await init(three.url());
  const members: { name: string; url: string; stdout: () => string }[] = [];
  let first = '';
  for (const name of ['one', 'two', 'three']) {
    const directory = temporary(t);
    if (first === '') first = directory;
    else copyFileSync(join(first, 'station.key'), join(directory, 'station.key'));
    const url = `http://127.0.0.1:${await freePort()}`;
    const { stdout, stderr, process } = runStation(t, [
      ...['--data', directory, '--log', three.url()],
      ...['--name', name, '--url', url, '--listen', new URL(url).host],
    ]);
    await until(`${name} to listen`, () => {
      if (process.exitCode !== null) throw new Error(stderr());
      return /^listening on/m.test(stdout());
    });
    members.push({ name, url, stdout });
    if (members.length > 1) continue;
    await until('the first token', () => /admin token: /.test(stdout()));
  }
  const token = /admin token: (\S+)/.exec(members[0]!.stdout())![1]!;
  const station = members.map(({ url }) => url);
  const client = createClient({ station, token, busyMs: 240_000, timeoutMs: 120_000 });
  for (const { name, url } of members.slice(1)) await client.addStation({ name, url });
  await Promise.all(three.standbys.map((standby) => standby.kill()));
  const codes = await Promise.all(
    members.map(async ({ url }) => {
      const impatient = createClient({ station: url, token, busyMs: 0, timeoutMs: 120_000 });
      try {
        await impatient.createProject({ name: 'add' }, { idempotencyKey: 'add' });
        return 'accepted';
      } catch (error) {
        return error instanceof ApiError ? error.code : String(error);
      }
    }),
  );
  for (const code of codes) t.match(code, undecided);
  await three.standbys[0]!.start();
  await three.following(1);
  await client.createProject({ name: 'add' }, { idempotencyKey: 'add' });
  const { events } = await client.listEvents({ limit: 1000 });
  const made = events.filter(({ type }) => type === 'ProjectCreated');
  t.same(
    made.map(({ data }) => (data as { name: string }).name),
    ['add'],
    'once',
  );
});
