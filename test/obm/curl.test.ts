/** What a client of obmd does, by curl, at `halcyon obmd` and a simulated BMC: no station, no client of ours. */

import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { startFakeHost } from '../ipmi/fake-host.ts';
import { startSimulator, until } from '../ipmi/simulator.ts';
import { Daemon, ipmiInfo } from './daemon.ts';

const host = await startFakeHost(t);
const simulator = await startSimulator(t, host.port);
const daemon = await Daemon.start(t);
const node = `${daemon.url}/node/n1`;

/** @returns what curl wrote: the body, and on a line of its own the status */
const curl = async (...args: string[]): Promise<{ status: number; body: string }> => {
  const { stdout } = await promisify(execFile)('curl', ['-sS', '-w', '\\n%{http_code}', ...args]);
  const at = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(at + 1)), body: stdout.slice(0, at) };
};
const asAdmin = (method: string, path: string, ...more: string[]): ReturnType<typeof curl> =>
  curl('-u', `admin:${daemon.admin}`, '-X', method, `${node}${path}`, ...more);

t.test('S2, 45, 56: curl registers, takes a token, looks, switches, gives back', async (t) => {
  const registration = JSON.stringify({ type: 'ipmi', info: ipmiInfo(simulator.port) });
  t.same(await asAdmin('PUT', '', '-d', registration), { status: 200, body: '' });
  t.equal((await asAdmin('PUT', '', '-d', registration)).status, 409, 'it is there already');
  const issued = await asAdmin('POST', '/token');
  t.match(issued, { status: 200, body: /^\{"token":"[0-9a-f]{32}"\}\n$/ });
  const { token } = JSON.parse(issued.body) as { token: string };
  const call = (method: string, path: string, ...more: string[]): ReturnType<typeof curl> =>
    curl('-X', method, `${node}/${path}?token=${token}`, ...more);

  const viewer = spawn('curl', ['-sSN', `${node}/console?token=${token}`]);
  const ended = new Promise((resolve) => viewer.once('close', resolve));
  t.teardown(() => viewer.kill());
  let seen = '';
  viewer.stdout.on('data', (bytes: Buffer) => (seen += bytes.toString()));
  await until('the console is connected', () => /is connected/.test(daemon.process.stderr));
  host.write('n1 login: ');
  await until('what the machine writes', () => seen === 'n1 login: ');

  t.same(await call('GET', 'power_status'), { status: 200, body: '{"power_status":"off"}\n' });
  t.same(await call('POST', 'power_on'), { status: 200, body: '' });
  t.same(await call('GET', 'power_status'), { status: 200, body: '{"power_status":"on"}\n' });
  t.same(await call('PUT', 'boot_device', '-d', '{"bootdev":"pxe"}'), { status: 200, body: '' });
  t.same(await call('POST', 'power_cycle', '-d', '{"force":true}'), { status: 200, body: '' });
  t.same(await call('POST', 'power_off'), { status: 200, body: '' });
  t.same(simulator.executed, ['power 1', 'boot pxe', 'reset 1', 'power 0']);

  t.same(await asAdmin('DELETE', '/token'), { status: 200, body: '' });
  t.equal(await ended, 0, 'the viewer sees a clean end');
  t.equal(seen, 'n1 login: ');
  t.equal((await call('GET', 'power_status')).status, 401);
  t.equal((await call('POST', 'power_on')).status, 401);
  t.same(await asAdmin('DELETE', ''), { status: 200, body: '' });
  t.equal((await asAdmin('POST', '/token')).status, 404);
  t.equal(simulator.power, '0');
  t.equal(simulator.executed.length, 4);
});

t.test('S7, S8, S9: bodies that curl sends as forms or not at all', async (t) => {
  await asAdmin('PUT', '', '-d', '{"type":"dummy","info":{}}');
  const { body } = await asAdmin('POST', '/token');
  const { token } = JSON.parse(body) as { token: string };
  const status = async (method: string, path: string, ...more: string[]): Promise<number> =>
    (await curl('-X', method, `${node}/${path}?token=${token}`, ...more)).status;
  const json = ['-H', 'content-type: application/json'];
  t.equal(await status('POST', 'power_cycle', '-d', '{"force":false}'), 200);
  t.equal(await status('POST', 'power_cycle', ...json, '-d', '{"force":true}'), 200);
  t.equal(await status('POST', 'power_cycle'), 400);
  t.equal(await status('POST', 'power_cycle', '-d', 'force=true'), 400);
  t.equal(await status('PUT', 'boot_device', '-d', '{"bootdev":"disk"}'), 200);
  t.equal(await status('PUT', 'boot_device', '-d', '{"bootdev":"floppy"}'), 400);
  t.equal(await status('PATCH', 'power_on'), 404, 'what there is not');
});
