/**
 * The two structures that answer "which is first": deadlines by time, and the lowest free number.
 */

import fc from 'fast-check';
import t from 'tap';
import { DeadlineHeap } from '../../src/core/graph/indexes/deadline-heap.ts';
import { Deadlines } from '../../src/core/graph/indexes/deadlines.ts';
import { NumberSet } from '../../src/core/graph/indexes/number-set.ts';
import { deadlineKinds } from '../../src/core/graph/rows/deadlines.ts';
import type { DeadlineRow } from '../../src/core/graph/rows/deadlines.ts';
import { parseEndpoint } from '../../src/core/values/endpoint.ts';
import { fid, fidKey, parseFid } from '../../src/core/values/fid.ts';
import { revision } from '../../src/core/values/revision.ts';

/** The kind is always the same for an id. */
const deadline = (id: string, at: number): DeadlineRow => ({
  id,
  kind: deadlineKinds[id.charCodeAt(1) % 3]!,
  subject: id,
  at,
  created: revision(1),
  changed: revision(1),
});

t.test(
  'deadlines come in the order of a sorted list, whatever was replaced, removed or restored',
  async (t) => {
    const step = fc.oneof(
      fc.record({ set: fc.nat(9), at: fc.nat(20) }),
      fc.record({ clear: fc.nat(9) }),
      // Removed and put back as the very same row, as undoing does.
      fc.record({ restore: fc.nat(9) }),
      fc.record({ due: fc.nat(20), limit: fc.nat(12) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new Deadlines();
        const replace = heap.following.deadline!;
        const model = new Map<string, DeadlineRow>();
        for (const each of steps) {
          if ('set' in each) {
            const row = deadline(`d${each.set}`, each.at);
            replace(model.get(row.id), row);
            model.set(row.id, row);
          } else if ('clear' in each) {
            const row = model.get(`d${each.clear}`);
            if (row) replace(row, undefined);
            model.delete(`d${each.clear}`);
          } else if ('restore' in each) {
            const row = model.get(`d${each.restore}`);
            if (!row) continue;
            replace(row, undefined);
            replace(undefined, row);
          }
          const sorted = [...model.values()].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
          if ('due' in each)
            t.strictSame(
              heap.due(each.due, each.limit),
              sorted.filter(({ at }) => at <= each.due).slice(0, each.limit),
            );
          else t.equal(heap.next(), sorted[0]);
          for (const kind of deadlineKinds) {
            const ofKind = sorted.filter((row) => row.kind === kind);
            t.equal(heap.count(kind), ofKind.length);
            t.equal(heap.next(kind), ofKind[0]);
          }
        }
      }),
      { numRuns: 60 },
    );
  },
);

t.test('a deadline that is changed a million times does not fill the memory', async (t) => {
  const heap = new DeadlineHeap();
  heap.replace(undefined, deadline('early', 1));
  let row = deadline('late', 1000);
  heap.replace(undefined, row);
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 1_000_000; i += 1) {
    const next = deadline('late', 1000 + i);
    heap.replace(row, next);
    row = next;
  }
  t.ok(process.memoryUsage().heapUsed - before < 100_000_000);
  t.strictSame(
    heap.due(Infinity, 10).map(({ id }) => id),
    ['early', 'late'],
  );
});

t.test('a number set is a set that knows its lowest gap', async (t) => {
  const number = fc.oneof(fc.nat(70), fc.constantFrom(4095, 65_535, 2 ** 32 - 1, 2 ** 32, 2 ** 40));
  const step = fc.record({ add: fc.boolean(), number });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 120 }),
      fc.nat(70),
      fc.nat(80),
      (steps, from, length) => {
        const [set, model] = [new NumberSet(), new Set<number>()];
        for (const each of steps) {
          set[each.add ? 'add' : 'delete'](each.number);
          model[each.add ? 'add' : 'delete'](each.number);
        }
        for (const { number: each } of steps) t.equal(set.has(each), model.has(each));
        t.equal(set.isEmpty, model.size === 0);
        const range = Array.from({ length }, (_, i) => from + i);
        t.equal(set.lowestFree(from, from + length - 1), range.find((n) => !model.has(n)) ?? -1);
      },
    ),
  );
});

t.test('a full range has no gap, however it lies to the words', async (t) => {
  for (const [from, to] of [
    [0, 31],
    [31, 32],
    [1, 64],
    [8081, 8099],
    [0, 4095],
  ] as const) {
    const set = new NumberSet();
    for (let value = from; value <= to; value += 1) {
      t.equal(set.lowestFree(from, to), value);
      set.add(value);
    }
    t.equal(set.lowestFree(from, to), -1);
    t.equal(set.lowestFree(from, to + 1), to + 1);
    set.delete(from);
    t.equal(set.lowestFree(from, to), from);
  }
});

t.test('an endpoint is an LNet address or a host and a port, within its bounds', async (t) => {
  const read = (text: string) => {
    const parsed = parseEndpoint(text);
    return parsed && [parsed.prefix, parsed.last, parsed.min, parsed.max];
  };
  t.strictSame(read('10.0.0.1@tcp:12345:41:301'), ['10.0.0.1@tcp:12345:41:', 301, 0, 4095]);
  t.strictSame(read('0@lo:12345:41:0'), ['0@lo:12345:41:', 0, 0, 4095]);
  t.strictSame(read('n1@o2ib2:1:2:4095'), ['n1@o2ib2:1:2:', 4095, 0, 4095]);
  t.strictSame(read('n1.example:1'), ['n1.example:', 1, 1, 65_535]);
  t.strictSame(read('[fe80::1]:65535'), ['[fe80::1]:', 65_535, 1, 65_535]);
  for (const wrong of [
    '',
    '10.0.0.1@tcp:12345:41:4096',
    '10.0.0.1@tcp:12345:41:',
    '10.0.0.1@tcp:12345:41:301x',
    '10.0.0.1@tcp:12345:301',
    '10.0.0.1@udp:12345:41:301',
    'n1.example:0',
    'n1.example:65536',
    'n1.example:-1',
    'n1.example',
    ':80',
    'fe80::1:80',
  ])
    t.equal(parseEndpoint(wrong), null, wrong);
});

t.test('a fid has one canonical spelling', async (t) => {
  t.equal(fid('process', 42), '0x7200000000000001:0x2a');
  t.equal(parseFid('0X72'), null);
  t.equal(parseFid('0x7200000000000001:0x2A'), '0x7200000000000001:0x2a');
  t.equal(parseFid('0x7200000000000001:0x00002a'), '0x7200000000000001:0x2a');
  for (const wrong of [
    '',
    '0x1',
    '0x1:2',
    'x1:x2',
    '0x1:0x2 ',
    '0x11112222333344445:0x1',
    '0x1:0x',
  ])
    t.equal(parseFid(wrong), null, wrong);
  fc.assert(
    fc.property(fc.nat(2 ** 50), (key) => {
      t.equal(fidKey(fid('node', key)), key);
      t.equal(parseFid(fid('service', key)), fid('service', key));
    }),
  );
});
