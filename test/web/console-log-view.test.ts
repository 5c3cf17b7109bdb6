/** The log of a console on the page: put together of pieces, with events between its lines, and played back. */

import t from 'tap';
import {
  entryOf,
  eventRow,
  rowAt,
  rowsOf,
  wholeLines,
  withNewer,
  withOlder,
} from '../../src/web/page/pages/console/log-entries.ts';
import type { LogEntry } from '../../src/web/page/pages/console/log-entries.ts';
import { isManyLines, linesOf, shownOf } from '../../src/web/page/pages/console/pasting.ts';
import { Playback } from '../../src/web/page/pages/console/playback.ts';
import {
  charactersMax,
  Recorder,
  withoutPauses,
} from '../../src/web/page/pages/console/recording.ts';
import type { Recording } from '../../src/web/page/pages/console/recording.ts';

const line = (at: number, position: number, text: string): LogEntry => ({
  ...{ at, position, line: text },
});

t.test('the last line of an answer is no entry, and who looked is none that is shown', (t) => {
  t.equal(entryOf('{"next":12,"more":false}'), null);
  const mark = (name: string): LogEntry => ({ at: 1, position: 0, mark: name, text: '' });
  t.same(wholeLines([mark('attached'), mark('power')], true), [mark('power')]);
  t.end();
});

t.test('an answer that begins anywhere has the rest of a line first, which is left out', (t) => {
  const entries = [line(1, 5, 'est'), line(2, 9, 'whole')];
  t.same(wholeLines(entries, false), [entries[1]]);
  t.same(wholeLines(entries, true), entries);
  t.end();
});

t.test('pieces are put together without a gap, and nothing twice', (t) => {
  const have = [line(3, 20, 'c'), line(4, 30, 'gro')];
  const older = [line(1, 0, 'a'), line(2, 10, 'b'), line(3, 20, 'c')];
  const all = withOlder(older, have);
  t.same(
    all.map(({ position }) => position),
    [0, 10, 20, 30],
  );
  const newer = withNewer(all, [line(4, 30, 'grown'), line(5, 40, 'd')]);
  t.same(
    newer.map((entry) => 'line' in entry && entry.line),
    ['a', 'b', 'c', 'grown', 'd'],
  );
  t.end();
});

t.test('events stand before the first line that is later, and are found from any row', (t) => {
  const entries = [line(10, 0, 'a'), line(20, 5, 'b'), line(15, 9, 'a clock that was set back')];
  const event = (id: string, at: number): Parameters<typeof rowsOf>[1][number] => ({
    ...{ id, at, kind: 'boot', text: 'booted' },
  });
  const rows = rowsOf(entries, [event('2', 99), event('1', 12)]);
  t.same(
    rows.map((row) => (row.kind === 'event' ? `event ${row.at}` : row.text)),
    ['a', 'event 12', 'b', 'a clock that was set back', 'event 99'],
  );
  t.equal(eventRow(rows, -1, 1), 1);
  t.equal(eventRow(rows, 1, 1), 4);
  t.equal(eventRow(rows, 4, 1), -1);
  t.equal(eventRow(rows, 4, -1), 1);
  t.equal(rowAt(rows, 12), 1);
  t.equal(rowAt(rows, 1000), 4);
  t.equal(new Set(rows.map(({ key }) => key)).size, rows.length);
  t.end();
});

const recorded = (...lines: unknown[]): Recording => {
  const recorder = new Recorder();
  recorder.take(JSON.stringify({ version: 2, timestamp: 1000 }));
  for (const one of lines) recorder.take(JSON.stringify(one));
  return recorder.end();
};

t.test('a recording is taken line by line, and no more of it than there is room for', (t) => {
  const recording = recorded([0, 'o', 'a'], [1.5, 'm', 'power: on'], [2, 'o', 'b'], [3, 'x', '']);
  t.match(recording, { began: 1_000_000, lasts: 3000, isCut: false });
  t.same(recording.frames, [
    { at: 0, text: 'a' },
    { at: 2000, text: 'b' },
  ]);
  t.same(recording.marks, [{ at: 1500, text: 'power: on' }]);
  const recorder = new Recorder();
  t.equal(recorder.take(JSON.stringify([0, 'o', 'x'.repeat(charactersMax)])), true);
  t.equal(recorder.take(JSON.stringify([9, 'o', 'y'])), false);
  t.match(recorder.end(), { isCut: true, lasts: 0 });
  t.throws(() => recorder.take('<html>'), SyntaxError);
  t.end();
});

t.test('long pauses are shortened, and what happened in them stays between', (t) => {
  const whole = recorded([0, 'o', 'a'], [30, 'm', 'power: off'], [60, 'o', 'b'], [61, 'o', 'c']);
  const { frames, marks, lasts } = withoutPauses(whole);
  t.same(
    frames.map(({ at }) => at),
    [0, 2000, 3000],
  );
  t.same(marks, [{ at: 2000, text: 'power: off' }]);
  t.equal(lasts, 3000);
  t.end();
});

t.test('it is played at a speed, held still, and gone to any place', (t) => {
  const recording = recorded([0, 'o', 'a'], [1, 'o', 'b'], [2, 'o', 'c'], [4, 'o', 'd']);
  let now = 0;
  let shown = '';
  const playback = new Playback({
    ...{ recording, now: () => now, draw: (text) => (shown += text), clear: () => (shown = '') },
  });
  const pass = (ms: number): string => {
    now += ms;
    playback.tick();
    return shown;
  };
  playback.play();
  t.equal(shown, 'a');
  t.equal(pass(999), 'a');
  t.equal(pass(1), 'ab');
  playback.hold();
  t.equal(pass(60_000), 'ab');
  playback.speed = 2;
  playback.play();
  t.equal(pass(500), 'abc');
  playback.seek(0);
  t.equal(shown, 'a', 'what comes later is not shown any more');
  t.equal(playback.isPlaying, true);
  playback.seek(Infinity);
  t.equal(shown, 'abcd');
  pass(1);
  t.equal(playback.isPlaying, false, 'it is over');
  playback.play();
  t.equal(shown, 'a', 'from the beginning');
  playback.seek(-5);
  t.equal(playback.at, 0);
  t.end();
});

t.test('a paste is many lines where one of its characters ends one', (t) => {
  t.equal(isManyLines('reboot'), false);
  t.equal(isManyLines('reboot\n'), true);
  t.equal(isManyLines('a\rb'), true);
  t.equal(linesOf('reboot\n'), 1);
  t.equal(linesOf('a\r\nb\rc\n'), 3);
  t.equal(shownOf('a\r\nb'), 'a\nb');
  t.ok(shownOf('x'.repeat(9_999)).length < 2_100);
  t.end();
});
