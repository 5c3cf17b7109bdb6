/** Connections to a station: nobody holds one without end, and nobody all of them. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import t from 'tap';
import type { Test } from 'tap';
import { connectionLimits, Connections } from '../../src/api/connections.ts';
import { loadBytesMax } from '../../src/contract/load.ts';
import { uploadBytesMax } from '../../src/api/uploads.ts';
import { folderOf } from '../folder.ts';
import { certificate } from './certificate.ts';
import { openStation, until } from '../station/harness.ts';
import type { InProcess } from '../station/harness.ts';

const portOf = async ({ app }: InProcess): Promise<number> => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
};

interface Heard {
  readonly socket: Socket;
  readonly said: () => string;
  readonly ended: Promise<void>;
}

const open = (t: Test, port: number): Heard => {
  const socket = connect(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  let said = '';
  socket.on('data', (data: Buffer) => (said += data.toString()));
  socket.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, said: () => said, ended };
};

/** Sends a byte every now and then until the other side has had enough. */
const drip = (t: Test, { socket, ended }: Heard): Promise<void> => {
  const dripping = setInterval(() => socket.write('x'), 50);
  t.teardown(() => clearInterval(dripping));
  return ended.finally(() => clearInterval(dripping));
};

const head = (line: string, ...headers: string[]): string =>
  [`${line} HTTP/1.1`, 'host: station', ...headers, '', ''].join('\r\n');

const refusals: readonly (readonly [string, string, RegExp])[] = [
  ['a token', 'content-length: 1000000', /^HTTP\/1\.1 401 /],
  ['a length', 'transfer-encoding: chunked', /^HTTP\/1\.1 401 /],
];
for (const [lacking, header, status] of refusals)
  t.test(`a dripped body without ${lacking} is refused at once and not awaited`, async (t) => {
    const heard = open(t, await portOf(await openStation(t)));
    heard.socket.write(
      head('POST /api/v1/load', 'content-type: application/json', header) + '5\r\n',
    );
    await drip(t, heard);
    t.match(heard.said(), status);
    t.match(heard.said(), /"code":"unauthenticated"/, 'and the client can read why');
  });

t.test('a body that is larger than its route takes is not awaited either', async (t) => {
  const opened = await openStation(t);
  const heard = open(t, await portOf(opened));
  const headers = ['content-type: application/json', `authorization: Bearer ${opened.admin}`];
  heard.socket.write(head('POST /api/v1/hosts', ...headers, 'content-length: 99000000'));
  await drip(t, heard);
  t.match(heard.said(), /^HTTP\/1\.1 413 /);
});

t.test(
  'a request that was refused with its body leaves the connection to the next one',
  async (t) => {
    const heard = open(t, await portOf(await openStation(t)));
    const refused = head('POST /api/v1/hosts', 'content-length: 2') + '{}';
    heard.socket.write(refused);
    await until('the first answer', () => heard.said().includes('unauthenticated'));
    heard.socket.write(head('GET /healthz', 'connection: close'));
    await heard.ended;
    t.match(heard.said(), /HTTP\/1\.1 200 OK[^]*"ok":true/);
  },
);

const short = { headersMs: 300, requestMs: 600, handshakeMs: 300, lookMs: 50 };

t.test('headers that drip, and a connection that says nothing, are cut', async (t) => {
  const opened = await openStation(t, { server: { patience: short } });
  const port = await portOf(opened);
  const [silent, slow] = [open(t, port), open(t, port)];
  slow.socket.write('GET /healthz HTTP/1.1\r\nx: ');
  await Promise.all([silent.ended, drip(t, slow)]);
  t.notMatch(slow.said(), /^HTTP\/1\.1 200 /);
});

t.test('a body that drips under a good token is cut when its time is over', async (t) => {
  const opened = await openStation(t, { server: { patience: short } });
  const heard = open(t, await portOf(opened));
  const headers = ['content-type: application/json', `authorization: Bearer ${opened.admin}`];
  heard.socket.write(head('POST /api/v1/hosts', ...headers, 'content-length: 1000'));
  await drip(t, heard);
  t.equal((await opened.ask('GET', '/hosts')).body.items.length, 0, 'nothing of it was done');
});

t.test('a TLS handshake that never ends is cut', async (t) => {
  const opened = await openStation(t, {
    server: { tls: certificate(folderOf(t, {})), patience: short },
  });
  const port = await portOf(opened);
  const silent = open(t, port);
  await silent.ended;
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  t.teardown(() => socket.destroy());
  await once(socket, 'secureConnect');
  socket.end(head('GET /healthz', 'connection: close'));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  t.match(answer.toString(), /^HTTP\/1\.1 200 /, 'one that ends is served');
});

t.test('who opens connections and shows no token keeps nobody out', async (t) => {
  const connections = new Connections({ limits: { strangers: 3 } });
  const server = createServer((_request, response) => response.end('served'));
  connections.watch(server);
  server.listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const silent: Heard[] = [];
  for (let i = 0; i < 3; i += 1) {
    silent.push(open(t, port));
    await until('a connection', () => connections.open === i + 1);
  }
  const honest = open(t, port);
  honest.socket.write(head('GET /', 'connection: close'));
  await honest.ended;
  t.match(honest.said(), /served$/, 'one more is served');
  await silent[0]!.ended;
  t.equal(connections.open, 2, 'the oldest that had said nothing gave way, and it alone');
});

t.test('a token has its share of connections, and one more is refused', async (t) => {
  const opened = await openStation(t);
  await opened.fill();
  const where = { host: 'node3.halcyon.example', role: 'clovis-app' };
  const added = await opened.ask('POST', '/processes', where);
  const token = await opened.tokenOf('process', { process: added.body.processes[0].fid });
  const port = await portOf(opened);
  const whoami = head('GET /api/v1/whoami', `authorization: Bearer ${token}`);
  const held: Heard[] = [];
  const ask = async (): Promise<string> => {
    const heard = open(t, port);
    held.push(heard);
    heard.socket.write(whoami);
    return until('an answer', () => /^HTTP\/1\.1 (\d+)/.exec(heard.said())?.[1]);
  };
  for (let i = 0; i < connectionLimits.ofToken.process!; i += 1) t.equal(await ask(), '200');
  t.equal(await ask(), '429');
  t.match(held.at(-1)!.said(), /"code":"too-many-requests"/);
  t.match(held.at(-1)!.said(), /retry-after: /i);
  held[0]!.socket.end();
  await held[0]!.ended;
  t.equal(await until('room', async () => ((await ask()) === '200' ? '200' : null)), '200');
  t.equal((await opened.ask('GET', '/hosts')).status, 200, 'other tokens have theirs');
});

t.test('bodies on their way have room for so many bytes in all', async (t) => {
  const opened = await openStation(t);
  const port = await portOf(opened);
  const own = [`authorization: Bearer ${opened.admin}`, 'content-type: application/json'];
  const load = head('POST /api/v1/load', ...own, `content-length: ${loadBytesMax}`);
  const full = Array.from({ length: uploadBytesMax / loadBytesMax }, () => open(t, port));
  for (const { socket } of full) socket.write(load);
  const statusOf = async (request: string): Promise<string | undefined> => {
    const heard = open(t, port);
    heard.socket.write(request);
    return until('an answer', () => /^HTTP\/1\.1 (\d+)/.exec(heard.said())?.[1]);
  };
  t.equal(await statusOf(load), '429', 'one more is refused before it is read');
  t.equal(
    await statusOf(head('POST /api/v1/hosts', ...own, 'content-length: 2') + '{}'),
    '400',
    'small ones are read',
  );
  for (const { socket } of full) socket.destroy();
  const large = JSON.stringify({ fqdn: 'n1.example' }).padEnd(100_000);
  const again = head('POST /api/v1/hosts', ...own, `content-length: ${large.length}`) + large;
  t.equal(
    await until('room', async () => ((await statusOf(again)) === '201' ? '201' : null)),
    '201',
  );
});
