/** What is kept of answers about the fleet: lists for their next pages, and answers for who asks the same. */

import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { Answers, freshMs } from '../../src/api/fleet/answers.ts';
import { Blocks, gzipOf, pieceOf } from '../../src/api/fleet/pieces.ts';
import type { FleetRow } from '../../src/checks/view/row.ts';
import type { Answer } from '../../src/api/fleet/answers.ts';
import { KeptPages, pagesKept, pagesKeptEach, pagesLastMs } from '../../src/api/fleet/pages.ts';

const pages = { rows: [], version: 1, revision: 1, now: 0 };
const gone = { code: 'page-gone', status: 410 };

t.test('so many lists are kept for one token, those that were read last', async (t) => {
  const kept = new KeptPages(() => 0);
  const ids = Array.from({ length: pagesKeptEach }, () => kept.keep('token:a', 'q', pages));
  kept.find(`${ids[0]}.0`, 'token:a', 'q');
  kept.keep('token:a', 'q', pages);
  t.throws(() => kept.find(`${ids[1]}.0`, 'token:a', 'q'), gone);
  t.ok(kept.find(`${ids[0]}.0`, 'token:a', 'q'));
  t.throws(() => kept.find(`${ids[0]}.0`, 'token:b', 'q'), gone, 'not theirs');
});

t.test('so many lists are kept for all, those that were read last', async (t) => {
  const kept = new KeptPages(() => 0);
  const ids = Array.from({ length: pagesKept }, (_, i) => kept.keep(`token:${i}`, 'q', pages));
  t.ok(kept.find(`${ids[0]}.0`, 'token:0', 'q'));
  kept.keep('token:x', 'q', pages);
  t.throws(() => kept.find(`${ids[1]}.0`, 'token:1', 'q'), gone);
  t.ok(kept.find(`${ids[0]}.0`, 'token:0', 'q'));
});

t.test('a list is kept for a while after its last page', async (t) => {
  let now = 0;
  const kept = new KeptPages(() => now);
  const id = kept.keep('token:a', 'q', pages);
  now = pagesLastMs;
  t.ok(kept.find(`${id}.0`, 'token:a', 'q'));
  now = 2 * pagesLastMs;
  t.ok(kept.find(`${id}.0`, 'token:a', 'q'));
  now += pagesLastMs + 1;
  t.throws(() => kept.find(`${id}.0`, 'token:a', 'q'), gone);
});

t.test('an answer is given again for half a second while only observations change', async (t) => {
  let now = 1000;
  const answers = new Answers(() => now);
  const answer: Answer = {
    ...{ key: 'q', tag: 't', type: 'text/plain', pieces: [pieceOf(Buffer.from('x'))] },
    ...{ length: 1, revision: 1 },
    ...{ made: now, version: 5, logged: 7, gzipped: undefined },
  };
  const found = (version: number, logged: number, isOld = false): boolean => {
    const one = answers.find('q', { version, logged, isOld }) !== undefined;
    if (!one) answers.keep({ ...answer, made: now });
    return one;
  };
  answers.keep(answer);
  t.ok(found(5, 7));
  t.ok(found(6, 7), 'an observation came');
  t.ok(found(5, 7, true), 'one came and is in no row yet');
  t.notOk(found(6, 8), 'the log has another change');
  now += freshMs;
  t.ok(found(5, 7), 'nothing changed');
  t.notOk(found(6, 7));
});

t.test('where a machine changes or moves, one or two blocks are made anew', async (t) => {
  const rowOf = (i: number, state = 'up'): FleetRow =>
    ({ machine: `n${i}.savio3`, state }) as FleetRow;
  const written: string[] = [];
  const blocks = new Blocks(({ machine, state }) => {
    written.push(machine);
    return `${machine} ${state}`;
  });
  const textOf = (rows: readonly FleetRow[]): string =>
    Array.from(blocks.of(rows), ({ bytes }) => bytes.toString()).join('');
  const wanted = (rows: readonly FleetRow[]): string =>
    rows.map(({ machine, state }) => `,${machine} ${state}`).join('');
  let rows = Array.from({ length: 10_000 }, (_, i) => rowOf(i));
  t.ok(textOf(rows) === wanted(rows));
  t.equal(written.splice(0).length, rows.length);
  t.ok(textOf(rows) === wanted(rows));
  t.equal(written.length, 0, 'nothing changed');
  rows = rows.with(5000, rowOf(5000, 'dark'));
  t.ok(textOf(rows) === wanted(rows));
  t.ok(written.includes('n5000.savio3'));
  t.ok(written.splice(0).length <= 512, 'of one block');
  rows = [rows[5000]!, ...rows.toSpliced(5000, 1)];
  t.ok(textOf(rows) === wanted(rows));
  t.ok(written.length <= 3 * 512, 'what it left, what it came to, and no more');
});

t.test('pieces that are compressed each by itself are one gzip stream', async (t) => {
  for (const texts of [[], ['a'], ['a'.repeat(100_000), '', 'ü', 'b'.repeat(70_000)]]) {
    const pieces = texts.map((text) => pieceOf(Buffer.from(text)));
    const shown = async (): Promise<string> =>
      gunzipSync(Buffer.concat(await gzipOf(pieces))).toString();
    t.equal(await shown(), texts.join(''));
    t.equal(await shown(), texts.join(''), 'once more, of what was kept');
  }
});
