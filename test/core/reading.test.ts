/** Whoever reads events of the log gets them typed and in today's shape, whenever they were written. */

import t from 'tap';
import { definitionOf } from '../../src/core/events/catalogue.ts';
import { eventsOf, eventsOfType, isKnown, presentRecord } from '../../src/core/events/reading.ts';
import { storedSamples } from './event-samples.ts';

const samples = storedSamples().map(({ type, v, data }) => ({ type, v, data }));

t.test('every version that ever was reaches its readers in the shape of today', async (t) => {
  const read = eventsOf({ events: samples });
  t.equal(read.length, samples.length);
  for (const [i, { type, v }] of samples.entries()) {
    const event = read[i]!;
    t.equal(event.type, type);
    if (isKnown(event)) t.equal(definitionOf(event.type).check(event.data), null, `${type} ${v}`);
    const record = presentRecord(samples[i]!);
    t.equal(record.v, definitionOf(type as 'NodeUp').version, `${type} ${v} says what it is now`);
    t.equal(definitionOf(type as 'NodeUp').check(record.data), null);
  }
});

t.test('the events of a type come in order, old ones with what they lacked', async (t) => {
  const removed = eventsOfType({ events: samples }, 'ProcessRemoved');
  const wanted = { node: (v: number) => v > 1, cools: (v: number) => v > 2 };
  t.same(
    removed.map(({ data }) => [data.node !== null, data.cools_until !== null]),
    [1, 2, 3].map((v) => [wanted.node(v), wanted.cools(v)]),
  );
});

t.test('an unknown event that may be skipped keeps its place', async (t) => {
  const unknown = {
    type: 'MoonRisen',
    v: 1,
    data: { fqdn: 'n1.example' },
    ignorable: true,
  } as const;
  const [before, after] = [samples[0]!, samples[1]!];
  const events = [before, unknown, after];
  t.same(
    eventsOf({ events }).map(({ type }) => type),
    [before.type, null, after.type],
  );
  t.equal(presentRecord(unknown), unknown);
  const { ignorable: _, ...needed } = unknown;
  t.throws(() => eventsOf({ events: [needed] }), { code: 'unknown-event' });
});
