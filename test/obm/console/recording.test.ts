/** Logs of consoles: written in segments, whole after a crash, kept within limits. */

import fc from 'fast-check';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { folderName } from '../../../src/obm/console/recording/folder-name.ts';
import { PlayedTime, reasonOf, settled, startConsole } from './played.ts';
import {
  bytesOf,
  itemsOf,
  openRecordings,
  storyOf,
  temporary,
  textsOf,
  Writing,
} from './recorded.ts';

t.test(
  '56: lines printed with no viewer are in the log with time stamps; who attaches later sees the last and goes on',
  async (t) => {
    const { recordings } = await openRecordings(t);
    const recorder = await recordings.record('n1', 1);
    const { obm, attach, time } = await startConsole(t, { recorder });
    obm.say('one\r\n');
    await time.pass(5_000);
    obm.say('two\r\n');
    const { seen } = attach();
    obm.say('three\r\n');
    t.equal(seen.text, 'one\r\ntwo\r\nthree\r\n');
    t.same(await textsOf(recorder), ['one', 'two', 'three']);
    const times = (await itemsOf(recorder)).flatMap((item) =>
      item.kind === 'data' ? [item.at - time.began] : [],
    );
    t.same([times[0], times[1]], [0, 5_000]);
    t.equal(await storyOf(recorder), '<connected>one\r\ntwo\r\n<attached>three\r\n');
  },
);

t.test('65: no byte is lost across rotations, and each is where it says', async (t) => {
  const sizes = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.array(fc.nat(39), { maxLength: 10 }), async (lengths, flushes) => {
      const settings = { segmentBytes: 5_000 };
      const { recordings, directory } = await openRecordings(t, { settings });
      const recording = await recordings.record('n1', 1);
      const writing = new Writing(recording);
      let all = Buffer.alloc(0);
      for (const [i, length] of lengths.entries()) {
        const bytes = Buffer.from(Array.from({ length }, (_, at) => (all.length + at) % 251));
        all = Buffer.concat([all, bytes]);
        writing.say(bytes);
        if (flushes.includes(i)) await recording.flush();
      }
      const whole = await bytesOf(recording);
      const from = Math.floor(all.length / 3);
      const part = await bytesOf(recording, { from, to: from + 1_000 });
      await recordings.close();
      rmSync(directory, { recursive: true });
      return whole.equals(all) && part.equals(all.subarray(from, from + 1_000));
    }),
    { numRuns: 30 },
  );
});

t.test('65: a console that writes without end is in many segments, in order', async (t) => {
  const { recordings, directory } = await openRecordings(t, { settings: { segmentBytes: 4_096 } });
  const recording = await recordings.record('n1', 1);
  const writing = new Writing(recording);
  const expected: string[] = [];
  for (let i = 0; i < 2_000; i += 1) {
    expected.push(`line ${i}`);
    writing.say(`line ${i}\r\n`);
    if (i % 100 === 0) await recording.flush();
    if (i % 500 === 0) writing.mark(String(i));
  }
  t.same(await textsOf(recording), expected);
  t.ok(recording.segments.length > 3);
  const files = readdirSync(join(directory, 'n1')).filter((name) => name.endsWith('.log'));
  const plain = files.sort().map((name) => readFileSync(join(directory, 'n1', name), 'utf8'));
  t.equal(plain.join(''), expected.map((line) => `${line}\r\n`).join(''), 'the files are plain');
});

t.test('a segment is ended when it is old', async (t) => {
  const time = new PlayedTime();
  const { recordings } = await openRecordings(t, { settings: { segmentMs: 60_000 }, time });
  const recording = await recordings.record('n1', 1);
  const writing = new Writing(recording, time);
  for (let i = 0; i < 3; i += 1) {
    writing.say('x');
    await recording.flush();
    time.ms += 61_000;
  }
  t.equal(recording.segments.length, 3);
  t.equal(await storyOf(recording), 'xxx');
});

t.test(
  'what is too much for a machine, for all, or too old is removed: the oldest first',
  async (t) => {
    const time = new PlayedTime();
    const settings = { segmentBytes: 1_000, keepBytes: 5_000, keepBytesInAll: 8_000, keepMs: 1e6 };
    const { recordings, directory } = await openRecordings(t, { settings, time });
    const one = await recordings.record('n1', 1);
    const writing = new Writing(one, time);
    for (let i = 0; i < 20; i += 1) {
      writing.say(String(i % 10).repeat(1_000));
      await one.flush();
      time.ms += 1_000;
    }
    t.ok(one.bytes <= 6_200, `${one.bytes}`);
    t.match(await storyOf(one), /^(\d)\1{999}.*9{1000}$/);

    const two = await recordings.record('n2', 1);
    const other = new Writing(two, time);
    for (let i = 0; i < 4; i += 1) {
      other.say(Buffer.alloc(1_000));
      await two.flush();
    }
    await recordings.tidy();
    t.ok(one.bytes + two.bytes <= 8_000, `${one.bytes} + ${two.bytes}`);
    t.ok(two.bytes > 4_000, 'the older go first');
    time.ms += 2e6;
    await recordings.tidy();
    t.equal(one.segments.length, 1, 'but never the one that is written');
    t.ok(readdirSync(join(directory, 'n1')).length <= 3);
  },
);

t.test('the log of a machine that is not known any more goes as any other does', async (t) => {
  const directory = temporary(t);
  const first = await openRecordings(t, { directory });
  const gone = await first.recordings.record('gone', 1);
  new Writing(gone).say(Buffer.alloc(3_000));
  await first.recordings.close();
  writeFileSync(join(directory, 'notes'), 'of somebody else');

  const time = new PlayedTime();
  time.ms = Date.now() - time.began;
  const settings = { keepBytesInAll: 10_000, keepMs: 60_000 };
  const { recordings } = await openRecordings(t, { directory, settings, time });
  const kept = await recordings.record('kept', 1);
  new Writing(kept, time).say(Buffer.alloc(5_000));
  await kept.flush();
  await recordings.tidy();
  t.same(readdirSync(directory).sort(), ['gone', 'kept', 'notes']);
  new Writing(kept, time).say(Buffer.alloc(3_000));
  await kept.flush();
  await recordings.tidy();
  t.same(readdirSync(directory).sort(), ['kept', 'notes'], 'the older goes first');
  time.ms += 120_000;
  await recordings.tidy();
  t.equal((await bytesOf(kept)).length, 8_000, 'what is written is never removed');
});

t.test('files are held open by the ones used last, and no more than may be', async (t) => {
  const { recordings } = await openRecordings(t, { settings: { filesMax: 8 } });
  const writings: [Writing, Awaited<ReturnType<typeof recordings.record>>][] = [];
  for (let i = 0; i < 50; i += 1) {
    const recording = await recordings.record(`n${i}`, 1);
    writings.push([new Writing(recording), recording]);
  }
  for (let round = 0; round < 3; round += 1) {
    for (const [writing] of writings) writing.say(`round ${round}\n`);
    for (const [, recording] of writings) await recording.flush();
    t.ok(recordings.openFiles <= 8, `${recordings.openFiles}`);
  }
  for (const [, recording] of writings)
    t.equal(await storyOf(recording), 'round 0\nround 1\nround 2\n');
});

t.test('30: a label leads nowhere else, and no two have one folder', async (t) => {
  const labels = [
    ...['n1', 'N1', '..', '.', '', '../n1', 'a/b', 'a%2fb', '.n1', 'n1\0', '-rf', 'ü', '\n', '%'],
    ...['x'.repeat(300), 'x'.repeat(301), '/'.repeat(300), 'a~b'],
  ];
  const names = labels.map(folderName);
  t.equal(new Set(names).size, labels.length);
  for (const name of names) t.match(name, /^[A-Za-z0-9_%-][A-Za-z0-9._%~-]{0,239}$/);
  const { recordings, directory } = await openRecordings(t);
  const recording = await recordings.record('../../escaped', 1);
  new Writing(recording).say('here');
  await recording.flush();
  t.same(readdirSync(directory), ['%2e.%2f..%2fescaped']);
  t.equal(statSync(join(directory, '%2e.%2f..%2fescaped')).mode & 0o777, 0o700);
});

t.test('a log is opened once at a time', async (t) => {
  const { recordings } = await openRecordings(t);
  await recordings.record('n1', 1);
  t.equal(await reasonOf(() => recordings.record('n1', 1)), 'settings');
});

t.test('a restart goes on, and gives no position out twice', async (t) => {
  const directory = temporary(t);
  const first = await openRecordings(t, { directory });
  const one = await first.recordings.record('n1', 1);
  const writing = new Writing(one);
  writing.say('before\n');
  await first.recordings.close();

  const second = await openRecordings(t, { directory });
  const two = await second.recordings.record('n1', 1);
  t.ok(two.origin > writing.position);
  new Writing(two).say('after\n');
  t.equal(await storyOf(two), 'before\n<started>after\n');
});

t.test('60: whether we had the console when the last run ended is known', async (t) => {
  const directory = temporary(t);
  const marked = async (kinds: readonly ('connected' | 'lost')[]): Promise<boolean | null> => {
    const { recordings } = await openRecordings(t, { directory });
    const recording = await recordings.record('n1', 1);
    const { wasConnected } = recording;
    for (const kind of kinds)
      recording.mark({ kind, at: 1, position: recording.origin, text: kind });
    await recordings.close();
    return wasConnected;
  };
  t.equal(await marked(['connected']), null);
  t.equal(await marked(['connected', 'lost']), true);
  t.equal(await marked([]), false);
});

/** Files of the only segment of `n1`. */
const segmentIn = (directory: string): { log: string; index: string } => {
  const folder = join(directory, 'n1');
  const name = readdirSync(folder).find((file) => file.endsWith('.log'))!;
  return { log: join(folder, name), index: join(folder, name.replace('.log', '.index')) };
};

t.test('a torn end is mended, wherever it is torn', async (t) => {
  const directory = temporary(t);
  const made = await openRecordings(t, { directory });
  const recording = await made.recordings.record('n1', 1);
  const writing = new Writing(recording);
  for (let i = 0; i < 5; i += 1) {
    writing.say(`line ${i}\n`);
    writing.mark(String(i));
    await recording.flush();
  }
  await made.recordings.close();
  const { log, index } = segmentIn(directory);
  const whole = { log: readFileSync(log), index: readFileSync(index) };
  const text = whole.log.toString();

  const reopened = async (): Promise<string> => {
    const { recordings } = await openRecordings(t, { directory });
    const again = await recordings.record('n1', 1);
    const story = await storyOf(again);
    await recordings.close();
    return story.replaceAll('<power>', '');
  };
  for (let length = 0; length <= whole.index.length; length += 7) {
    writeFileSync(log, whole.log);
    writeFileSync(index, whole.index.subarray(0, length));
    t.equal(await reopened(), text, `an index of ${length} bytes`);
  }
  for (let length = 0; length <= whole.log.length; length += 5) {
    writeFileSync(log, whole.log.subarray(0, length));
    writeFileSync(index, whole.index);
    t.equal(await reopened(), text.slice(0, length), `${length} bytes`);
  }
  writeFileSync(log, Buffer.concat([whole.log, Buffer.alloc(5_000)]));
  writeFileSync(index, Buffer.concat([whole.index, Buffer.alloc(100)]));
  t.equal(await reopened(), text, 'zeros, as after a power cut');
  writeFileSync(log, Buffer.concat([whole.log.subarray(0, -7), Buffer.alloc(7)]));
  writeFileSync(index, whole.index);
  t.equal(await reopened(), text.slice(0, -7), 'zeros within');
  writeFileSync(log, whole.log);
  rmSync(index);
  t.equal(await reopened(), text, 'no index at all');
  truncateSync(log, 0);
  appendFileSync(index, 'nonsense');
  t.equal(await reopened(), '', 'no bytes at all');
});

t.test('a writer that is killed leaves what it had written, whole', async (t) => {
  const directory = temporary(t);
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'endless-writer.ts'), directory],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGKILL');
  await once(child, 'exit');
  const { recordings } = await openRecordings(t, { directory });
  const recording = await recordings.record('n1', 1);
  const lines = await textsOf(recording);
  const written = Number(line.toString().split('\n')[0]);
  t.ok(lines.length >= written, `${lines.length} of at least ${written}`);
  lines.pop();
  for (const [i, text] of lines.entries()) if (text !== `line ${i}`) t.fail(`${i}: ${text}`);
  t.ok(existsSync(join(directory, 'n1')));
});

t.test('what a daemon that was killed has left of segments does not stay', async (t) => {
  const first = await openRecordings(t, { settings: { segmentBytes: 1_024 } });
  const recording = await first.recordings.record('n1', 1);
  const writing = new Writing(recording);
  for (let i = 0; i < 3; i += 1) {
    writing.say('x'.repeat(2_000));
    await recording.flush();
  }
  const { directory } = first;
  const there = (): string[] => readdirSync(join(directory, 'n1')).sort();
  const [oldest, , last] = recording.segments;
  await first.recordings.close();
  const before = there();
  // Between the two files of a segment that is removed, and before an index that is mended is in its place.
  rmSync(oldest!.log);
  for (const { index } of [oldest!, last!]) writeFileSync(`${index}.new`, 'a part of it');
  const { recordings } = await openRecordings(t, { directory });
  const next = await recordings.record('n1', 1);
  t.equal(next.segments.length, 2);
  const gone = [oldest!.log, oldest!.index].map((path) => basename(path));
  t.same(
    there(),
    before.filter((name) => !gone.includes(name)),
  );
});

t.test('a new owner never sees what was before, after a restart neither', async (t) => {
  const directory = temporary(t);
  const { recordings } = await openRecordings(t, { directory });
  const recorder = await recordings.record('n1', 1);
  const { obm, console, time } = await startConsole(t, { recorder });
  obm.say('of the old owner\n');
  await console.newOwner(2);
  obm.say('of the new\n');
  await settled();
  t.same(await textsOf(recorder), ['of the new']);
  t.same(await textsOf(recorder, { from: 0, since: time.began }), ['of the new']);
  t.same(await textsOf(recorder, { ofAllOwners: true }), ['of the old owner', 'of the new']);
  await console.close();
  await recordings.close();

  const read = async (epoch: number): Promise<string[]> => {
    const again = await openRecordings(t, { directory });
    const texts = await textsOf(await again.recordings.record('n1', epoch));
    await again.recordings.close();
    return texts;
  };
  t.same(await read(2), ['of the new']);
  rmSync(join(directory, 'n1', 'owner.json'));
  t.same(await read(2), [], 'what is not known for sure is not shown');
  t.same(await read(3), []);
  t.same(await read(1), [], 'nor does the old owner come back to it');
});

t.test('what comes faster than the disk takes it is not kept, and the log says so', async (t) => {
  const settings = { waitingMax: 4_096 };
  const { recordings, troubles } = await openRecordings(t, { settings });
  const recording = await recordings.record('n1', 1);
  const writing = new Writing(recording);
  for (let i = 0; i < 10; i += 1) writing.say(Buffer.alloc(1_000, String(i)));
  t.match(troubles, [{ message: /too slow/ }]);
  t.ok(recording.notKeptSince !== null);
  await recording.flush();
  const last = (bytes: number): Promise<string> =>
    storyOf(recording, { from: recording.startOfLast(bytes) });
  t.match(
    await last(1_500),
    /^1{500}2{1000}<not-kept>$/,
    'what is kept, although more has come since',
  );
  t.equal(await last(0), '', 'from now on');
  t.ok(await recording.tryAgain());
  t.equal(recording.notKeptSince, null);
  writing.say('after');
  await recording.flush();
  t.match(await last(1_005), /^2{1000}<not-kept>after$/);
  t.match(await last(4), /^fter$/);
  t.match(await last(1e9), /^(<gap>)?0{1000}/);
  t.match(await storyOf(recording), /^0{1000}1{1000}2{1000}<not-kept>after$/);
  const [mark] = (await itemsOf(recording)).flatMap((item) =>
    item.kind === 'mark' ? [item.marker] : [],
  );
  t.match(mark!.text, /^not kept from .*Z to .*Z, 7000 bytes: the disk is too slow$/);
});

t.test('however small they are, there are only so many segments', async (t) => {
  const time = new PlayedTime();
  const { recordings, directory } = await openRecordings(t, { settings: { segmentMs: 1 }, time });
  const recording = await recordings.record('n1', 1);
  const writing = new Writing(recording, time);
  for (let i = 0; i < 300; i += 1) {
    writing.say(`${i} `);
    await recording.flush();
    time.ms += 1;
  }
  t.equal(recording.segments.length, 256);
  t.equal(readdirSync(join(directory, 'n1')).length, 2 * 256 + 1);
  t.match(await storyOf(recording), /^44 45 .* 299 $/);
});

t.test('what waits for the disk is bounded for all consoles together', async (t) => {
  const settings = { waitingInAllMax: 10_000 };
  const { recordings, troubles } = await openRecordings(t, { settings });
  const [one, two] = [await recordings.record('n1', 1), await recordings.record('n2', 1)];
  new Writing(one).say(Buffer.alloc(9_000));
  new Writing(two).say(Buffer.alloc(2_000));
  t.equal(one.notKeptSince, null);
  t.ok(two.notKeptSince !== null);
  t.match(troubles, [{ message: /too slow/ }]);
  await one.flush();
  t.ok(await two.tryAgain());
  t.equal(recordings.waiting, 0, 'what has been written is not counted any more');
});
