/** What earlier versions wrote is well, as `halcyon log verify` finds it. */

import t from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import { openLog } from '../../src/log/open.ts';
import { openSqliteLog } from '../../src/log/sqlite/sqlite-log.ts';
import { replayLog } from '../../src/station/replica/replay.ts';
import { recordedLogs } from '../core/record-log.ts';
import { temporary } from '../station/harness.ts';

for (const { name, log: recorded } of recordedLogs())
  t.test(`${name} is well on a disk, too`, async (t) => {
    const directory = temporary(t);
    const made = await openSqliteLog({ directory });
    const kept = recorded.map(({ commit }) => made.append(commit, revision(commit.revision - 1)));
    await Promise.all(kept);
    await made.close();
    const log = await openLog(`sqlite:${directory}`, { mustExist: true });
    t.teardown(() => log.close());
    const { digest, commit } = recorded.at(-1)!;
    const read = await replayLog(log, () => undefined);
    t.match(read, { head: commit.revision, digest });
    t.equal(read.unknown.size, 0);
  });
