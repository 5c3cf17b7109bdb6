/** Several stations have one log on KurrentDB open, on the fake of `test/kurrentdb`. */

import t from 'tap';
import { openKurrentdbLog } from '../../src/log/kurrentdb/kurrentdb-log.ts';
import type { EventLog } from '../../src/log/log.ts';
import { FakeCluster, FakeNode } from '../kurrentdb/node.ts';
import { TcpProxy } from '../network/tcp-proxy.ts';
import { sharedLogContract } from './shared-contract.ts';

/** A busy machine is slow to answer, and to open. */
const waits = { answer: 10_000, call: 20_000, open: 120_000, look: 500 };

sharedLogContract(t, 'kurrentdb', async (t) => {
  const cluster = new FakeCluster();
  t.teardown(() => cluster.close());
  const node = await FakeNode.start(cluster);
  const proxy = await TcpProxy.start(t, () => node.port);
  const open = async (port: number): Promise<EventLog> => {
    const place = `//127.0.0.1:${port}/shared?tls=false`;
    const log = await openKurrentdbLog({ place, env: {}, waits });
    t.teardown(() => log.close());
    return log;
  };
  return {
    one: await open(proxy.port),
    other: await open(node.port),
    cut: () => {
      proxy.refuses = true;
      proxy.cut();
    },
    mend: () => void (proxy.refuses = false),
  };
});
