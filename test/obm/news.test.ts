/** What of all that is seen of a machine is news: numbers are those of the acceptance cases. */

import t from 'tap';
import { Obms } from '../../src/obm/catalogue/obms.ts';
import type { PowerAction, SystemEvent } from '../../src/obm/drivers/driver.ts';
import { newsOf } from '../../src/obm/news.ts';
import type { Seen } from '../../src/obm/news.ts';

const label = 'n1';

/** One machine, at the time that the test says. */
const machine = (): {
  obms: Obms;
  sees: (at: number, seen: Seen) => unknown;
  orders: (at: number, action: PowerAction, ended: number | null) => void;
} => {
  const obms = new Obms();
  const id = '0'.repeat(16);
  obms.apply({ type: 'ObmRegistered', data: { label, id, driver: 'dummy', info: {} } }, 0);
  return {
    obms,
    sees: (at, seen) => {
      const news = newsOf(obms, obms.get(label)!, seen, at);
      if (news) obms.apply(news, at);
      return news?.data ?? null;
    },
    orders: (at, action, ended) => {
      const order = 'a'.repeat(16);
      obms.apply({ type: 'OrderBegun', data: { label, order, action, reference: null } }, at);
      const end = { outcome: 'done', by: 'answer', instead: null, why: null } as const;
      if (ended !== null) obms.apply({ type: 'OrderEnded', data: { label, order, ...end } }, ended);
    },
  };
};

const power = (state: 'on' | 'off' | 'powering-off'): Seen => ({ type: 'PowerChanged', state });
const reached = (reason: string | null): Seen => ({ type: 'ObmReached', reason });

t.test('43: trouble is told once, and that it is over once', async (t) => {
  const { sees } = machine();
  t.equal(sees(1_000, reached(null)), null, 'that all is well is no news');
  t.same(sees(2_000, reached('no-answer')), { label, reason: 'no-answer' });
  for (let at = 3_000; at < 200_000; at += 10_000) t.equal(sees(at, reached('no-answer')), null);
  t.same(sees(200_000, reached(null)), { label, reason: null });
  t.equal(sees(300_000, reached(null)), null);
});

t.test('an OBM that comes and goes makes an event a minute and no more', async (t) => {
  const { sees } = machine();
  let told = 0;
  for (let at = 1_000; at <= 601_000; at += 1_000)
    if (sees(at, reached((at / 1_000) % 2 === 0 ? 'no-answer' : null)) !== null) told += 1;
  t.ok(told <= 11, `${told} in ten minutes`);
});

t.test('42, 44: a change is an order’s, or drift; no change is none', async (t) => {
  for (const [action, state, cause] of [
    ['on', 'on', 'order'],
    ['on', 'off', 'drift'],
    ['off', 'off', 'order'],
    ['soft', 'powering-off', 'order'],
    ['cycle', 'off', 'order'],
    ['reset', 'on', 'order'],
  ] as const) {
    const { sees, orders } = machine();
    const other = state === 'on' ? 'off' : 'on';
    t.match(sees(1, power(other)), { cause: 'first', order: null });
    orders(10, action, 20);
    t.match(sees(30_000, power(state)), { state, cause }, `${action} ${state}`);
    t.equal(sees(40_000, power(state)), null);
  }
  const { sees, orders } = machine();
  sees(1, power('on'));
  orders(10, 'off', 20);
  t.match(sees(200_000, power('off')), { cause: 'drift' }, 'long after it');
  orders(300_000, 'on', null);
  t.match(sees(900_000, power('on')), { cause: 'order' }, 'while it goes on');
});

t.test('of an event log what is behind the last look is news', async (t) => {
  const { sees } = machine();
  const log = (from: number, to: number, at: number | null = null): Seen => ({
    type: 'SystemEventsSeen',
    entries: Array.from({ length: to - from }, (_, i): SystemEvent => {
      return { id: String(from + i), at, severity: 'ok', text: 'x'.repeat(1_000) };
    }),
  });
  const ids = (news: unknown): unknown => {
    const seen = news as { gap: boolean; entries: { id: string; text: string }[] } | null;
    return seen && [seen.gap, ...seen.entries.map(({ id }) => Number(id))];
  };
  t.same(ids(sees(1, log(0, 3))), [false], 'what was there before is not');
  t.equal(sees(2, log(0, 3)), null);
  t.same(ids(sees(3, log(0, 5))), [false, 3, 4]);
  t.same(ids(sees(4, log(2, 6))), [false, 5], 'the oldest make room');
  t.same((ids(sees(5, log(2, 90))) as unknown[]).slice(0, 2), [true, 58], 'the newest 32');
  t.same(ids(sees(6, log(0, 2, 77))), [true, 0, 1], 'it was cleared');
  t.same(ids(sees(7, log(0, 0))), [true], 'and cleared again');
  t.same(ids(sees(8, log(0, 1))), [false, 0]);
  const empty = machine();
  t.same(ids(empty.sees(1, log(0, 0))), [false]);
  t.same(ids(empty.sees(2, log(0, 1))), [false, 0], 'one that was empty');
});

t.test('a GUID that nobody has set tells nothing', async (t) => {
  const { sees, obms } = machine();
  for (const guid of [null, '0'.repeat(32), 'f'.repeat(32), 'x', ''])
    t.equal(sees(1, { type: 'ObmIdentified', guid }), null);
  const guid = '0123456789abcdef'.repeat(2);
  t.match(sees(2, { type: 'ObmIdentified', guid }), { guid, same_as: [] });
  t.equal(sees(3, { type: 'ObmIdentified', guid }), null);
  t.same(obms.sameAs('n2', guid), [label]);
});
