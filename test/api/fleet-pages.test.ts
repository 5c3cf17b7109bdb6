/** What is kept of answers about the fleet: lists for their next pages, and answers for who asks the same. */

import t from 'tap';
import { Answers, freshMs } from '../../src/api/fleet/answers.ts';
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
    ...{ key: 'q', tag: 't', type: 'text/plain', body: Buffer.from('x'), revision: 1 },
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
