/** Waiting for operations: told at their end, looked at only when something happened, bounded. */

import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { Graph } from '../../src/core/graph/graph.ts';
import { revision } from '../../src/core/values/revision.ts';
import type { Asker } from '../../src/station/fair-use/long-reads.ts';
import { lookLimits, waitLimits } from '../../src/station/fair-use/shares.ts';
import { Turns } from '../../src/station/fair-use/turns.ts';
import type { Turn } from '../../src/station/fair-use/turns.ts';
import { OperationWaits } from '../../src/station/queries/operation-waits.ts';
import type { OperationWaitsParts } from '../../src/station/queries/operation-waits.ts';
import type { Station } from '../../src/station/station.ts';
import { systemTime } from '../../src/station/time.ts';
import { openStation, until } from './harness.ts';
import type { InProcess, Json } from './harness.ts';

/** Waits beside the station's own; what is not given is as the station has it. */
const waitsOf = (station: Station, parts: Partial<OperationWaitsParts> = {}): OperationWaits =>
  new OperationWaits({
    ...{ log: station.log, time: systemTime, turns: station.turns },
    graph: () => station.graph,
    settled: () => station.settled(),
    ...parts,
  });

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
  const waits = waitsOf(station, { graph });
  t.teardown(() => waits.close());
  const leaving = new AbortController();
  const ends = Array.from({ length: 300 }, () =>
    waits.until(revision(operation.id), 300_000, { principal: 'token:a', signal: leaving.signal }),
  );
  const settled = Promise.allSettled(ends);
  // What it is about is asked first, and how far it is in the first turn.
  await until('the first look', () => asked === 2);
  const toBegin = asked;
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

t.test('what is not durable yet is told to nobody, and never where it is taken back', async (t) => {
  const { station, ask, operation, fid } = await started(t);
  const disk = Promise.withResolvers<void>();
  let durable: Promise<void> | undefined = disk.promise;
  const waits = waitsOf(station, { settled: () => durable });
  t.teardown(() => waits.close());
  const { signal } = new AbortController();
  let told = 0;
  const answer = (principal: string) =>
    waits.until(revision(operation.id), 0, { principal, signal }).finally(() => (told += 1));
  const first = answer('token:a');
  const left = new AbortController();
  const leaving = waits.until(revision(operation.id), 0, {
    ...{ principal: 'token:b', signal: left.signal },
  });
  await until('both to ask', () => waits.size === 1);
  left.abort(new Error('left'));
  await t.rejects(leaving, { message: 'left' }, 'whoever leaves waits for no disk');
  t.equal(told, 0);
  // The graph is another when the disk has refused.
  await ask('PUT', `/processes/${fid}/override`, { state: 'online', reason: 'seen by hand' });
  durable = undefined;
  disk.reject(new Error('no space left on the disk'));
  t.match(await first, { state: 'succeeded' }, 'it is told what there is then');
});

t.test('the end of the patience tells how far it is; a closed station does at once', async (t) => {
  const { ask, operation, app, station } = await started(t);
  const short = { headers: { prefer: 'wait=1' } };
  const told = await ask('GET', `/operations/${operation.id}`, undefined, short);
  t.match(told.body, { state: 'running', waiting: [{}] });
  const waiting = ask('GET', `/operations/${operation.id}`, undefined, held);
  await until('it to wait', () => station.operations.size === 1);
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

t.test('what a look of another finds is told to all who wait', async (t) => {
  const opened = await started(t);
  const { station, ask, operation, fid } = opened;
  const waits = waitsOf(station);
  t.teardown(() => waits.close());
  const { signal } = new AbortController();
  const [a, b] = ['token:a', 'token:b'].map((principal) => ({ principal, signal })) as [
    Asker,
    Asker,
  ];
  const following = waits.follow(revision(operation.id), 300_000, a);
  t.match((await following.next()).value, { state: 'running', done: 0 });
  const told = following.next();
  const waiting = waits.until(revision(operation.id), 300_000, a);
  await end(opened, fid);
  // Before it is looked at for those who wait, as likely as not.
  t.match(await waits.until(revision(operation.id), 0, b), { state: 'succeeded' });
  t.match(await waiting, { state: 'succeeded' });
  t.match((await told).value, { state: 'succeeded' });
  t.match(await following.next(), { done: true });
  t.equal(waits.size, 0);
  t.equal((await ask('GET', `/operations/${operation.id}`)).status, 200);
});

/** Turns that nobody, or not one of them, gets before `open` is called. */
class HeldTurns extends Turns {
  readonly #held: string | null;
  /** Who has asked for a first one. */
  readonly asked: string[] = [];
  readonly #opened = Promise.withResolvers<void>();

  constructor(held: string | null = null) {
    super();
    this.#held = held;
  }

  open(): void {
    this.#opened.resolve();
  }

  override async begin(principal: string, signal: AbortSignal): Promise<Turn> {
    this.asked.push(principal);
    if (this.#held === null || this.#held === principal) await this.#opened.promise;
    return super.begin(principal, signal);
  }
}

t.test('a look keeps nothing open before its turn, and ends with who asked for it', async (t) => {
  const { station, operation } = await started(t);
  let asked = 0;
  const graph = (): Graph => {
    asked += 1;
    return station.graph;
  };
  const turns = new HeldTurns();
  const waits = waitsOf(station, { graph, turns });
  t.teardown(() => waits.close());
  const leaving = new AbortController();
  const ask = (signal: AbortSignal) =>
    waits.until(revision(operation.id), 0, { principal: 'token:a', signal });
  const left = t.rejects(ask(leaving.signal), { message: 'left' });
  await until('it to wait for its turn', () => turns.asked.length === 1);
  t.equal(asked, 1, 'the graph was asked only what the operation is about');
  leaving.abort(new Error('left'));
  await until('nobody to ask', () => waits.size === 0);
  const staying = ask(new AbortController().signal);
  turns.open();
  await left;
  t.match(await staying, { state: 'running' }, 'who asks next has a look of his own');
  t.equal(asked, 3, 'and there was no other');
});

t.test(
  'one token has one look at a time, and others are not behind all of its looks',
  async (t) => {
    const { station, ask, operation, fid } = await started(t);
    const ids = [operation.id];
    for (const wish of ['stop', 'start', 'stop'])
      ids.push((await ask('POST', `/processes/${fid}/${wish}`)).body.id);
    t.equal(new Set(ids).size, 4);
    const turns = new HeldTurns();
    const waits = waitsOf(station, { turns });
    t.teardown(() => waits.close());
    const { signal } = new AbortController();
    const answers = ids.map((id, i) =>
      waits.until(revision(id), 0, { principal: i < 3 ? 'token:a' : 'token:b', signal }),
    );
    await until('all to ask', () => waits.size === 4);
    await until('both to wait for a turn', () => new Set(turns.asked).size === 2);
    t.same(turns.asked.toSorted(), ['token:a', 'token:b']);
    turns.open();
    for (const answer of await Promise.all(answers)) t.type(answer?.state, 'string');
    t.equal(turns.asked.length, 4, 'each had its look');
  },
);

t.test('what two ask for is looked at once, in the first turn that one of them gets', async (t) => {
  const { station, operation } = await started(t);
  let asked = 0;
  const graph = (): Graph => {
    asked += 1;
    return station.graph;
  };
  const turns = new HeldTurns('token:a');
  const waits = waitsOf(station, { graph, turns });
  t.teardown(() => waits.close());
  const { signal } = new AbortController();
  const ask = (principal: string) => waits.until(revision(operation.id), 0, { principal, signal });
  const first = ask('token:a');
  await until('it to wait for its turn', () => turns.asked.length === 1);
  const second = ask('token:b');
  for (const answer of await Promise.all([first, second])) t.match(answer, { state: 'running' });
  turns.open();
  t.match(await ask('token:a'), { state: 'running' }, 'and its line goes on');
  t.equal(asked, 4, 'each time what it is about, and how far it is');
});

t.test('one token looks at so many operations and not at one more', async (t) => {
  const { station, ask, operation, tokenOf, fid } = await started(t);
  const token = await tokenOf('operator');
  const principal = `token:${token.split('_')[1]}`;
  const held = Array.from({ length: lookLimits.each }, () =>
    station.operations.looks.take(principal),
  );
  const before = station.head;
  for (const [method, path] of [
    ['GET', `/operations/${operation.id}`],
    ['POST', `/processes/${fid}/stop`],
  ] as const) {
    const { status, body } = await ask(method, path, undefined, { token });
    t.match({ status, body }, { status: 429, body: { code: 'too-many-requests' } }, path);
  }
  t.equal(station.head, before, 'what would be looked at was not begun');
  t.equal((await ask('GET', `/operations/${operation.id}`)).status, 200, 'others look');
  held[0]!();
  t.equal((await ask('GET', `/operations/${operation.id}`, undefined, { token })).status, 200);
});
