/** When a process counts as online. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import { assignment, kill, pidsOf, shell, SupervisedHost, until } from './supervised-host.ts';

const open = async (t: Test, port = 0): Promise<Server> => {
  const server = createServer((socket) => socket.end());
  server.listen(port, '127.0.0.1');
  await new Promise((resolve) => server.on('listening', resolve));
  t.teardown(() => server.close());
  return server;
};

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** A port that nobody has for now. */
const freePort = async (t: Test): Promise<number> => {
  const server = await open(t);
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const program = (script: string): readonly string[] => [process.execPath, '-e', script];

t.test('by time: alive for so long', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment({ ready: { kind: 'alive', seconds: 0.7 } });
  const since = performance.now();
  host.assign(wanted);
  await host.reaches(wanted.fid, 'online');
  // Start times are known to a hundredth of a second.
  t.ok(performance.now() - since >= 680);
});

t.test('by a port that accepts connections, at the host of the endpoint', async (t) => {
  const host = new SupervisedHost(t);
  const port = await freePort(t);
  const script = `setTimeout(() => require('net').createServer().listen(${port}, '127.0.0.1'), 300)`;
  const ready = { kind: 'tcp', port } as const;
  const wanted = assignment({ command: program(script), ready, endpoint: '127.0.0.1:9999' });
  const elsewhere = assignment({ ready, endpoint: '127.0.0.2:9999' });
  host.assign(wanted, elsewhere);
  await host.reaches(wanted.fid, 'online');
  t.same(host.states(wanted.fid), ['starting', 'online']);
  t.equal(host.now(elsewhere.fid)?.state, 'starting');
});

t.test('by a port on loopback where the endpoint names no host', async (t) => {
  const host = new SupervisedHost(t);
  const port = await freePort(t);
  const command = program(`require('net').createServer().listen(${port}, '::1')`);
  const wanted = assignment({ command, ready: { kind: 'tcp', port } });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'online');
  t.same(host.states(wanted.fid), ['starting', 'online']);
});

t.test('by a GET: any status from 200 to 299, and no other', async (t) => {
  const host = new SupervisedHost(t);
  const port = await freePort(t);
  const answers = '[503, 302, 404, 204]';
  const command = program(`const answers = ${answers};
    require('http').createServer((request, response) => {
      console.log(request.method, request.url, answers[0]);
      response.writeHead(answers.length > 1 ? answers.shift() : answers[0]).end();
    }).listen(${port}, '127.0.0.1')`);
  const url = `http://127.0.0.1:${port}/health?deep=1`;
  const wanted = assignment({ command, ready: { kind: 'http', url } });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'online');
  const asked = [503, 302, 404, 204].map((status) => `GET /health?deep=1 ${status}\n`).join('');
  await host.says(wanted.fid, asked);
});

t.test('by a line on the notify socket', async (t) => {
  const host = new SupervisedHost(t);
  const command = program(`const socket = require('net').connect(process.env.HALCYON_NOTIFY);
    socket.write('STATUS=loading\\nREADY=', () => console.log('said half'));
    process.on('SIGUSR2', () => socket.write('1\\n'));
    setInterval(() => {}, 1000)`);
  const wanted = assignment({ command, ready: { kind: 'notify' } });
  host.assign(wanted);
  await until('half is said', () => host.output(wanted.fid).includes('said half'));
  const { state, pid } = host.now(wanted.fid)!;
  t.equal(state, 'starting');
  process.kill(pid!, 'SIGUSR2');
  await host.reaches(wanted.fid, 'online');
  t.notOk(existsSync(`${host.stateDir}/notify/${wanted.fid}`), 'nobody is listened to any more');
});

t.test('a process that waits for its socket is heard by the next agent', async (t) => {
  const host = new SupervisedHost(t);
  const command = program(`const { connect } = require('net');
    const say = () => connect(process.env.HALCYON_NOTIFY, function () { this.end('READY=1\\n'); })
      .on('error', () => setTimeout(say, 50));
    process.on('SIGUSR1', say);
    console.log('armed');
    setInterval(() => {}, 1000)`);
  const wanted = assignment({ command, ready: { kind: 'notify' } });
  host.assign(wanted);
  await until('it can be told', () => host.output(wanted.fid).includes('armed'));
  const { pid } = await host.reaches(wanted.fid, 'starting');
  await host.supervision.close();
  process.kill(pid!, 'SIGUSR1');
  await host.restart();
  await host.reaches(wanted.fid, 'online');
  t.same(host.states(wanted.fid), ['starting', 'online']);
});

t.test('a socket at which nobody listens is not left for good', async (t) => {
  const host = new SupervisedHost(t);
  await host.supervision.close();
  const program = join(import.meta.dirname, 'agent-process.ts');
  const agent = spawn(process.execPath, [program, host.stateDir, join(host.folder, 'sysconfig')], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  t.teardown(() => agent.kill('SIGKILL'));
  const wanted = assignment({ ready: { kind: 'notify' } });
  agent.stdin.write(`${JSON.stringify([wanted])}\n`);
  await until('it runs', () => pidsOf(wanted.fid).length > 0);
  const ended = once(agent, 'exit');
  agent.kill('SIGKILL');
  await ended;
  for (const pid of pidsOf(wanted.fid)) kill(pid, 'SIGKILL');
  await until('nothing of it runs', () => pidsOf(wanted.fid).length === 0);
  const sockets = join(host.stateDir, 'notify');
  t.same(readdirSync(sockets), [wanted.fid], 'it is there');
  host.open();
  host.assignAll();
  await host.gone(wanted.fid);
  t.same(readdirSync(sockets), []);
});

t.test('one that floods the notify socket is cut off, not the agent', async (t) => {
  const host = new SupervisedHost(t);
  const command = program(`const socket = require('net').connect(process.env.HALCYON_NOTIFY);
    socket.on('error', () => {}).on('close', () => console.log('cut off'));
    const flood = () => socket.destroyed || (socket.write('x'.repeat(65536)), setImmediate(flood));
    flood();
    setInterval(() => {}, 1000)`);
  const wanted = assignment({ command, ready: { kind: 'notify' } });
  host.assign(wanted);
  await until('it is cut off', () => host.output(wanted.fid).includes('cut off'));
  t.equal(host.now(wanted.fid)?.state, 'starting');
});

t.test('a process that is never ready stays starting, and can be stopped', async (t) => {
  const host = new SupervisedHost(t);
  const port = await freePort(t);
  const wanted = assignment({ ready: { kind: 'tcp', port } });
  host.assign(wanted);
  await host.reaches(wanted.fid, 'starting');
  await wait(600);
  t.equal(host.now(wanted.fid)?.state, 'starting');
  host.assign({ ...wanted, run: false });
  await host.reaches(wanted.fid, 'exited');
  t.same(host.states(wanted.fid), ['starting', 'stopping', 'exited']);
});

t.test('one that ends before it is ready never was', async (t) => {
  const host = new SupervisedHost(t);
  const port = await freePort(t);
  const command = shell('sleep 0.3; exit 7');
  const wanted = assignment({ command, ready: { kind: 'tcp', port } });
  host.assign(wanted);
  const { code, reason } = await host.reaches(wanted.fid, 'exited');
  t.equal(code, 7);
  t.equal(reason, 'exited with code 7 before it was ready');
});

t.test('a stranger at its port is not taken for the process', async (t) => {
  const host = new SupervisedHost(t);
  const stranger = await open(t);
  const port = portOf(stranger);
  const byTcp = assignment({ ready: { kind: 'tcp', port } });
  const byHttp = assignment({ ready: { kind: 'http', url: `http://127.0.0.1:${port}/` } });
  host.assign(byTcp, byHttp);
  for (const { fid } of [byTcp, byHttp]) {
    const { reason } = await host.reaches(fid, 'refused');
    t.equal(reason, `another process accepts connections at 127.0.0.1 port ${port}`);
  }
});
