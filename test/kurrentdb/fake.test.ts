/** The fake does to the client what the server is known to do: by grpc-js, and by the bridge. */

import t from 'tap';
import type { Test } from 'tap';
import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import type { BinaryEventData } from '@kurrent/kurrentdb-client';
import { FakeCluster, FakeNode } from './node.ts';

async function started(t: Test, nodes = 1): Promise<{ cluster: FakeCluster; nodes: FakeNode[] }> {
  const cluster = new FakeCluster();
  t.teardown(() => cluster.close());
  for (let i = 0; i < nodes; i++) await FakeNode.start(cluster);
  return { cluster, nodes: cluster.nodes };
}

function clientOf(t: Test, ...nodes: FakeNode[]): KurrentDBClient {
  const hosts = nodes.map(({ host, port }) => `${host}:${port}`).join(',');
  const client = KurrentDBClient.connectionString(`kurrentdb://${hosts}?tls=false`);
  t.teardown(() => client.dispose());
  return client;
}

const event = (size = 100): BinaryEventData => ({
  id: crypto.randomUUID(),
  type: 'Tried',
  contentType: 'application/octet-stream',
  data: Buffer.alloc(size, 7),
  metadata: { size },
});

const revisions = (events: AsyncIterable<{ event?: { revision: bigint } }>): Promise<unknown[]> =>
  Array.fromAsync(events, ({ event }) => event?.revision);

const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const leader = { requiresLeader: true } as const;

t.test('events come back as they were written, in pages and backwards', async (t) => {
  const { nodes } = await started(t);
  const client = clientOf(t, ...nodes);
  const written = Array.from({ length: 100 }, () => event());
  const result = await client.appendToStream('s', written, { streamState: 'no_stream' });
  t.match(result, { success: true, nextExpectedRevision: 99n });
  const read = await Array.fromAsync(client.readStream('s', leader));
  t.same(
    read.map(({ event }) => [event?.id, Buffer.from(event?.data as Uint8Array)]),
    written.map(({ id, data }) => [id, data]),
  );
  t.match(read[3]?.event, { revision: 3n, type: 'Tried', isJson: false, metadata: { size: 100 } });
  const tail = client.readStream('s', {
    ...{ direction: 'backwards', fromRevision: 'end', maxCount: 3 },
  });
  t.same(await revisions(tail), [99n, 98n, 97n]);
  t.same(await revisions(client.readStream('s', { fromRevision: 97n })), [97n, 98n, 99n]);
  t.same(await revisions(client.readStream('s', { fromRevision: 100n })), []);
  t.match(await errorOf(revisions(client.readStream('none'))), { type: 'stream-not-found' });
});

t.test('an append behind another revision is refused, unless it is there already', async (t) => {
  const { nodes } = await started(t);
  const client = clientOf(t, ...nodes);
  const [first, second, third] = [event(), event(), event()];
  const behind = (streamState: bigint | 'no_stream', ...events: BinaryEventData[]) =>
    client.appendToStream('s', events, { streamState, ...leader });
  await behind('no_stream', first, second);
  t.match(await behind('no_stream', first, second), { nextExpectedRevision: 1n });
  t.match(await behind('no_stream', first), { nextExpectedRevision: 0n });
  t.match(await behind(0n, second), { nextExpectedRevision: 1n });
  const wrong = { type: 'wrong-expected-version', actualState: 1n };
  t.match(await errorOf(behind(0n, third)), { ...wrong, expectedState: 0n });
  t.match(await errorOf(behind('no_stream', first, second, third)), wrong, 'a part is not enough');
  t.match(await errorOf(behind(7n, third)), wrong, 'nor is it behind what is not there');
  const once = { type: 'wrong-expected-version', actualState: 'no_stream' };
  t.match(await errorOf(client.appendToStream('t', third, { streamState: 3n })), once);
});

t.test('an append that is too large is refused with the limit', async (t) => {
  const { cluster, nodes } = await started(t);
  const client = clientOf(t, ...nodes);
  t.match(await errorOf(client.appendToStream('s', event(1024 * 1024))), {
    ...{ type: 'maximum-append-size-exceeded', maxAppendSize: cluster.maxAppendSize },
  });
  await client.appendToStream('s', event(1024 * 1024 - 100));
});

t.test('a stream that keeps one event shows the last, under its own number', async (t) => {
  const { nodes } = await started(t);
  const client = clientOf(t, ...nodes);
  await client.setStreamMetadata('r', { maxCount: 1 });
  t.match(await client.getStreamMetadata('r'), { metadata: { maxCount: 1 } });
  for (let i = 0; i < 5; i++) await client.appendToStream('r', event());
  t.same(await revisions(client.readStream('r')), [4n]);
  await client.deleteStream('r');
  t.match(await errorOf(revisions(client.readStream('r'))), { type: 'stream-not-found' });
  const again = await client.appendToStream('r', event(), { streamState: 'no_stream' });
  t.match(again, { nextExpectedRevision: 5n }, 'numbers go on behind a deletion');
  t.same(await revisions(client.readStream('r')), [5n]);
});

t.test('whoever follows a stream gets what is there, and then what comes', async (t) => {
  const { nodes } = await started(t);
  const client = clientOf(t, ...nodes);
  await client.appendToStream('s', [event(), event(), event()]);
  const seen: unknown[] = [];
  const following = client.subscribeToStream('s', { fromRevision: 0n, ...leader });
  const caughtUp = new Promise((resolve) => following.once('caughtUp', resolve));
  const came = new Promise<void>((resolve) => {
    following.on('data', ({ event }) => {
      seen.push(event?.revision);
      if (seen.length === 3) resolve();
    });
  });
  await caughtUp;
  t.same(seen, [1n, 2n], 'behind the revision that it named');
  await client.appendToStream('s', event());
  await came;
  t.same(seen, [1n, 2n, 3n]);
  await following.unsubscribe();
});

t.test('a follower names the leader, and the client goes there', async (t) => {
  const { cluster, nodes } = await started(t, 2);
  const [first, second] = nodes as [FakeNode, FakeNode];
  const client = clientOf(t, first);
  await client.appendToStream('s', event(), leader);
  cluster.elect(second);
  const led = { type: 'not-leader', leader: { port: second.port } };
  t.match(await errorOf(client.appendToStream('s', event(), leader)), led);
  t.match(await client.appendToStream('s', event(), leader), { nextExpectedRevision: 1n });
  t.match(
    await errorOf(revisions(client.readStream('s', leader))),
    led,
    'the bridge stays where it was',
  );
  t.equal(first.faults.appends + second.faults.appends, 3);
});

t.test('with several addresses the leader is found by gossip', async (t) => {
  const { cluster, nodes } = await started(t, 2);
  cluster.elect(nodes[1]);
  const client = clientOf(t, ...nodes);
  await client.appendToStream('s', event(), leader);
  t.same(await revisions(client.readStream('s', leader)), [0n]);
  t.same(
    nodes.map(({ faults }) => faults.appends),
    [0, 1],
  );
});

t.test('each fault is what it says', async (t) => {
  const { cluster, nodes } = await started(t);
  const [node] = nodes as [FakeNode];
  const client = clientOf(t, node);
  const append = () => client.appendToStream('s', event(), leader);
  const kept = () => cluster.streams.last('s') + 1;
  const ends = async (): Promise<unknown> => {
    const silence = new Promise((resolve) => setTimeout(resolve, 700, 'silence'));
    return Promise.race([
      append().then(
        () => 'kept',
        (error: { type?: string }) => error.type,
      ),
      silence,
    ]);
  };
  node.faults.order('denied', 'timeout', 'cut', 'cancelled');
  t.same([await ends(), kept()], ['access-denied', 0]);
  t.same([await ends(), kept()], ['deadline-exceeded', 1]);
  t.same([await ends(), kept()], ['unavailable', 2]);
  t.same([await ends(), kept()], ['cancelled', 2]);
  node.faults.order('not-ready', 'no-leader');
  t.same([await ends(), kept()], ['unknown', 2]);
  t.same([await ends(), kept()], ['unknown', 2]);
  node.faults.order('lost', 'ack-lost', 'late');
  t.same([await ends(), kept()], ['silence', 2]);
  t.same([await ends(), kept()], ['silence', 3]);
  t.same([await ends(), kept()], ['silence', 3]);
  node.faults.letGo();
  t.equal(kept(), 4);
  node.faults.hang();
  t.same([await ends(), kept()], ['silence', 4]);
  node.faults.wake();
  await node.kill();
  const dead = clientOf(t, node);
  t.match(await errorOf(dead.appendToStream('s', event())), { code: 14 }, 'a bare error of gRPC');
  t.match(await errorOf(revisions(dead.readStream('s'))), { type: 'unavailable' });
  await node.revive();
  const again = clientOf(t, node);
  t.match(await again.appendToStream('s', event()), { success: true });
});
