/** Several stations have one log on KurrentDB open, on the fake of `test/kurrentdb`. */

import t from 'tap';
import { openKurrentdbLog } from '../../src/log/kurrentdb/kurrentdb-log.ts';
import type { KurrentdbLogOptions } from '../../src/log/kurrentdb/kurrentdb-log.ts';
import type { EventLog } from '../../src/log/log.ts';
import { FakeCluster, FakeNode } from '../kurrentdb/node.ts';
import { patience } from '../kurrentdb/patience.ts';
import { TcpProxy } from '../network/tcp-proxy.ts';
import { LeapingTimers } from './leaping-timers.ts';
import { sharedLogContract } from './shared-contract.ts';

const waits = { ...patience, look: 500 };

sharedLogContract(t, 'kurrentdb', async (t) => {
  const cluster = new FakeCluster();
  t.teardown(() => cluster.close());
  const node = await FakeNode.start(cluster);
  const proxy = await TcpProxy.start(t, () => node.port);
  const timers = new LeapingTimers();
  const open = async (port: number, own: Partial<KurrentdbLogOptions> = {}): Promise<EventLog> => {
    const place = `//127.0.0.1:${port}/shared?tls=false`;
    const log = await openKurrentdbLog({ place, env: {}, waits, ...own });
    t.teardown(() => log.close());
    return log;
  };
  // While it is cut off nothing answers, and its deadlines may come soon.
  let land = (): void => undefined;
  t.teardown(() => land());
  return {
    one: await open(proxy.port, { timers }),
    other: await open(node.port),
    cut: () => {
      proxy.refuses = true;
      proxy.cut();
      land = timers.fly();
    },
    mend: () => {
      land();
      proxy.refuses = false;
    },
  };
});
