/** Reading the logs of consoles: by position and time, on as they grow, by text, as recordings. */

import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import { asciicast } from '../../../src/obm/console/reading/asciicast.ts';
import { inert, withoutSequences } from '../../../src/terminal/inert.ts';
import { lineBytesMax, linesOf } from '../../../src/obm/console/reading/lines.ts';
import { readLog } from '../../../src/obm/console/reading/read-log.ts';
import type { LogItem } from '../../../src/obm/console/reading/read-log.ts';
import {
  searchBytesMax,
  searchHitsMax,
  searchLog,
} from '../../../src/obm/console/reading/search.ts';
import { PlayedTime, reasonOf } from './played.ts';
import { bytesOf, reader, openRecordings, storyOf, textsOf, Writing } from './recorded.ts';

const recorded = async (t: Parameters<typeof openRecordings>[0], settings = {}) => {
  const time = new PlayedTime();
  const { recordings } = await openRecordings(t, { time, settings });
  const recording = await recordings.record('n1', 1);
  return { time, recordings, recording, writing: new Writing(recording, time) };
};

t.test('a log is read from a time on, and up to one', async (t) => {
  const { time, recording, writing } = await recorded(t, { segmentBytes: 300 });
  for (let minute = 0; minute < 60; minute += 1) {
    writing.say(`minute ${minute}\n`);
    if (minute === 30) writing.mark('off');
    await recording.flush();
    time.ms += 60_000;
  }
  const at = (minute: number): number => time.began + minute * 60_000;
  t.same(await textsOf(recording, { since: at(57) }), ['minute 57', 'minute 58', 'minute 59']);
  t.same(await textsOf(recording, { since: at(9.5), until: at(11) }), ['minute 10']);
  t.same(await textsOf(recording, { until: at(1) }), ['minute 0']);
  t.equal(
    await storyOf(recording, { since: at(30), until: at(31.5) }),
    'minute 30\n<power>minute 31\n',
  );
  t.same(await textsOf(recording, { since: at(60) }), []);
});

t.test('a clock that jumps back loses nothing', async (t) => {
  const { time, recording, writing } = await recorded(t);
  time.ms = 7_200_000;
  writing.say('wrong clock\n');
  time.ms = 0;
  writing.say('right clock\n');
  await recording.flush();
  t.same(await textsOf(recording), ['wrong clock', 'right clock']);
  t.same(await textsOf(recording, { until: time.began + 1_000 }), ['right clock']);
});

t.test('a log is followed across rotations, without a gap, until the signal', async (t) => {
  const { recording, writing } = await recorded(t, { segmentBytes: 500 });
  const abort = new AbortController();
  let [text, marks] = ['', 0];
  const following = (async () => {
    for await (const item of readLog(
      recording,
      { follow: true },
      { ...reader, signal: abort.signal },
    )) {
      if (item.kind === 'mark') marks += 1;
      else text += item.bytes.toString();
      if (text.endsWith('end\n')) abort.abort();
    }
  })();
  let expected = '';
  for (let i = 0; i < 100; i += 1) {
    writing.say(`line ${i}\n`);
    expected += `line ${i}\n`;
    if (i % 10 === 0) writing.mark('on');
    await recording.flush();
  }
  writing.say('end\n');
  await recording.flush();
  await following;
  t.equal(text, `${expected}end\n`);
  t.equal(marks, 10);
});

t.test('who follows ends when the log is closed, and when the owner changes', async (t) => {
  const { recordings, recording, writing } = await recorded(t);
  writing.say('x');
  const follow = async (): Promise<void> => {
    for await (const item of readLog(recording, { follow: true }, reader)) t.ok(item);
  };
  const first = reasonOf(follow);
  await recording.flush();
  await recording.owner(2, writing.position);
  t.equal(await first, 'closed');
  const second = reasonOf(follow);
  await recordings.close();
  t.equal(await second, null);
});

t.test('who reads or follows is ended with his right, and nobody else', async (t) => {
  const { recordings, recording, writing } = await recorded(t);
  writing.say('before');
  const bob = new AbortController();
  const seen = { alice: '', bob: '' };
  const follow = async (name: 'alice' | 'bob'): Promise<void> => {
    const one = { principal: name, right: `token of ${name}`, signal: bob.signal };
    for await (const item of readLog(recording, { follow: true }, one))
      if (item.kind === 'data') seen[name] += item.bytes.toString();
  };
  const [first, second] = [reasonOf(() => follow('alice')), reasonOf(() => follow('bob'))];
  while (seen.alice === '' || seen.bob === '') await setImmediate();
  recordings.readers.end(({ right }) => right === 'token of alice', 'the token was revoked');
  writing.say(' after');
  await recording.flush();
  t.equal(await first, 'closed');
  while (seen.bob !== 'before after') await setImmediate();
  bob.abort();
  t.equal(await second, null);
  t.equal(seen.alice, 'before');
  t.equal(await reasonOf(searchUntilRevoked), 'closed');

  async function searchUntilRevoked(): Promise<void> {
    const searching = searchLog(recording, { text: 'x', limit: 1 }, reader);
    recordings.readers.end(() => true, 'revoked');
    await searching;
  }
});

t.test('who reads from a position that is not there any more is told so', async (t) => {
  const { recording, writing } = await recorded(t, { segmentBytes: 200, keepBytes: 500 });
  for (let i = 0; i < 10; i += 1) {
    writing.say(String(i).repeat(200));
    await recording.flush();
  }
  t.match(await storyOf(recording, { from: 50 }), /^<gap>\d+$/);
  t.match(await storyOf(recording), /^\d+$/);
  t.match(await storyOf(recording, { from: 1_900 }), /^9{100}$/);
});

t.test('a reader whose segments are removed meanwhile is told so', async (t) => {
  const { recording, writing } = await recorded(t, { segmentBytes: 200, keepBytes: 1_000 });
  writing.say('a'.repeat(200));
  await recording.flush();
  const reading = readLog(recording, {}, reader);
  const items: LogItem[] = [(await reading.next()).value!];
  for (let i = 0; i < 20; i += 1) {
    writing.say('b'.repeat(200));
    await recording.flush();
  }
  for await (const item of reading) items.push(item);
  const story = items.map((item) => (item.kind === 'data' ? item.bytes.toString()[0] : '<gap>'));
  t.match(story.join(''), /^a<gap>b+$/);
});

t.test('63: characters that are split over packets are whole in their lines', async () => {
  const text = 'Zażółć gęślą jaźń 漢字 🚀 ü\r\nsecond line\r\n\r\nno end';
  const bytes = Buffer.from(text);
  const cuts = fc.array(fc.integer({ min: 0, max: bytes.length }));
  await fc.assert(
    fc.asyncProperty(cuts, async (places) => {
      const sorted = [0, ...places.sort((a, b) => a - b), bytes.length];
      async function* items(): AsyncGenerator<LogItem> {
        for (let i = 1; i < sorted.length; i += 1) {
          const [from, to] = [sorted[i - 1]!, sorted[i]!];
          yield { kind: 'data', bytes: bytes.subarray(from, to), position: from, at: from };
        }
      }
      const lines: string[] = [];
      for await (const line of linesOf(items())) if (line.kind === 'line') lines.push(line.text);
      const frames: string[] = [];
      for await (const line of asciicast(items(), { title: 'n1' })) frames.push(line);
      const shown = frames
        .slice(1)
        .map((line) => (JSON.parse(line) as [number, string, string])[2])
        .join('');
      return lines.join('\n') === text.replaceAll('\r', '') && shown === text;
    }),
  );
});

t.test('a line without end is bounded', async (t) => {
  const { recording, writing } = await recorded(t);
  for (let i = 0; i < 10; i += 1) writing.say('x'.repeat(2_000));
  const texts = await textsOf(recording);
  t.same(
    texts.map(({ length }) => length),
    [lineBytesMax, lineBytesMax, 20_000 - 2 * lineBytesMax],
  );
});

t.test('69: a text is found with its time, and the hit leads to its place', async (t) => {
  const { time, recording, writing } = await recorded(t, { segmentBytes: 2_000 });
  for (let i = 0; i < 500; i += 1) {
    if (i % 100 !== 42) writing.say(`line ${i}\r\n`);
    else {
      writing.say('\x1b[31mkernel pa');
      writing.mark('in the middle of it');
      writing.say(`\x1b[0mnic at ${i}\r\n`);
    }
    time.ms += 1_000;
    if (i % 50 === 0) await recording.flush();
  }
  const search = { text: 'kernel panic', limit: 10 };
  const { hits, next } = await searchLog(recording, search, reader);
  t.same(
    hits.map(({ line, at }) => [line, at - time.began]),
    [42, 142, 242, 342, 442].map((i) => [`kernel panic at ${i}`, i * 1_000]),
  );
  t.equal(next, null);
  const [, second] = hits;
  const there = await textsOf(recording, { from: second!.position });
  t.match(there.slice(0, 3), [/kernel pa/, /nic at 142/, 'line 143']);

  const some = await searchLog(recording, { ...search, limit: 2 }, reader);
  t.equal(some.hits.length, 2);
  const rest = await searchLog(recording, { ...search, from: some.next! }, reader);
  t.same([...some.hits, ...rest.hits], hits);
  const since = time.began + 300_000;
  t.equal((await searchLog(recording, { ...search, since }, reader)).hits.length, 2);
  t.equal((await searchLog(recording, { ...search, text: 'PANIC' }, reader)).hits.length, 0);
  const folded = { ...search, text: 'PANIC', ignoreCase: true };
  t.equal((await searchLog(recording, folded, reader)).hits.length, 5);
  await t.rejects(searchLog(recording, { ...search, text: '' }, reader), RangeError);
  await t.rejects(searchLog(recording, { ...search, text: 'x'.repeat(257) }, reader), RangeError);
});

t.test('a search ends with its signal, and lets others have their turn', async (t) => {
  const { recording, writing } = await recorded(t, { waitingMax: 1e8, waitingInAllMax: 1e8 });
  for (let i = 0; i < 400; i += 1) {
    writing.say(Buffer.alloc(50_000, 'x'));
    if (i % 20 === 0) await recording.flush();
  }
  await recording.flush();
  const abort = new AbortController();
  let turns = 0;
  const taking = (async () => {
    while (turns < 5) await setImmediate(turns++);
    abort.abort();
  })();
  const { hits, next } = await searchLog(
    recording,
    { text: 'needle', limit: 1 },
    { ...reader, signal: abort.signal },
  );
  await taking;
  t.same(hits, []);
  t.ok(next !== null && next < writing.position - 1_000_000, 'it says where to go on');
});

t.test('a search is bounded, and says where to go on', async (t) => {
  const { recording, writing } = await recorded(t, {
    ...{ waitingMax: 1e9, waitingInAllMax: 1e9, keepBytes: 1e9 },
  });
  const lines = Buffer.alloc(256 * 1024, `${'x'.repeat(1_023)}\n`);
  for (let i = 0; i < 270; i += 1) {
    writing.say(lines);
    if (i % 20 === 0) await recording.flush();
  }
  writing.say('needle\n');
  const search = { text: 'needle', limit: 10 };
  const first = await searchLog(recording, search, reader);
  t.same(first.hits, []);
  t.ok(first.next! >= searchBytesMax - 2_048 && first.next! <= searchBytesMax + 64 * 1024);
  const rest = await searchLog(recording, { ...search, from: first.next! }, reader);
  t.match(rest, { hits: [{ line: 'needle' }], next: null });
  const many = await searchLog(recording, { text: 'x', limit: 1e6 }, reader);
  t.equal(many.hits.length, searchHitsMax);
  t.equal(many.next, 1_024 * searchHitsMax);
});

t.test('readers are bounded, in all and of each, and leave when they end', async (t) => {
  const { recording, writing } = await recorded(t, { readers: { inAll: 3, perPrincipal: 2 } });
  writing.say('x');
  const begun = async (principal: string) => {
    const reading = readLog(recording, { follow: true }, { ...reader, principal });
    await reading.next();
    t.teardown(() => reading.return());
    return reading;
  };
  const first = await begun('alice');
  await begun('alice');
  t.equal(await reasonOf(() => begun('alice')), 'limit');
  await begun('bob');
  t.equal(await reasonOf(() => begun('carol')), 'limit');
  await first.return();
  await begun('alice');
});

t.test('69: a log is exported as asciicast, markers beside it', async (t) => {
  const { time, recording, writing } = await recorded(t);
  writing.say('boot\r\n');
  time.ms += 1_500;
  writing.mark('off');
  time.ms += 500;
  writing.say('\x1b[1mlogin:\x1b[0m "\\');
  const lines: unknown[] = [];
  for await (const line of asciicast(readLog(recording, {}, reader), { title: 'n1' }))
    lines.push(JSON.parse(line));
  t.same(lines, [
    { version: 2, width: 80, height: 24, timestamp: time.began / 1000, title: 'n1' },
    [0, 'o', 'boot\r\n'],
    [1.5, 'm', 'power: off'],
    [2, 'o', '\x1b[1mlogin:\x1b[0m "\\'],
  ]);
});

t.test('in views of logs nothing acts on a terminal', async (t) => {
  t.equal(inert('a\tb'), 'a\tb');
  t.equal(inert('\x1b]0;title\x07\x1b[2J\x00\x7f\x9b\r\n'), '␛]0;title␇␛[2J␀␡<9b>␍␊');
  t.equal(inert('abc\u202egpj.exe'), 'abc<202e>gpj.exe');
  t.equal(inert('ü 漢字 🚀'), 'ü 漢字 🚀');
  t.equal(
    withoutSequences('\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x1b\\link\x1b]8;;\x07 \x1bM\x1b(B.'),
    'red link .',
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      return !/[\x00-\x08\x0a-\x1f\x7f-\x9f]/.test(inert(text));
    }),
  );
  const long = '\x1b]'.repeat(50_000);
  const began = performance.now();
  withoutSequences(long);
  t.ok(performance.now() - began < 5_000, 'time grows with the text and no faster');
});

t.test('what is read stays what it was', async (t) => {
  const { recording, writing } = await recorded(t);
  const all = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) % 256));
  for (let from = 0; from < all.length; from += 5_000)
    writing.say(all.subarray(from, from + 5_000));
  t.ok((await bytesOf(recording)).equals(all));
});
