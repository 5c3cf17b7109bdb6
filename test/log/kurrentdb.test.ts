/**
 * The driver of KurrentDB, against the fake of `test/kurrentdb`. With
 * HALCYON_TEST_KURRENTDB=kurrentdb://HOST[:PORT]/PREFIX?… what every driver must do is tried on real
 * servers too, in streams of new names behind the prefix.
 */

import t from 'tap';
import type { Test } from 'tap';
import { openKurrentdbLog } from '../../src/log/kurrentdb/kurrentdb-log.ts';
import type { EventLog } from '../../src/log/log.ts';
import { FakeCluster, FakeNode } from '../kurrentdb/node.ts';
import { patience } from '../kurrentdb/patience.ts';
import { logContract } from './contract.ts';
import { refusalContract } from './refusal-contract.ts';
import type { RefusingLog } from './refusal-contract.ts';

async function started(t: Test): Promise<FakeNode> {
  const cluster = new FakeCluster();
  t.teardown(() => cluster.close());
  return FakeNode.start(cluster);
}

const opened = async (t: Test): Promise<RefusingLog> => {
  const node = await started(t);
  const open = (): Promise<EventLog> =>
    openKurrentdbLog({
      place: `//127.0.0.1:${node.port}/tried?tls=false`,
      ...{ env: {}, limits: { queueCommits: 2500 }, waits: patience },
    });
  const log = await open();
  t.teardown(() => log.close());
  return {
    log,
    reopen: open,
    breakStorage: () => node.faults.always('denied'),
    mendStorage: () => node.faults.always(undefined),
    queueCommits: log.limits.queueCommits,
  };
};

logContract(t, 'kurrentdb', opened);
refusalContract(t, 'kurrentdb', opened);

/** Servers of somebody's own, and the start of names of streams there. */
const [, scheme, hosts, prefix, options = ''] =
  /^([a-z+]+):(\/\/[^/]+)\/([^?]+)(\?.*)?$/.exec(process.env['HALCYON_TEST_KURRENTDB'] ?? '') ?? [];
if (scheme !== undefined) {
  const run = Date.now().toString(36);
  let streams = 0;
  logContract(t, 'kurrentdb servers', async (t) => {
    const place = `${hosts}/${prefix}-${run}-${++streams}${options}`;
    const open = (): Promise<EventLog> =>
      openKurrentdbLog({
        ...{ place, discover: scheme.endsWith('+discover'), limits: { queueCommits: 2500 } },
      });
    const log = await open();
    t.teardown(() => log.close());
    const { queueCommits } = log.limits;
    return { log, reopen: open, queueCommits };
  });
}
