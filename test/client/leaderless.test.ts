/** A client with several stations finds the one that does what it asks, and is told the truth once. */

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { Patience } from '../../src/client/patience.ts';
import { createClient } from '../../src/client/client.ts';
import { ApiError } from '../../src/client/errors.ts';

type Say = (response: ServerResponse, count: number) => void;

const told = (code: string): Say => {
  return (response) => {
    const problem = { type: 'x', title: 'x', status: 503, code, detail: `it is ${code}` };
    response.writeHead(503, { 'retry-after': '1' }).end(JSON.stringify(problem));
  };
};

const done: Say = (response) => void response.writeHead(200).end('{"fqdn":"n1","token":"t"}');

const station = async (t: Test, say: Say): Promise<{ url: string; keys: unknown[] }> => {
  const keys: unknown[] = [];
  const server = createServer((request: IncomingMessage, response) =>
    say(response, keys.push(request.headers['idempotency-key'])),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys };
};

t.test('where one does not lead the next one is asked at once, with the same key', async (t) => {
  for (const code of ['no-leader', 'not-leading', 'log-away']) {
    const first = await station(t, told(code));
    const second = await station(t, done);
    const onBusy = (): void => void t.fail('nobody waits');
    const client = createClient({ station: [first.url, second.url], onBusy });
    t.match(await client.addHost({ fqdn: 'n1' }), { fqdn: 'n1' });
    t.same(second.keys, first.keys);
    await client.whoami();
    t.equal(first.keys.length, 1, 'the one that answered is asked first');
  }
});

t.test('what may not be repeated is asked of the next one where nothing was done', async (t) => {
  const first = await station(t, told('no-leader'));
  const second = await station(t, done);
  const client = createClient({ station: [first.url, second.url] });
  t.match(await client.issueToken({ name: 'x', role: 'viewer' }), { token: 't' });
  const unknown = await station(t, told('outcome-unknown'));
  const other = createClient({ station: [unknown.url, second.url] });
  await t.rejects(other.issueToken({ name: 'x', role: 'viewer' }), { code: 'outcome-unknown' });
  t.same([unknown.keys.length, second.keys.length], [1, 1]);
});

t.test('what nobody knows is asked of another one, by the same key', async (t) => {
  const first = await station(t, told('outcome-unknown'));
  const second = await station(t, done);
  const waits: string[] = [];
  const onBusy = (why: string): void => void waits.push(why);
  const client = createClient({ station: [first.url, second.url], onBusy, random: () => 0 });
  t.match(await client.addHost({ fqdn: 'n1' }), { fqdn: 'n1' });
  t.same(second.keys, first.keys);
  t.equal(first.keys.length, 1);
  t.same(waits, ['it is outcome-unknown'], 'whoever looks on is told why it takes time');
});

t.test('while none leads they are asked again, and then each is named', async (t) => {
  const leads: Say = (response, count) => (count > 2 ? done : told('no-leader'))(response, count);
  const first = await station(t, leads);
  const second = await station(t, told('no-leader'));
  const urls = [first.url, second.url];
  const patient = createClient({ station: urls, random: () => 0 });
  t.match(await patient.addHost({ fqdn: 'n1' }), { fqdn: 'n1' });
  const never = [(await station(t, told('no-leader'))).url, second.url];
  const impatient = createClient({ station: never, busyMs: 0 });
  const error = await impatient.addHost({ fqdn: 'n1' }).catch((error: unknown) => error);
  t.ok(error instanceof ApiError);
  for (const url of never) t.match((error as Error).message, url);
  t.match(error, { code: 'no-leader' });
});

t.test(
  'a takeover together with one of the servers of the log is waited for, not for ever',
  (t) => {
    const error = new ApiError(
      { type: 'about:blank', title: '', status: 503, code: 'no-leader', detail: 'none leads' },
      1_000,
    );
    const patience = new Patience({ random: () => 0.5 });
    let ms = 0;
    for (let wait = patience.after(error); wait !== undefined; wait = patience.after(error))
      ms += wait;
    t.ok(ms > 55_000 && ms <= 60_000, `${ms} ms`);
    t.end();
  },
);

t.test('whoever does not wait for a leader still waits for one that is busy', async (t) => {
  const leaderless = await station(t, told('no-leader'));
  const onBusy = (): void => void t.fail('nobody waits');
  const options = { leaderlessMs: 0, random: () => 0 };
  const client = createClient({ station: leaderless.url, onBusy, ...options });
  await t.rejects(client.addHost({ fqdn: 'n1' }), { code: 'no-leader' });
  t.equal(leaderless.keys.length, 1);
  const busy = await station(t, (response, count) =>
    (count > 1 ? done : told('log-busy'))(response, count),
  );
  t.match(await createClient({ station: busy.url, ...options }).addHost({ fqdn: 'n1' }), {
    fqdn: 'n1',
  });
});
