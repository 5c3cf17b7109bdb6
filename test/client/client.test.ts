/** The API client against HTTP servers that behave badly, which no station of ours would do on demand. */

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { createClient } from '../../src/client/client.ts';
import { ApiError, UnreachableError } from '../../src/client/errors.ts';
import { readEventStream } from '../../src/client/event-stream.ts';
import { everyItem } from '../../src/client/pages.ts';
import type { EventReply, Page } from '../../src/client/types.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const serve = async (t: Test, handler: Handler): Promise<string> => {
  const server: Server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** An address that nothing listens on any more. */
const nowhere = async (): Promise<string> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
};

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

const rejection = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

t.test(
  'a command goes to the next station under the same key when the first breaks off',
  async (t) => {
    const keys: unknown[] = [];
    const breaking = await serve(t, (request) => {
      keys.push(request.headers['idempotency-key']);
      request.socket.destroy();
    });
    const working = await serve(t, (request, response) => {
      keys.push(request.headers['idempotency-key']);
      json(response, 201, { fqdn: 'n1' });
    });
    const client = createClient({ station: [await nowhere(), breaking, working] });
    t.match(await client.addHost({ fqdn: 'n1' }), { fqdn: 'n1' });
    t.equal(keys.length, 2);
    t.equal(keys[0], keys[1]);
    t.match(keys[0], /^[0-9a-f-]{36}$/);

    keys.length = 0;
    await client.addHost({ fqdn: 'n2' });
    t.equal(keys.length, 1, 'the station that answered last is asked first');
    await client.addHost({ fqdn: 'n2' });
    t.not(keys[0], keys[1], 'another call has another key');
  },
);

t.test('a token is asked for once, unless the station was never reached', async (t) => {
  let asked = 0;
  const breaking = await serve(t, (request) => {
    asked += 1;
    request.socket.destroy();
  });
  const working = await serve(t, (request, response) => {
    asked += 1;
    t.equal(request.headers['idempotency-key'], undefined);
    json(response, 201, { id: 'x' });
  });
  const body = { name: 'x', role: 'viewer' } as const;
  t.ok(
    (await rejection(createClient({ station: [breaking, working] }).issueToken(body))) instanceof
      UnreachableError,
  );
  t.equal(asked, 1);
  await createClient({ station: [await nowhere(), working] }).issueToken(body);
  t.equal(asked, 2);
});

t.test('a station that says no is believed: the next one is not asked', async (t) => {
  let others = 0;
  const problem = { type: 'x', title: 'x', status: 404, code: 'unknown-host', detail: 'no n1' };
  const first = await serve(t, (_request, response) => json(response, 404, problem));
  const second = await serve(t, (_request, response) => {
    others += 1;
    json(response, 200, {});
  });
  const error = await rejection(createClient({ station: [first, second] }).getHost('n1'));
  t.ok(error instanceof ApiError);
  t.match(error, { status: 404, code: 'unknown-host', message: 'no n1', problem: { title: 'x' } });
  t.equal(others, 0);
});

t.test('where no station answers, each is named with its reason', async (t) => {
  const silent = await serve(t, () => undefined);
  const dead = await nowhere();
  const client = createClient({ station: [dead, silent], timeoutMs: 200 });
  const error = await rejection(client.status());
  t.ok(error instanceof UnreachableError);
  t.match(error, {
    attempts: [
      { url: dead, cause: 'connection refused' },
      { url: silent, cause: 'no answer within 0.2 s' },
    ],
    advice: /running/,
  });
});

t.test('an answer that is none of ours is said to be so', async (t) => {
  const proxy = await serve(t, (request, response) => {
    response.writeHead(request.url?.includes('hosts') ? 200 : 502).end('<html>Bad gateway</html>');
  });
  const client = createClient({ station: proxy });
  t.match(await rejection(client.status()), {
    name: 'ApiError',
    status: 502,
    code: 'unexpected-answer',
  });
  t.match(await rejection(client.listHosts()), { name: 'ApiError', code: 'unexpected-answer' });
});

t.test(
  'the token is sent as a header, is in no error, and does not follow a redirect',
  async (t) => {
    const seen: unknown[] = [];
    const thief = await serve(t, (request, response) => {
      seen.push(request.headers.authorization);
      json(response, 200, {});
    });
    const station = await serve(t, (request, response) => {
      t.equal(request.headers.authorization, 'Bearer s3cret');
      response.writeHead(307, { location: `${thief}/api/v1/status` }).end();
    });
    const error = await rejection(createClient({ station, token: 's3cret' }).status());
    t.ok(error instanceof UnreachableError);
    t.notMatch(JSON.stringify(error) + String(error), /s3cret/);
    t.same(seen, []);
  },
);

t.test("a station's URL is a plain base URL", async (t) => {
  const make = (station: string) => () => createClient({ station });
  for (const wrong of ['', 'station', 'ftp://a', 'http://', 'http://a/?x=1', 'http://a/#x'])
    t.throws(make(wrong), { name: 'TypeError' }, wrong);
  t.throws(make('http://user:s3cret@a'), { message: /^((?!s3cret).)*$/ });
  t.throws(() => createClient({ station: [] }), { name: 'TypeError' });
  const prefixed = await serve(t, (request, response) => json(response, 200, { url: request.url }));
  t.match(await createClient({ station: `${prefixed}/halcyon/` }).whoami(), {
    url: '/halcyon/api/v1/whoami',
  });
});

t.test('what a call says arrives as the API reads it', async (t) => {
  const calls: string[] = [];
  const station = await serve(t, (request, response) => {
    const { 'if-match': match, 'if-none-match': tag, 'idempotency-key': key } = request.headers;
    calls.push(
      `${request.method} ${request.url} ${match ?? '-'} ${tag ?? '-'} ${String(key ?? '-')}`,
    );
    if (tag === undefined) json(response, 200, { dry_run: true });
    else response.writeHead(304).end();
  });
  const client = createClient({ station });
  await client.act(
    { verb: 'remove', process: '0x72:0x1' },
    { ifMatch: 42, dryRun: true, idempotencyKey: 'k' },
  );
  await client.status({ at: 7, problems: true, host: 'a b' });
  await client.listEvents({ from: 3, types: ['A', 'B'] });
  t.equal(await client.readConfiguration('0x72:0x1', 'env', { etag: '"x"' }), undefined);
  t.same(calls, [
    'DELETE /api/v1/processes/0x72%3A0x1?dry_run=true "42" - k',
    'GET /api/v1/status?host=a+b&problems=true&at=7 - - -',
    'GET /api/v1/events?from=3&type=A&type=B - - -',
    'GET /api/v1/processes/0x72%3A0x1/configuration?format=env - "x" -',
  ]);
});

t.test('a list is read to its last page', async (t) => {
  const pages: Record<string, Page<number>> = {
    first: { revision: 5, items: [1, 2], next: 'a' },
    a: { revision: 6, items: [3], next: 'b' },
    b: { revision: 6, items: [], next: null },
  };
  const all = await everyItem(
    async ({ cursor = 'first' }: { cursor?: string | undefined }) =>
      pages[cursor] ?? { revision: 0, items: [], next: null },
    {},
  );
  t.same(all, { revision: 5, items: [1, 2, 3], next: null });
});

t.test('an interrupted call ends with the reason of the interruption', async (t) => {
  const silent = await serve(t, () => undefined);
  const interrupt = new AbortController();
  const reason = new Error('Ctrl-C');
  const call = rejection(createClient({ station: silent }).status({ signal: interrupt.signal }));
  interrupt.abort(reason);
  t.equal(await call, reason);
});

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

t.test('an event stream is read the same however it is cut into pieces', async (t) => {
  const text =
    ': connected\n\nid: 1.0\nevent: A\ndata: {"ä":\ndata: 1}\n\nid: 1.1\r\ndata:x\r\n\r\n: keep-alive\n\nevent: B\n\ndata\ndata\n\nid: 9';
  const expected = [
    { id: '1.0', event: 'A', data: '{"ä":\n1}' },
    { id: '1.1', event: 'message', data: 'x' },
    { id: '1.1', event: 'message', data: '\n' },
  ];
  for (const size of [1, 2, 3, 7, 1000]) {
    const messages = [];
    for await (const message of readEventStream(inPieces(text, size))) messages.push(message);
    t.same(messages, expected, `pieces of ${size}`);
  }
});

const eventAt = (id: string): string =>
  `id: ${id}\nevent: X\ndata: ${JSON.stringify({ id, type: 'X' })}\n\n`;

t.test(
  'the log is followed through broken, silent and failing connections, each event once',
  async (t) => {
    const asked: string[] = [];
    const scripts: Handler[] = [
      (_request, response) => json(response, 200, { revision: 4, events: [], next: null }),
      (_request, response) => {
        response.writeHead(200).write(`: connected\n\n${eventAt('5.0')}id: 5.1\ndata: {"cut`);
        setImmediate(() => response.destroy());
      },
      (_request, response) => json(response, 503, { code: 'log-busy', detail: 'busy' }),
      (_request, response) => void response.writeHead(200).write(eventAt('5.1')),
      (_request, response) => void response.writeHead(200).end(eventAt('6.0')),
      (_request, response) => json(response, 401, { code: 'unauthenticated', detail: 'revoked' }),
    ];
    const station = await serve(t, (request, response) => {
      asked.push(`${request.url} ${String(request.headers['last-event-id'] ?? '-')}`);
      scripts[asked.length - 1]?.(request, response);
    });
    const retries: string[] = [];
    const events: EventReply[] = [];
    const follow = async (): Promise<void> => {
      const client = createClient({ station });
      const options = {
        silenceMs: 300,
        backoffMs: 1,
        onRetry: (why: string) => void retries.push(why),
      };
      for await (const event of client.followEvents(options)) events.push(event);
    };
    t.match(await rejection(follow()), { code: 'unauthenticated' }, 'what will not pass ends it');
    t.same(
      events.map(({ id }) => id),
      ['5.0', '5.1', '6.0'],
    );
    t.same(asked, [
      '/api/v1/events?limit=1 -',
      '/api/v1/events?from=4 -',
      '/api/v1/events 5.0',
      '/api/v1/events 5.0',
      '/api/v1/events 5.1',
      '/api/v1/events 6.0',
    ]);
    t.same(retries, [
      'the connection broke',
      'busy',
      'the station has fallen silent',
      'the station closed the connection',
    ]);
  },
);

t.test('a reader who has had enough leaves no connection behind', async (t) => {
  let closed: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => (closed = resolve));
  const station = await serve(t, (_request, response) => {
    response.on('close', closed);
    response.writeHead(200).write(eventAt('1.0'));
  });
  for await (const { id } of createClient({ station }).followEvents({ from: 0 })) {
    t.equal(id, '1.0');
    break;
  }
  await gone;
});

t.test('a station that is not there at the start is an error at once', async (t) => {
  const follow = createClient({ station: await nowhere() }).followEvents({ from: 0 });
  t.ok((await rejection(follow.next())) instanceof UnreachableError);
});
