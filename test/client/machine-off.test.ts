/** A station whose machine is off, or cut off: nobody says that it is not there. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import type { Test } from 'tap';
import { createClient } from '../../src/client/index.ts';
import { certificate } from '../api/certificate.ts';
import { folderOf } from '../folder.ts';

/** Listens, and stands still: the system takes a connection or two for it, and answers to no other. */
const stillServer = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

/** A port of which nobody answers to an attempt to connect. */
const silentPort = async (t: Test): Promise<number> => {
  const worker = new Worker(stillServer, { eval: true });
  t.teardown(() => worker.terminate());
  const [port] = (await once(worker, 'message')) as [number];
  const sockets = Array.from({ length: 8 }, () => connect(port, '127.0.0.1'));
  t.teardown(() => sockets.forEach((socket) => socket.destroy()));
  for (const socket of sockets) socket.on('error', () => undefined);
  await once(sockets[0]!, 'connect');
  return port;
};

const listening = async (t: Test, server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  t.teardown(() => server.close().closeAllConnections());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

t.test('another one is asked soon, with an authority of the site or without', async (t) => {
  const silent = await silentPort(t);
  const asked: string[] = [];
  const answer: RequestListener = ({ method, url }, response) => {
    asked.push(`${method} ${url}`);
    response.end('{"id":"1"}');
  };
  const pair = certificate(folderOf(t));
  const ports = {
    http: await listening(t, createServer(answer)),
    https: await listening(t, createSecureServer(pair, answer)),
  };
  for (const scheme of ['http', 'https'] as const) {
    const station = [silent, ports[scheme]].map((port) => `${scheme}://127.0.0.1:${port}`);
    const ca = scheme === 'https' ? pair.cert.toString() : undefined;
    const began = performance.now();
    const client = createClient({ station, ca, token: 'token' });
    t.match(await client.whoami(), { id: '1' });
    // It certainly was not asked: what must not be asked for twice goes to another one, too.
    const fresh = createClient({ station, ca, token: 'token' });
    t.match(await fresh.issueToken({ name: 'x', role: 'viewer' }), { id: '1' });
    const ms = performance.now() - began;
    t.ok(ms < 9_000, `${ms} ms for two requests`);
  }
  t.same(asked, Array(2).fill(['GET /api/v1/whoami', 'POST /api/v1/tokens']).flat());
  const none = createClient({
    station: [silent, silent].map((port) => `http://127.0.0.1:${port}`),
  });
  await t.rejects(none.status(), { message: /no answer to the attempt to connect/ });
});
