import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import {
  listSnapshots,
  pruneSnapshots,
  readSnapshot,
  saveSnapshot,
} from '../../src/log/snapshots.ts';
import type { SnapshotAbout } from '../../src/log/snapshots.ts';
import { folderOf } from '../folder.ts';

function about(at: number): SnapshotAbout {
  return { revision: revision(at), crc: 0xfedcba98, digest: `digest of ${at}`, rules: '1' };
}

const invalid = { code: 'snapshot-invalid' };

t.test('a snapshot is read as it was saved', async (t) => {
  const directory = join(folderOf(t), 'snapshots');
  const lines = ['{"host":"n0001"}', '', '{"greek":"αβγ"}', '"\\n"'];
  const saved = await saveSnapshot(directory, about(42), lines);
  t.equal(saved.path, join(directory, '42.snapshot'));
  t.equal(saved.bytes, readFileSync(saved.path).length);
  t.same(listSnapshots(directory), [saved]);
  t.same([...readSnapshot(saved.path)], lines);
});

t.test('any lines come back, from a generator that waits too', async (t) => {
  const directory = folderOf(t);
  async function* slowly(lines: string[]): AsyncGenerator<string> {
    yield* lines;
  }
  const line = fc.string({ unit: 'grapheme' }).filter((text) => text.isWellFormed());
  const lines = fc.array(line.map((text) => text.replaceAll('\n', ' ')));
  await fc.assert(
    fc.asyncProperty(lines, fc.boolean(), async (expected, wait) => {
      const source = wait ? slowly(expected) : expected;
      const { path } = await saveSnapshot(directory, about(1), source);
      return t.same([...readSnapshot(path)], expected) && true;
    }),
    { numRuns: 50 },
  );
});

t.test('a large snapshot streams, whatever its lines do to the pieces', async (t) => {
  const directory = folderOf(t);
  const lineAt = (at: number): string =>
    `${at}:${'ä'.repeat(at % 7000 === 0 ? 2_000_000 : at % 90)}`;
  function* lines(): Generator<string> {
    for (let at = 0; at < 50_000; at++) yield lineAt(at);
  }
  const { path } = await saveSnapshot(directory, about(7), lines());
  let at = 0;
  for (const line of readSnapshot(path)) {
    if (line !== lineAt(at)) t.fail(`line ${at} differs`);
    at += 1;
  }
  t.equal(at, 50_000);
});

t.test('saving interleaves with other work', async (t) => {
  let turns = 0;
  let saving = true;
  const turn = (): void => {
    turns += 1;
    if (saving) setImmediate(turn);
  };
  setImmediate(turn);
  await saveSnapshot(
    folderOf(t),
    about(1),
    Array.from({ length: 20 }, () => 'z'.repeat(1 << 20)),
  );
  saving = false;
  t.ok(turns > 10, `${turns} turns of the event loop`);
});

t.test('snapshots are listed newest first, by number', async (t) => {
  const directory = folderOf(t, { 'notes.txt': 'not one', '5.snapshot.tmp': 'cut' });
  for (const at of [9, 100, 20]) await saveSnapshot(directory, about(at), []);
  writeFileSync(join(directory, '300.snapshot'), 'garbage\n');
  const listed = listSnapshots(directory).map((file) => file.about.revision);
  t.same(listed, [100, 20, 9]);
  t.same(listSnapshots(join(directory, 'missing')), []);
});

t.test('every single damaged byte is noticed', async (t) => {
  const directory = folderOf(t);
  const { path } = await saveSnapshot(directory, about(3), ['one', 'two', 'three']);
  const intact = readFileSync(path);
  for (let at = 0; at < intact.length; at++) {
    const damaged = Buffer.from(intact);
    damaged[at] = (damaged[at] as number) ^ 0x01;
    writeFileSync(path, damaged);
    t.throws(() => [...readSnapshot(path)], invalid, `byte ${at}`);
  }
  for (let length = 0; length < intact.length; length++) {
    writeFileSync(path, intact);
    truncateSync(path, length);
    t.throws(() => [...readSnapshot(path)], invalid, `cut at ${length}`);
  }
});

t.test('a snapshot of another format is not read', async (t) => {
  const directory = folderOf(t);
  const { path } = await saveSnapshot(directory, about(3), ['one']);
  writeFileSync(path, readFileSync(path, 'utf8').replace('"format":1', '"format":2'));
  t.throws(() => [...readSnapshot(path)], { ...invalid, message: /another format/ });
  t.same(listSnapshots(directory), []);
});

t.test('a save that fails leaves the one before it', async (t) => {
  const directory = folderOf(t);
  const { path } = await saveSnapshot(directory, about(3), ['one']);
  function* broken(): Generator<string> {
    yield 'two';
    throw new Error('no more lines');
  }
  await t.rejects(saveSnapshot(directory, about(3), broken()), { message: 'no more lines' });
  await t.rejects(saveSnapshot(directory, about(3), ['a\nb']), RangeError);
  t.same([...readSnapshot(path)], ['one']);
  t.same(readdirSync(directory), ['3.snapshot'], 'nothing else is left');
});

t.test('pruning keeps the newest usable ones', async (t) => {
  const directory = folderOf(t, { other: '' });
  for (const at of [1, 2, 3, 4]) await saveSnapshot(directory, about(at), []);
  writeFileSync(join(directory, '4.snapshot'), 'garbage');
  const removed = pruneSnapshots(directory, 2);
  t.same(readdirSync(directory).sort(), ['2.snapshot', '3.snapshot', 'other']);
  t.equal(removed.length, 2);
  t.same(pruneSnapshots(directory, 0).length, 2);
  t.notOk(existsSync(join(directory, '3.snapshot')));
});
