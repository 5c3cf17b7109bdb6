/** A mirror whose disk runs full. */

import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import { openMirroredLog } from '../../src/log/mirror/open-mirror.ts';
import { openSharedMemoryLog, SharedMemory } from '../../src/log/shared-memory.ts';
import { folderOf } from '../folder.ts';
import { commitAt } from './contract.ts';

const news = { info: (): void => undefined, warn: (): void => undefined };

/** A directory on a disk of a size. */
const mounted = (t: Test, size: string): string => {
  const unmount: (() => void)[] = [];
  t.teardown(() => unmount.forEach((one) => one()));
  const directory = join(folderOf(t), 'data');
  mkdirSync(directory);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', directory]);
  unmount.push(() => execFileSync('umount', ['--lazy', directory]));
  return directory;
};

/** Makes a file as large as there is room for. */
const fillUp = (path: string): void => {
  const file = openSync(path, 'w');
  try {
    for (;;) writeSync(file, Buffer.alloc(4096));
  } catch {
    closeSync(file);
  }
};

t.test(
  'a mirror on a full disk ends the log, and what is durable is never said to have failed',
  async (t) => {
    const directory = mounted(t, '8m');
    const storage = new SharedMemory();
    const open = () =>
      openMirroredLog({ engine: openSharedMemoryLog({ storage }), directory, news });
    const log = await open();
    const told = new Promise((resolve) => log.subscribe(revision(0), () => undefined, resolve));
    const note = 'x'.repeat(100_000);
    let code: unknown;
    let at = 0;
    while (code === undefined && at < 1000) {
      at += 1;
      const appended = log.append(commitAt(at, note), revision(at - 1));
      code = await appended.then(
        () => undefined,
        (error: { code: unknown }) => error.code,
      );
    }
    t.equal(code, 'outcome-unknown');
    t.equal(storage.head, at, 'the engine has it');
    t.match(await log.shared!.lost, { message: /log.db cannot be written: .*full/ });
    t.match(await told, { message: /full/ });
    await t.rejects(log.append(commitAt(at, note), revision(at - 1)), { code: 'outcome-unknown' });
    await t.rejects(log.append(commitAt(at + 1), revision(at)), { code: 'append-failed' });
    await log.close();
    const fill = join(directory, 'fill');
    fillUp(fill);
    await t.rejects(open(), { code: 'log-unavailable' }, 'there is no room at all');
    rmSync(fill);
    execFileSync('mount', ['-o', 'remount,size=64m', directory]);
    const again = await open();
    t.equal(again.head(), at);
    t.equal(await again.checksum(revision(at)), storage.stored(at)!.crc);
    await again.append(commitAt(at + 1), revision(at));
    await again.close();
  },
);

t.test('a mirror that no room is made for does not open, and says why', async (t) => {
  const directory = mounted(t, '64k');
  const fill = join(directory, 'fill');
  fillUp(fill);
  const storage = new SharedMemory();
  const open = () => openMirroredLog({ engine: openSharedMemoryLog({ storage }), directory, news });
  await t.rejects(open(), { code: 'log-unavailable', message: /full|no space/i });
  rmSync(fill);
  execFileSync('mount', ['-o', 'remount,size=64m', directory]);
  await (await open()).close();
});
