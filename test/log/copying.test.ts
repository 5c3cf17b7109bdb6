/** Commits of one log that another does not take. */

import t from 'tap';
import type { Commit } from '../../src/core/events/commit.ts';
import { revision } from '../../src/core/values/revision.ts';
import { copyCommits } from '../../src/log/copying.ts';
import { openMemoryLog } from '../../src/log/memory.ts';

const commitOf = (at: number, note: string): Commit => ({
  ...{ revision: revision(at), at, actor: 'station', correlation: `c${at}`, command: 'X' },
  events: [{ type: 'OddThing', v: 1, data: { note }, ignorable: true }],
});

t.test('a commit that is too large for the other log is named, with what to do', async (t) => {
  const from = openMemoryLog();
  for (const at of [1, 2, 3, 4, 5])
    await from.append(commitOf(at, 'x'.repeat(at === 3 ? 2000 : 10)), revision(at - 1));
  const to = openMemoryLog({ limits: { commitCharacters: 1000 } });
  const copying = copyCommits(from, to, () => undefined);
  await t.rejects(copying, {
    message: /take the commit of revision 3, which has 2\d{3} characters of at most 1000; .*maxApp/,
  });
  // It waits for what is on the way.
  await to.close();
  t.equal(to.head(), 2, 'what is before it is there');
  const larger = openMemoryLog();
  await copyCommits(from, larger, () => undefined);
  t.equal(larger.head(), 5);
});
