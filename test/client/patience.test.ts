/** A station that has too much to do is asked again: in time, not for ever, and by nobody twice. */

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { createClient } from '../../src/client/client.ts';
import { retryAfterIn } from '../../src/client/patience.ts';
import { startStation, temporary } from '../station/harness.ts';

interface Asked {
  readonly at: number;
  readonly key: unknown;
}

interface Busy {
  readonly url: string;
  readonly asked: Asked[];
}

/** A station that refuses with `refuse` as long as that says so, and then lets everybody in. */
const busyStation = async (
  t: Test,
  refuse: (count: number, response: ServerResponse) => boolean,
): Promise<Busy> => {
  const asked: Asked[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    asked.push({ at: Date.now(), key: request.headers['idempotency-key'] });
    if (refuse(asked.length, response)) return;
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"fqdn":"n1"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
};

const refusal = (
  response: ServerResponse,
  status: number,
  code: string,
  retryAfter?: string,
): true => {
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
  response
    .writeHead(status, headers)
    .end(JSON.stringify({ type: 'x', title: 'x', status, code, detail: 'too much to do' }));
  return true;
};

const exactly = (): number => 0;

t.test('it is asked again when it wants to be, with the same key, and says so', async (t) => {
  const { url, asked } = await busyStation(
    t,
    (count, response) => count <= 2 && refusal(response, 429, 'too-many-requests', '2'),
  );
  const waits: [string, number][] = [];
  const onBusy = (why: string, waitMs: number): void => void waits.push([why, waitMs]);
  const client = createClient({ station: url, onBusy, random: () => 0.4 });
  t.match(await client.addHost({ fqdn: 'n1' }), { fqdn: 'n1' });
  t.equal(asked.length, 3);
  t.equal(new Set(asked.map(({ key }) => key)).size, 1);
  t.match(asked[0]!.key, /^[0-9a-f-]{36}$/);
  t.ok(asked[1]!.at - asked[0]!.at >= 1_990, 'not before its time');
  t.same(waits, [
    ['too much to do', 2_200],
    ['too much to do', 2_200],
  ]);
});

t.test('503 with a date is waited for, without a time believed', async (t) => {
  const soon = (): string => new Date(Date.now() + 2_000).toUTCString();
  const dated = await busyStation(
    t,
    (count, response) => count === 1 && refusal(response, 503, 'log-busy', soon()),
  );
  t.match(await createClient({ station: dated.url }).getHost('n1'), { fqdn: 'n1' });
  t.equal(dated.asked.length, 2);

  const plain = await busyStation(t, (_, response) => refusal(response, 503, 'log-busy'));
  await t.rejects(createClient({ station: plain.url }).getHost('n1'), { code: 'log-busy' });
  t.equal(plain.asked.length, 1);
});

t.test('patience ends: after so long in all, and at once where it would not do', async (t) => {
  const always = await busyStation(t, (_, response) =>
    refusal(response, 429, 'too-many-requests', '0'),
  );
  const waits: number[] = [];
  const client = createClient({
    station: always.url,
    busyMs: 6_500,
    random: exactly,
    onBusy: (_, waitMs) => void waits.push(waitMs),
  });
  await t.rejects(client.getHost('n1'), { status: 429, code: 'too-many-requests' });
  t.same(waits, [1_000, 2_000], 'longer each time, 4 s more would be too long');
  t.equal(always.asked.length, 3);

  const later = await busyStation(t, (_, response) =>
    refusal(response, 429, 'too-many-keys', '600'),
  );
  await t.rejects(createClient({ station: later.url }).addHost({ fqdn: 'n1' }), {
    code: 'too-many-keys',
  });
  t.equal(later.asked.length, 1, 'ten minutes are too long');

  always.asked.length = 0;
  await t.rejects(createClient({ station: always.url, busyMs: 0 }).getHost('n1'), {
    code: 'too-many-requests',
  });
  t.equal(always.asked.length, 1, 'none was wanted');
});

t.test('what waits for somebody, or may happen twice, is not asked again', async (t) => {
  const displaced = await busyStation(t, (_, response) =>
    refusal(response, 503, 'not-in-place', '1'),
  );
  const client = createClient({ station: displaced.url });
  await t.rejects(client.addHost({ fqdn: 'n1' }), { code: 'not-in-place' });
  t.equal(displaced.asked.length, 1);

  const busy = await busyStation(t, (_, response) =>
    refusal(response, 429, 'too-many-requests', '1'),
  );
  const issue = createClient({ station: busy.url }).issueToken({ name: 'x', role: 'viewer' });
  await t.rejects(issue, { code: 'too-many-requests' });
  t.equal(busy.asked.length, 1);
});

t.test('who gives up while waiting is let go', async (t) => {
  const { url, asked } = await busyStation(t, (_, response) =>
    refusal(response, 429, 'too-many-requests', '15'),
  );
  const stop = new AbortController();
  const reason = new Error('enough');
  const client = createClient({ station: url, onBusy: () => stop.abort(reason) });
  await t.rejects(client.getHost('n1', { signal: stop.signal }), reason);
  t.equal(asked.length, 1);
});

t.test('a real station that has given a token its share lets it in later', async (t) => {
  const station = await startStation(t, temporary(t));
  const streams = Array.from({ length: 32 }, () => new AbortController());
  t.teardown(() => streams.forEach((stream) => stream.abort()));
  const headers = { authorization: `Bearer ${station.admin!}`, accept: 'text/event-stream' };
  // Kept, since a response that nobody holds is collected, and its stream ends with it.
  const open: Response[] = [];
  for (const { signal } of streams)
    open.push(await fetch(`${station.url}/api/v1/events?from=0`, { headers, signal }));
  const waits: string[] = [];
  const client = createClient({
    station: station.url,
    token: station.admin!,
    onBusy: (why) => {
      waits.push(why);
      streams[0]!.abort();
    },
  });
  for await (const event of client.followEvents({ from: 0 })) {
    t.equal(event.type, 'CredentialIssued');
    break;
  }
  t.ok(waits.length > 0);
  t.ok(open.every(({ status }) => status === 200));
});

t.test('Retry-After is seconds or a date', (t) => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  for (const [value, ms] of [
    ['0', 0],
    [' 7 ', 7_000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
    ['99999999999', 24 * 3_600_000],
    ['-1', undefined],
    ['1.5', undefined],
    ['soon GMT', undefined],
    ['2026-01-01', undefined],
    ['', undefined],
    [null, undefined],
  ] as const)
    t.equal(retryAfterIn(value, now), ms, String(value));
  t.end();
});
