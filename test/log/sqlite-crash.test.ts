/** A process that dies or runs out of space while it appends. */

import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import t from 'tap';
import type { Test } from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import { openSqliteLog } from '../../src/log/sqlite/sqlite-log.ts';
import { folderOf } from '../folder.ts';
import { commitAt, range } from './contract.ts';

const program = join(import.meta.dirname, 'appender.ts');
const patience = 120_000;

class Appender {
  readonly acked: number[] = [];
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(t: Test, directory: string, submitters: number) {
    // tap adds a preload to the environment of every child, which would end the process on the
    // signal that a full file raises and that Node ignores.
    const argv = ['-u', 'NODE_OPTIONS', process.execPath, program, directory, String(submitters)];
    this.#child = spawn('env', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
    const signal = AbortSignal.timeout(patience);
    const lines = createInterface({ input: this.#child.stdout, signal });
    this.#lines = lines[Symbol.asyncIterator]();
    t.teardown(() => this.#child.kill('SIGKILL'));
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  append(count: number): void {
    this.#child.stdin.write(`append ${count}\n`);
  }

  /** Notes acknowledgements until something else is said, or as many as asked have come. */
  async listen(count = Infinity): Promise<string> {
    while (this.acked.length < count) {
      const { value, done } = await this.#lines.next();
      if (done === true) return 'ended';
      const match = /^acked (\d+)$/.exec(value);
      if (match === null) return value;
      this.acked.push(Number(match[1]));
    }
    return 'enough';
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.listen();
    if (this.#child.signalCode === null) await once(this.#child, 'exit');
  }

  async end(): Promise<number | null> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }
}

t.test('every acknowledged commit is there after kill -9, whole and once', async (t) => {
  const directory = folderOf(t);
  for (const round of [1, 2, 3, 4]) {
    const appender = new Appender(t, directory, 200);
    t.equal(await appender.listen(), 'open');
    appender.append(1_000_000);
    t.equal(await appender.listen(round * 777), 'enough');
    await appender.kill();
    const log = await openSqliteLog({ directory, verify: 'full' });
    const last = Math.max(...appender.acked);
    t.ok(log.head() >= last, `${appender.acked.length} acknowledged, the last is ${last}`);
    t.same(
      await Array.fromAsync(log.read(revision(0))),
      range(0, log.head()).map((at) => commitAt(at)),
    );
    await log.close();
  }
});

t.test('a log is for one process, until that ends', async (t) => {
  const directory = folderOf(t);
  const appender = new Appender(t, directory, 1);
  t.equal(await appender.listen(), 'open');
  await t.rejects(openSqliteLog({ directory }), { code: 'log-locked' });
  await appender.kill();
  const log = await openSqliteLog({ directory });
  await log.close();
});

t.test('without space appends fail, and go on once there is space', async (t) => {
  const directory = folderOf(t);
  const appender = new Appender(t, directory, 64);
  t.equal(await appender.listen(), 'open');
  // Files of that process may not grow beyond 1 MiB: like a full disk, and anybody may set it.
  execFileSync('prlimit', ['--pid', String(appender.pid), '--fsize=1048576:']);
  appender.append(100_000);
  const [said, code, head] = (await appender.listen()).split(' ');
  t.equal(said, 'failed');
  t.equal(code, 'append-failed');
  const before = Math.max(...appender.acked);
  t.equal(Number(head), before, 'the head is the last acknowledged commit');
  t.ok(before > 100);

  appender.append(10);
  t.equal(await appender.listen(), `failed append-failed ${before}`, 'still no space');

  execFileSync('prlimit', ['--pid', String(appender.pid), '--fsize=unlimited:']);
  appender.append(5000);
  t.equal(await appender.listen(), `done ${before + 5000}`);
  t.equal(await appender.end(), 0);

  const log = await openSqliteLog({ directory, verify: 'full' });
  t.equal(log.head(), before + 5000);
  await log.close();
});
