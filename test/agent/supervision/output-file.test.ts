/** What is read of a file while it is written and cut. */

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { OutputFile } from '../../../src/agent/supervision/output-file.ts';
import { FileReader } from '../../../src/agent/supervision/output-reader.ts';
import type { OutputRequest } from '../../../src/agent/supervision/output-reader.ts';

const limits = { bytes: 100, files: 3 };

class Written {
  readonly stdout: OutputFile;
  readonly stderr: OutputFile;
  isThere = true;
  #notes = 0;

  constructor(t: Test) {
    const folder = t.testdir({});
    this.stdout = new OutputFile(join(folder, 'p.log'), limits);
    this.stderr = new OutputFile(join(folder, 'p.err.log'), limits);
  }

  write(text: string, to: 'stdout' | 'stderr' = 'stdout'): void {
    appendFileSync(this[to].path, text);
  }

  note(text: string): void {
    const note = { id: ++this.#notes, text };
    this.stdout.note(note);
    this.stderr.note(note);
  }

  reader(request: Partial<OutputRequest> = {}): FileReader {
    const all: OutputRequest = { channels: ['stdout'], lines: null, follow: false, ...request };
    return new FileReader(this, all, () => this.isThere);
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
  await written.stdout.shorten();
  written.write(row(25, 39));
  await written.stdout.shorten();
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
  const written = new Written(t);
  const long = 'x'.repeat(200_000);
  written.write(`first\n${long}\nlast\n`);
  t.equal(await written.all({ lines: 2 }), `${long}\nlast\n`);
});

t.test('a follower gets every byte once although the file is cut under it', async (t) => {
  const written = new Written(t);
  written.write(row(10, 12));
  const reader = written.reader({ follow: true });
  const next = async (): Promise<string> => said((await reader.next())!);
  t.equal(await next(), `<stdout: ${row(10, 12)}>`);
  written.write(row(13, 30));
  await written.stdout.shorten();
  written.write(row(31, 33));
  t.equal(await next(), `<stdout: ${row(13, 30)}>`, 'from the part that was cut off');
  t.equal(await next(), `<stdout: ${row(31, 33)}>`);
  const waiting = next();
  setTimeout(() => written.write(row(34, 34)), 50);
  t.equal(await waiting, `<stdout: ${row(34, 34)}>`);
  const last = reader.next();
  reader.close();
  t.equal(await last, undefined, 'closing ends a call that waits');
});

t.test('a follower that is too slow is told that something is gone', async (t) => {
  const written = new Written(t);
  written.write(row(10, 12));
  const reader = written.reader({ follow: true });
  await reader.next();
  for (let from = 13; from <= 73; from += 20) {
    written.write(row(from, from + 19));
    await written.stdout.shorten();
  }
  t.match(said((await reader.next())!), /note: some of its stdout is gone/);
  t.equal(said((await reader.next())!), `<stdout: ${row(53, 72)}>`);
  t.equal(said((await reader.next())!), `<stdout: ${row(73, 92)}>`);
  reader.close();
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
  await written.stdout.shorten();
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
