/** How far an operation is, as a stream: told when it changes, until its end, to whoever may know. */

import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { readEventStream } from '../../src/client/event-stream.ts';
import type { StreamMessage } from '../../src/client/event-stream.ts';
import { streamLimits } from '../../src/station/fair-use/shares.ts';
import { openStation, until } from '../station/harness.ts';
import type { InProcess, Json } from '../station/harness.ts';

const node1 = 'node1.halcyon.example';

interface Started extends InProcess {
  readonly port: number;
  /** Managed processes of one node, which an operation is to start. */
  readonly fids: readonly string[];
  readonly id: number;
  readonly path: string;
}

/** A station with the example, and a start of a node that no agent carries out. */
const started = async (t: Test): Promise<Started> => {
  const opened = await openStation(t);
  await opened.fill();
  const { ask, app } = opened;
  const { items } = (await ask('GET', `/processes?host=${node1}`)).body;
  const managed = items.filter(({ ownership }: Json) => ownership === 'managed');
  const { id, total } = (await ask('POST', `/nodes/${managed[0].node}/start`)).body;
  t.equal(total, managed.length);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const fids = managed.map(({ fid }: Json) => fid);
  return { ...opened, port, fids, id, path: `/api/v1/operations/${id}` };
};

/** Reads a stream to its end, in the background. */
class Reading {
  readonly messages: StreamMessage[] = [];
  status = 0;
  /** `end`: the station ended it; `broken`: it was cut off. */
  is: 'open' | 'end' | 'broken' = 'open';
  readonly #leaving = new AbortController();

  constructor({ port, path, admin }: Started, asked: { token?: string; lastSeen?: string } = {}) {
    void this.#read(`http://127.0.0.1:${port}${path}`, {
      accept: 'text/event-stream',
      authorization: `Bearer ${asked.token ?? admin}`,
      ...(asked.lastSeen === undefined ? {} : { 'last-event-id': asked.lastSeen }),
    });
  }

  async #read(url: string, headers: Record<string, string>): Promise<void> {
    try {
      const answer = await fetch(url, { headers, signal: this.#leaving.signal });
      this.status = answer.status;
      if (answer.body)
        for await (const message of readEventStream(answer.body)) this.messages.push(message);
      this.is = 'end';
    } catch {
      this.is = 'broken';
    }
  }

  leave(): void {
    this.#leaving.abort();
  }

  operations(): Json[] {
    return this.messages.map(({ data }) => JSON.parse(data));
  }

  has(count: number): Promise<unknown> {
    return until(`${count} messages`, () => this.messages.length >= count);
  }
}

const online = ({ ask }: InProcess, fid: string): Promise<unknown> =>
  ask('PUT', `/processes/${fid}/override`, { state: 'online', reason: 'seen by hand' });

t.test('a stream tells how far it is, whenever that changes, and ends with it', async (t) => {
  const opened = await started(t);
  const { fids, id, ask } = opened;
  const reading = new Reading(opened);
  await reading.has(1);
  t.equal(reading.status, 200);
  t.match(reading.operations()[0], { id, state: 'running', done: 0 });
  for (const [i, fid] of fids.entries()) {
    await online(opened, fid);
    await until(`${i + 1} to be told`, () => reading.operations().at(-1)!.done === i + 1);
  }
  await until('its end', () => reading.is === 'end');
  const told = reading.operations();
  t.same(told.at(-1), (await ask('GET', `/operations/${id}`)).body, 'as JSON has it');
  t.match(told.at(-1), { state: 'succeeded' });
  const events = reading.messages.map(({ event }) => event);
  t.same(events, [...events.slice(1).fill('progress'), 'end']);
  t.equal(new Set(reading.messages.map(({ data }) => data)).size, told.length, 'nothing twice');
});

t.test('who comes again is told what he has not seen, and after the end nothing', async (t) => {
  const opened = await started(t);
  const { fids } = opened;
  const first = new Reading(opened);
  await first.has(1);
  first.leave();
  const lastSeen = first.messages[0]!.id;
  const same = new Reading(opened, { lastSeen });
  await until('it to follow', () => same.status === 200);
  for (const fid of fids) await online(opened, fid);
  await until('its end', () => same.is === 'end');
  t.not(same.messages[0]!.id, lastSeen, 'what it had seen is not told again');
  const late = new Reading(opened, { lastSeen });
  await until('its end', () => late.is === 'end');
  t.match(late.messages, [{ event: 'end', id: same.messages.at(-1)!.id }], 'the end is');
  const again = new Reading(opened, { lastSeen: late.messages[0]!.id });
  await until('an answer', () => again.status !== 0);
  t.equal(again.status, 204);
  const headers = { accept: 'text/event-stream', 'last-event-id': '42.0' };
  t.match(await opened.ask('GET', `/operations/${opened.id}`, undefined, { headers }), {
    status: 400,
    body: { field: 'last-event-id' },
  });
});

t.test('what is no operation, or is not there, is told as in the JSON', async (t) => {
  const opened = await started(t);
  const none = new Reading({ ...opened, path: '/api/v1/operations/1' });
  await until('its end', () => none.is === 'end');
  t.match(none.operations(), [{ id: 1, kind: 'none', state: 'succeeded' }]);
  const headers = { accept: 'text/event-stream' };
  t.match(await opened.ask('GET', '/operations/999999', undefined, { headers }), { status: 404 });
});

t.test('one token has so many streams and not one more; one that ends makes room', async (t) => {
  const opened = await started(t);
  const { station, id } = opened;
  const readings = Array.from({ length: streamLimits.each }, () => new Reading(opened));
  await until('all of them', () => readings.every(({ status }) => status === 200));
  t.equal(station.operations.size, 1, 'it is looked at once for all');
  const more = new Reading(opened);
  await until('an answer', () => more.status !== 0);
  t.equal(more.status, 429);
  t.equal((await opened.ask('GET', `/operations/${id}`)).status, 200, 'a look is no stream');
  readings[0]!.leave();
  await until('room', async () => {
    const next = new Reading(opened);
    await until('an answer', () => next.status !== 0);
    next.leave();
    return next.status === 200;
  });
  for (const reading of readings) reading.leave();
});

t.test('a stream ends with the right to it, also while nothing happens', async (t) => {
  const opened = await started(t);
  const { ask, tokenOf } = opened;
  await ask('POST', '/projects', { name: 'climate' });
  await ask('POST', '/projects/climate/attach', { hosts: [node1] });
  const { body } = await ask('POST', '/processes/' + opened.fids[0] + '/start');
  const path = `/api/v1/operations/${body.id}`;
  const token = await tokenOf('viewer');
  const member = await tokenOf('member', { projects: [{ name: 'climate', role: 'viewer' }] });
  const readings = [token, member].map((one) => new Reading({ ...opened, path }, { token: one }));
  for (const reading of readings) await reading.has(1);
  const other = new Reading(opened, { token: member });
  await until('an answer', () => other.status !== 0);
  t.equal(other.status, 404, 'one from before the machine was theirs');
  await ask('DELETE', `/tokens/${token.split('_')[1]}`);
  await until('the token to be out', () => readings[0]!.is === 'broken');
  t.equal(readings[1]!.is, 'open');
  await ask('POST', '/projects/climate/detach', { hosts: [node1] });
  await until('the member to be out', () => readings[1]!.is === 'broken');
});

t.test('a station that stops ends its streams, though their operations go on', async (t) => {
  const opened = await started(t);
  const reading = new Reading(opened);
  await reading.has(1);
  await opened.app.close();
  await until('its end', () => reading.is !== 'open');
  t.match(reading.operations().at(-1), { state: 'running' });
});
