/** A server whose disk is full refuses, and nothing is lost. Root only: file systems are mounted. */

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import { commitAt, range } from '../log/contract.ts';
import { endOf, fateOf, until } from './fates.ts';
import { init, open } from './ready.ts';
import { startServer } from './servers.ts';

const short = { answerMs: 15_000, connectMs: 10_000, restMaxMs: 500 };
/** What cannot be made shorter, of so many characters. */
const noise = (characters: number): string => randomBytes((characters * 3) / 4).toString('base64');

t.test('a table that cannot grow refuses commits, and takes them when it can', async (t) => {
  const server = await startServer(t, { roomMiB: 200 });
  await init(server.url());
  const log = await open(server.url(), { deadlines: short });
  t.teardown(() => log.close());
  const small = join(server.directory, '..', 'small');
  mkdirSync(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4M', 'tmpfs', small]);
  t.teardown(() => {
    execFileSync('umount', ['--lazy', small]);
  });
  const { uid, gid } = statSync(server.directory);
  chownSync(small, uid, gid);
  await server.ask(`create tablespace small location '${small}'`);
  await server.ask('alter table halcyon.commits set tablespace small', 'halcyon');
  let at = 0;
  let end = 'appended';
  while (end === 'appended' && at < 40) {
    at += 1;
    end = await endOf(log, commitAt(at, noise(400_000)));
  }
  t.equal(end, 'append-failed');
  const refused = await log.append(commitAt(at, noise(400_000)), revision(at - 1)).catch(String);
  t.match(refused, /No space left.*the disk of the server is full/);
  t.equal(log.shared!.trouble, undefined);
  t.equal(await endOf(log, commitAt(at + 1)), 'revision-conflict', 'nothing of it is kept');
  await server.ask('alter table halcyon.commits set tablespace pg_default', 'halcyon');
  t.equal(await endOf(log, commitAt(at, noise(400_000))), 'appended');
  t.equal((await Array.fromAsync(log.read(revision(0)))).length, at);
});

t.test(
  'a server that cannot write its log ahead loses nothing that was acknowledged',
  async (t) => {
    const server = await startServer(t, { roomMiB: 160, settings: { max_wal_size: '32MB' } });
    await init(server.url());
    const log = await open(server.url(), { deadlines: short });
    t.teardown(() => log.close());
    const ballast = join(server.directory, 'ballast');
    t.equal(await endOf(log, commitAt(1)), 'appended');
    try {
      for (let piece = 0; piece < 400; piece += 1)
        writeFileSync(ballast, Buffer.alloc(1024 * 1024), { flag: 'a' });
      t.fail('the disk is larger than was asked for');
    } catch (error) {
      t.match(error, { code: 'ENOSPC' });
    }
    const commits = [commitAt(1)];
    let end = 'appended';
    for (let at = 2; end === 'appended' && at < 200; at += 1) {
      commits.push(commitAt(at, noise(200_000)));
      end = await endOf(log, commits.at(-1)!);
    }
    t.match(end, /^(append-failed|outcome-unknown)$/);
    const acknowledged = commits.length - 1;
    t.equal(log.head(), acknowledged);
    rmSync(ballast);
    // It may have given up: then an administrator starts it again.
    await server.stop('immediate');
    await server.start();
    t.match(await fateOf(log, commits.at(-1)!), /^(appended|kept)$/);
    t.ok(await until(() => log.shared!.trouble === undefined));
    const again = await open(server.url(), { verify: 'full' });
    t.same(
      await Array.fromAsync(again.read(revision(0)), ({ revision }) => revision),
      range(0, commits.length),
    );
    await again.close();
  },
);
