/** Waiting for operations: told at their end, looked at only when something happened, bounded. */

import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { Graph } from '../../src/core/graph/graph.ts';
import { revision } from '../../src/core/values/revision.ts';
import { waitLimits } from '../../src/station/fair-use/shares.ts';
import { OperationWaits } from '../../src/station/queries/operation-waits.ts';
import { systemTime } from '../../src/station/time.ts';
import { openStation, until } from './harness.ts';
import type { InProcess, Json } from './harness.ts';

const held = { headers: { prefer: 'wait=300' } };

/** A station with the example, and a start of one managed process that no agent carries out. */
const started = async (t: Parameters<typeof openStation>[0]) => {
  const opened = await openStation(t);
  await opened.fill();
  const { items } = (await opened.ask('GET', '/processes?host=node1.halcyon.example')).body;
  const managed = items.filter(({ ownership }: Json) => ownership === 'managed');
  const { fid } = managed.find(({ type }: Json) => type === 'ha') ?? managed[0];
  const operation = (await opened.ask('POST', `/processes/${fid}/start`)).body;
  t.match(operation, { state: 'running', total: 1 });
  return { ...opened, fid: fid as string, operation: operation as { id: number } };
};

const end = ({ ask }: InProcess, fid: string): Promise<Json> =>
  ask('PUT', `/processes/${fid}/override`, { state: 'online', reason: 'seen by hand' });

t.test('whoever waits is told when the operation has ended, all of them at once', async (t) => {
  const opened = await started(t);
  const { ask, operation, station, fid } = opened;
  const waits = Array.from({ length: 100 }, () =>
    ask('GET', `/operations/${operation.id}`, undefined, held),
  );
  await until('them to wait', () => station.operations.size === 1);
  await end(opened, fid);
  for (const { status, body } of await Promise.all(waits)) {
    if (status !== 200 || body.state !== 'succeeded') t.match({ status, body }, { status: 200 });
  }
  t.equal(station.operations.size, 0, 'nothing is watched any more');
});

t.test('an operation is looked at when a commit touched it, once for all who wait', async (t) => {
  const { station, ask, operation, fid } = await started(t);
  let asked = 0;
  const graph = (): Graph => {
    asked += 1;
    return station.graph;
  };
  const waits = new OperationWaits(station.log, graph, systemTime, station.turns);
  t.teardown(() => waits.close());
  const leaving = new AbortController();
  const ends = Array.from({ length: 300 }, () =>
    waits.until(revision(operation.id), 300_000, leaving.signal),
  );
  const settled = Promise.allSettled(ends);
  await until('them to wait', () => waits.size === 1);
  const toBegin = asked;
  t.ok(toBegin <= 2, 'it was looked at once to begin with');
  const before = station.head;
  for (let memory = 1; memory <= 20; memory += 1) {
    const facts = { agent: 'agent of 10.0.0.2', address: '10.0.0.2', cpus: 4, memory_mib: memory };
    await ask('PUT', '/hosts/node2.halcyon.example/facts', facts);
  }
  const others = station.head - before;
  t.ok(others >= 20);
  await ask('PUT', `/processes/${fid}/override`, { state: 'online', reason: 'seen by hand' });
  for (const one of await settled) t.match(one, { value: { state: 'succeeded' } });
  const looks = asked - toBegin - (station.head - before);
  t.equal(looks, 1, 'once for all of them, and for no other host');
});

t.test('the end of the patience tells how far it is; a closed station does at once', async (t) => {
  const { ask, operation, app } = await started(t);
  const short = { headers: { prefer: 'wait=1' } };
  const told = await ask('GET', `/operations/${operation.id}`, undefined, short);
  t.match(told.body, { state: 'running', waiting: [{}] });
  const waiting = ask('GET', `/operations/${operation.id}`, undefined, held);
  await app.close();
  t.match((await waiting).body, { state: 'running' });
});

t.test('one token waits so often and not once more; a closed connection makes room', async (t) => {
  const { ask, operation, station, app, admin, tokenOf, fid } = await started(t);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/api/v1`;
  const leaving = new AbortController();
  const { signal } = leaving;
  const headers = { ...held.headers, authorization: `Bearer ${admin}` };
  const waits = Array.from({ length: waitLimits.each }, () =>
    fetch(`${url}/operations/${operation.id}`, { headers, signal }),
  );
  const ended = Promise.allSettled(waits);
  let refused: Json;
  await until('no more room', async () => {
    const one = new AbortController();
    const asking = fetch(`${url}/operations/${operation.id}`, { headers, signal: one.signal });
    refused = await Promise.race([asking, new Promise((r) => setTimeout(r, 200, null))]);
    one.abort();
    await asking.catch(() => undefined);
    return refused;
  });
  t.equal(refused.status, 429);
  t.equal(refused.headers.get('retry-after'), '2');
  const before = station.head;
  t.match(await ask('POST', `/processes/${fid}/stop`, undefined, held), {
    status: 429,
    body: { code: 'too-many-requests' },
  });
  t.equal(station.head, before, 'what would be waited for was not begun');
  t.equal((await ask('GET', `/operations/${operation.id}`)).status, 200, 'a look is no wait');
  const other = { ...held, token: await tokenOf('operator') };
  const stopping = ask('POST', `/processes/${fid}/stop`, undefined, other);
  await until('another token to wait', () => station.operations.size === 2);
  leaving.abort();
  await ended;
  await until('nobody to wait for the start', () => station.operations.size === 1);
  await ask('PUT', `/processes/${fid}/override`, { state: 'offline', reason: 'seen by hand' });
  t.match((await stopping).body, { state: 'succeeded' });
});
