/** Consoles over TLS: pages, origins, and what ends with a right there too. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { WebSocket } from 'ws';
import { nodeFetch } from '../../src/client/node-fetch.ts';
import { Executable } from '../agent/executable.ts';
import { folderOf } from '../folder.ts';
import { until } from '../ipmi/simulator.ts';
import { SerialMachine } from './serial-machine.ts';

t.test('25: over TLS a page of the same name without TLS is another one', async (t) => {
  const folder = folderOf(t);
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', '2', '-keyout', key, '-out', cert, '-subj', '/CN=obmd'],
      ...['-addext', 'subjectAltName=IP:127.0.0.1'],
    ],
    { stdio: 'ignore' },
  );
  const machine = await SerialMachine.start(t);
  const daemon = new Executable(t, [
    ...['obmd', '--data', join(folder, 'data'), '--listen', '127.0.0.1:0'],
    ...['--tls-cert', cert, '--tls-key', key],
  ]);
  const url = await daemon.says(/listening on (https:\S+)/);
  const admin = await daemon.says(/^admin token: (\S+)/m);
  const ca = readFileSync(cert, 'utf8');
  const trusting = nodeFetch({ ca });
  const asAdmin = async (method: string, path: string, body?: object): Promise<string> => {
    const basic = Buffer.from(`admin:${admin}`).toString('base64');
    const answer = await trusting(`${url}${path}`, {
      ...{ method, headers: { authorization: `Basic ${basic}` } },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return answer.text();
  };
  await asAdmin('PUT', '/node/n1', { type: 'dummy', info: { addr: machine.addr } });
  await asAdmin('POST', '/node/n1/token');
  const open = async (
    origin: string,
  ): Promise<{
    socket: WebSocket;
    opened: boolean;
    closed: Promise<number>;
    seen: () => string;
  }> => {
    const made = await asAdmin('POST', '/v2/obms/n1/console/connections', { lasts: 60 });
    const { path } = JSON.parse(made) as { path: string };
    const socket = new WebSocket(`${url}${path}`.replace('https', 'wss'), { ca, origin });
    let seen = '';
    socket.on('message', (data: Buffer, isBinary) => (seen += isBinary ? data.toString() : ''));
    socket.on('error', () => undefined);
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    const opened = await new Promise<boolean>((resolve) => {
      socket.on('open', () => resolve(true)).on('close', () => resolve(false));
    });
    return { socket, opened, closed, seen: () => seen };
  };
  t.equal((await open(url.replace('https', 'http'))).opened, false);
  const idle = await open(url);
  const stalled = await open(url);
  t.ok(idle.opened && stalled.opened);
  await until('the console', () => machine.isConnected);
  machine.say('hello');
  await until('it is shown', () => idle.seen() === 'hello' && stalled.seen() === 'hello');
  stalled.socket.pause();
  const flood = Buffer.alloc(1024 ** 2, 'x');
  let said = 0;
  await until('much waits for the one who stands still', () => {
    machine.say(flood);
    said += flood.length;
    return said > 16 * 1024 ** 2;
  });
  machine.say('the end');
  await until('the other one has seen it', () => idle.seen().endsWith('the end'));
  await asAdmin('DELETE', '/node/n1/token');
  machine.say('secret of the next owner');
  t.equal(await idle.closed, 4401);
  stalled.socket.resume();
  t.equal(await stalled.closed, 1006);
  for (const { seen } of [idle, stalled]) t.notMatch(seen().slice(-100), 'secret');
});
