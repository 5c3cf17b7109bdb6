/** What is read of a file while it is written and cut. */

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { Channel, Places } from '../../../src/agent/logger/protocol.ts';
import { RollingFile } from '../../../src/agent/logger/rolling-file.ts';
import type { OutputLimits } from '../../../src/agent/logger/rolling-file.ts';
import type { Output } from '../../../src/agent/supervision/output-files.ts';
import { FileReader } from '../../../src/agent/supervision/output-reader.ts';
import type { OutputRequest } from '../../../src/agent/supervision/output-reader.ts';
import { folderOf } from '../../folder.ts';

class Written {
  readonly fid = '0x7200000000000001:0x1';
  readonly limits: OutputLimits;
  readonly output: Output = {
    fid: this.fid,
    notes: { stdout: [], stderr: [] },
    settled: Promise.resolve(),
    begin: undefined,
    isPiped: true,
    writer: null,
  };
  isThere = true;
  readonly folder: string;
  readonly #files: Readonly<Record<Channel, RollingFile>>;
  #notes = 0;

  constructor(t: Test, limits: OutputLimits = { bytes: 100, files: 3 }) {
    this.limits = limits;
    this.folder = folderOf(t, {});
    this.#files = {
      stdout: new RollingFile(this.path('', 'stdout'), limits),
      stderr: new RollingFile(this.path('', 'stderr'), limits),
    };
  }

  path(_fid: string, channel: Channel = 'stdout'): string {
    return join(this.folder, channel);
  }

  of(): Output | undefined {
    return this.isThere ? this.output : undefined;
  }

  async ends(): Promise<Places> {
    return { stdout: this.#files.stdout.end(), stderr: this.#files.stderr.end() };
  }

  write(text: string, to: Channel = 'stdout'): void {
    this.#files[to].append(Buffer.from(text), () => undefined);
  }

  note(text: string): void {
    const id = (this.#notes += 1);
    for (const channel of ['stdout', 'stderr'] as const)
      this.output.notes[channel].push({ id, text, at: this.#files[channel].end() });
  }

  reader(request: Partial<OutputRequest> = {}): FileReader {
    const all: OutputRequest = { channels: ['stdout'], lines: null, follow: false, ...request };
    return new FileReader(this, this.output, all);
  }

  /** All that a reader gives until it ends. */
  async all(request: Partial<OutputRequest> = {}): Promise<string> {
    const reader = this.reader(request);
    let text = '';
    for (let piece = await reader.next(); piece !== undefined; piece = await reader.next())
      text += piece.channel === 'stdout' ? piece.data.toString() : said(piece);
    return text;
  }
}

const said = ({ channel, data }: { channel: string; data: Buffer }): string =>
  `<${channel}: ${data.toString()}>`;

const row = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}\n`).join('');

t.test('lines are counted from the end, through parts that were cut off', async (t) => {
  const written = new Written(t);
  written.write(row(10, 24));
  written.write(row(25, 39));
  written.write(row(40, 43));
  t.equal(await written.all({ lines: 3 }), row(41, 43));
  t.equal(await written.all({ lines: 4 }), row(40, 43));
  t.equal(await written.all({ lines: 6 }), row(38, 43));
  t.equal(await written.all({ lines: 20 }), row(24, 43));
  t.equal(await written.all({ lines: 1000 }), row(10, 43));
  t.equal(await written.all(), row(10, 43));
  t.equal(await written.all({ lines: 0 }), '');
  written.write('half a line');
  t.equal(await written.all({ lines: 2 }), `line 43\nhalf a line`);
});

t.test('a file that is empty or not there gives nothing', async (t) => {
  const written = new Written(t);
  t.equal(await written.all(), '');
  t.equal(await written.all({ lines: 3 }), '');
  written.write('');
  t.equal(await written.all({ lines: 3 }), '');
});

t.test('lines longer than what is looked at in one go are found', async (t) => {
  const written = new Written(t, { bytes: 1_000_000, files: 3 });
  const long = 'x'.repeat(200_000);
  written.write(`first\n${long}\nlast\n`);
  t.equal(await written.all({ lines: 2 }), `${long}\nlast\n`);
});

/** What comes next, until there is so much of it. */
const take = async (reader: FileReader, length: number): Promise<string> => {
  let text = '';
  while (text.length < length) text += (await reader.next())!.data.toString();
  return text;
};

t.test('a follower gets every byte once although files are moved under it', async (t) => {
  const written = new Written(t);
  written.write(row(10, 12));
  const reader = written.reader({ follow: true });
  t.equal(await take(reader, row(10, 12).length), row(10, 12));
  written.write(row(13, 43));
  t.equal(await take(reader, row(13, 43).length), row(13, 43), 'also from those moved aside');
  const waiting = take(reader, 8);
  setTimeout(() => written.write(row(44, 44)), 50);
  t.equal(await waiting, row(44, 44));
  const last = reader.next();
  reader.close();
  t.equal(await last, undefined, 'closing ends a call that waits');
});

t.test('a follower that is too slow is told that something is gone', async (t) => {
  const written = new Written(t);
  written.write(row(10, 12));
  const reader = written.reader({ follow: true });
  await reader.next();
  written.write(row(13, 92));
  t.match(said((await reader.next())!), /^<stdout: line 13\n/, 'of the file that it has open');
  t.match(said((await reader.next())!), /note: some of its stdout is gone/);
  const kept = row(10, 92).slice(400);
  t.equal(await take(reader, kept.length), kept);
  reader.close();
});

t.test('without following it ends where the end was, whatever is written since', async (t) => {
  for (const more of [row(20, 21), row(20, 30), row(20, 90)]) {
    const written = new Written(t);
    written.write(row(10, 19));
    const reader = written.reader();
    const first = await reader.next();
    written.write(more);
    let text = first!.data.toString();
    for (let piece = await reader.next(); piece; piece = await reader.next())
      if (piece.channel === 'stdout') text += piece.data.toString();
    t.equal(text, row(10, 19));
  }
});

t.test('no file is ever longer than its limit, nor are there more of them', async (t) => {
  for (const files of [1, 2, 3]) {
    const written = new Written(t, { bytes: 100, files });
    for (const length of [1, 99, 100, 101, 1, 250, 1000, 7]) {
      written.write('x'.repeat(length));
      const sizes = readdirSync(written.folder).map(
        (name) => statSync(join(written.folder, name)).size,
      );
      t.ok(sizes.length <= files && Math.max(...sizes) <= 100, `${files} files: ${sizes.join()}`);
    }
  }
});

t.test('what an earlier release left too long keeps its end', async (t) => {
  const written = new Written(t);
  writeFileSync(written.path(''), row(10, 99));
  writeFileSync(`${written.path('')}.1`, 'x'.repeat(1000));
  written.write('more\n');
  t.equal(readFileSync(`${written.path('')}.1`, 'latin1'), row(10, 99).slice(-100));
  t.equal(readFileSync(`${written.path('')}.2`, 'latin1').length, 100);
  t.equal(readFileSync(written.path(''), 'latin1'), 'more\n');
});

t.test('a note stands between what was written before and after', async (t) => {
  const written = new Written(t);
  written.note('started');
  written.write('a');
  written.write('A', 'stderr');
  written.note('ended');
  written.note('started again');
  written.write('b');
  written.write('B', 'stderr');
  t.equal(
    await written.all({ channels: ['stdout', 'stderr'] }),
    '<note: started>a<stderr: A><note: ended><note: started again>b<stderr: B>',
  );
  t.equal(await written.all({ channels: ['stderr'], lines: 0 }), '');
});

t.test('notes keep their place when the file is cut', async (t) => {
  const written = new Written(t);
  written.write(row(10, 24));
  written.note('in the middle');
  written.write(row(25, 26));
  written.note('at the end');
  written.note('at the beginning');
  written.write(row(27, 27));
  t.equal(
    await written.all(),
    `${row(10, 24)}<note: in the middle>${row(25, 26)}<note: at the end><note: at the beginning>${row(27, 27)}`,
  );
});

t.test('following ends when the process is removed, after all that it has written', async (t) => {
  const written = new Written(t);
  written.write('last words\n');
  const reader = written.reader({ follow: true });
  written.isThere = false;
  t.equal(said((await reader.next())!), '<stdout: last words\n>');
  await t.rejects(reader.next(), { message: 'the process was removed from this host' });
});
