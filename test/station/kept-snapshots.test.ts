/** Which snapshots stay. */

import t from 'tap';
import type { SnapshotFile } from '../../src/log/snapshots.ts';
import { keptSnapshots } from '../../src/station/replica/kept-snapshots.ts';
import { revision } from '../../src/core/values/revision.ts';

const bytes = 100;
const file = (at: number): SnapshotFile => ({
  path: `${at}.snapshot`,
  bytes,
  about: { revision: revision(at), digest: '', rules: '' },
});

/** What is left after snapshots were made one by one, each time with what stayed. */
const after = (revisions: readonly number[], logBytes: number): number[] =>
  revisions
    .reduce<readonly SnapshotFile[]>((all, at) => keptSnapshots([file(at), ...all], logBytes), [])
    .map(({ about }) => about.revision);

t.test('of snapshots the newest stay, and older ones spread over the log', async (t) => {
  t.same(keptSnapshots([], 1e6), []);
  const made = Array.from({ length: 40 }, (_, i) => (i + 1) * 50);
  const kept = after(made, 1e6);
  t.same(kept.slice(0, 3), [2000, 1950, 1900]);
  t.ok(kept.length <= 3 + 8, `${kept.length}`);
  const gaps = [...kept, 0].map((at, i, all) => (all[i - 1] ?? at) - at);
  t.ok(Math.max(...gaps) <= (2 * 2000) / 8, `at most ${Math.max(...gaps)} commits are read`);
});

t.test('older snapshots take no more room than the log', async (t) => {
  const made = Array.from({ length: 40 }, (_, i) => (i + 1) * 50);
  t.equal(after(made, 2.5 * bytes).length, 3 + 2);
  t.same(after(made, 0), [2000, 1950, 1900]);
});

t.test('snapshots of many short runs do not drive the older ones out', async (t) => {
  const made = [500, 1000, 1500, ...Array.from({ length: 20 }, (_, i) => 1600 + i)];
  const kept = after(made, 1e6);
  t.same(kept.slice(0, 3), [1619, 1618, 1617]);
  for (const at of [500, 1000, 1500])
    t.ok(kept.includes(at) || kept.some((one) => Math.abs(one - at) < 1620 / 8));
});
