/** Events are read for ever, or reading stops. */

import { Type } from 'typebox';
import t from 'tap';
import {
  definitionOf,
  readEvent,
  UnknownEventError,
  writeEvent,
} from '../../src/core/events/catalogue.ts';
import type { Catalogue, EventDraft } from '../../src/core/events/catalogue.ts';
import { event } from '../../src/core/events/define.ts';
import { subjectsOf } from '../../src/core/events/subjects.ts';
import { eventTypes, schemaDigest, storedSamples } from './event-samples.ts';

t.test('every sample fits its schema and survives JSON', async (t) => {
  for (const type of eventTypes) {
    const { check, sample } = definitionOf(type);
    t.equal(check(sample), null, type);
    const fromLog: unknown = JSON.parse(JSON.stringify(sample));
    t.strictSame(fromLog, sample, type);
    const draft = { type, data: sample } as EventDraft;
    t.strictSame(readEvent(writeEvent(draft)), draft, type);
  }
});

t.test('no event takes a field that it does not know', async (t) => {
  for (const type of eventTypes) {
    const { check, sample } = definitionOf(type);
    t.type(check({ ...(sample as object), misspelt: 1 }), 'string', type);
    for (const field of Object.keys(sample as object))
      t.type(check({ ...(sample as object), [field]: undefined }), 'string', `${type}.${field}`);
  }
});

t.test('a schema that changes is a new version', async (t) => {
  const stored = storedSamples();
  for (const type of eventTypes) {
    const { version } = definitionOf(type);
    const present = stored.find((sample) => sample.type === type && sample.v === version);
    if (!present) t.fail(`no sample of ${type} ${version}: run node test/core/event-samples.ts`);
    else
      t.equal(
        schemaDigest(type),
        present.schema,
        `${type}: a changed schema needs version ${version + 1}, an upcaster from ${version}, ` +
          'and its own stored sample: node test/core/event-samples.ts',
      );
  }
});

t.test('an event is about the same in whatever version it is', async (t) => {
  for (const { type, v, data } of storedSamples()) {
    const present = readEvent({ type, v, data })!;
    t.same(subjectsOf({ type, v, data }), subjectsOf(writeEvent(present)), `${type} ${v}`);
  }
});

t.test('every version that ever was can still be read', async (t) => {
  const stored = storedSamples();
  for (const { type, v, data } of stored) {
    const read = readEvent({ type, v, data });
    t.equal(read && definitionOf(read.type).check(read.data), null, `${type} ${v}`);
  }
  for (const type of eventTypes)
    for (let v = 1; v <= definitionOf(type).version; v += 1)
      t.ok(
        stored.some((sample) => sample.type === type && sample.v === v),
        `there is a sample of ${type} ${v}`,
      );
});

t.test('T65: an unknown type stops the reader, unless it may be skipped', async (t) => {
  const record = { type: 'MoonRisen', v: 1, data: {} };
  t.throws(() => readEvent(record), UnknownEventError);
  t.equal(readEvent({ ...record, ignorable: true }), null);
  t.throws(() => readEvent({ ...record, type: 'toString' }), UnknownEventError);
});

t.test(
  'a version that this program does not know stops the reader, even if it may be skipped',
  async (t) => {
    const { sample, version } = definitionOf('NodeDown');
    for (const v of [version + 1, 0, -1, 1.5])
      t.throws(() => readEvent({ type: 'NodeDown', v, data: sample, ignorable: true }), {
        code: 'unknown-event',
        message: /NodeDown/,
      });
  },
);

t.test('T66: old versions are brought up step by step', async (t) => {
  const known: Catalogue = {
    DoorOpened: event(
      3,
      Type.Object({ door: Type.String(), by: Type.String(), wide: Type.Boolean() }),
      { door: 'north', by: 'ann', wide: true },
      {
        upcast: {
          1: ({ name }: { name: string }) => ({ door: name, by: 'nobody' }),
          2: (data: object) => ({ ...data, wide: false }),
        },
      },
    ),
  };
  const read = (v: number, data: unknown) =>
    readEvent({ type: 'DoorOpened', v, data }, known)?.data;
  t.strictSame(read(1, { name: 'north' }), { door: 'north', by: 'nobody', wide: false });
  t.strictSame(read(2, { door: 'west', by: 'ann' }), { door: 'west', by: 'ann', wide: false });
  t.strictSame(read(3, { door: 'west', by: 'ann', wide: true }), {
    door: 'west',
    by: 'ann',
    wide: true,
  });
  t.throws(() => read(4, {}), UnknownEventError);
});

t.test('every version but the first has a way up', async (t) => {
  for (const type of eventTypes) {
    const { version, upcast } = definitionOf(type);
    t.strictSame(
      Object.keys(upcast).map(Number),
      Array.from({ length: version - 1 }, (_, i) => i + 1),
      type,
    );
  }
});

t.test('data that does not fit is never written', async (t) => {
  t.throws(() => writeEvent({ type: 'NodeDown', data: { fqdn: 'N1', reason: '' } }), {
    name: 'TypeError',
    message: /NodeDown: \/fqdn/,
  });
});
