/** Connections to machines: one each, however many ask, kept between looks, bounded, and closed. */

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import t from 'tap';
import { exec } from '../../../src/checks/ssh/exec.ts';
import { Probes } from '../../../src/checks/ssh/probe.ts';
import { connectionsFor, neverAborted, patientTime, sessionsAt, startSshd, until } from './sshd.ts';

const sshd = await startSshd(t);
const names = Array.from({ length: 64 }, (_, index) => `n${index}`);
const known = names.map((name) => sshd.known(name)).join('');
const patience = { timeoutMs: 60_000 };
const limits = { connectMs: 60_000 };
/** Sessions of the server that are there now. */
const sessions = (): number => sessionsAt(sshd).length;

t.test(
  '14: the first look at 64 machines makes one connection each, and runs one script',
  async (t) => {
    const { connections } = connectionsFor(t, known, { limits, time: patientTime });
    const probes = new Probes(connections);
    const sections = [
      { id: 'load', lines: ['read -r load </proc/loadavg; echo "$load"'], timeoutSeconds: 60 },
      { id: 'connection', lines: ['echo "$SSH_CONNECTION"'], timeoutSeconds: 60 },
    ];
    const look = async (): Promise<{ ports: Set<unknown>; kept: Set<boolean> }> => {
      const answers = await Promise.all(
        names.flatMap((name) =>
          [1, 2].map(() => probes.run(sshd.target(name), sections, neverAborted)),
        ),
      );
      return {
        ports: new Set(answers.map((answer) => answer.sections.get('connection')?.output)),
        kept: new Set(answers.map(({ wasKept }) => wasKept)),
      };
    };
    const first = await look();
    t.equal(first.ports.size, 64, 'one connection each, although two asked');
    t.strictSame(first.kept, new Set([false]));
    t.test('15: the second look goes over the same connections', async (t) => {
      const second = await look();
      t.strictSame(second.ports, first.ports);
      t.strictSame(second.kept, new Set([true]));
    });
    t.test('they end with whoever has them', async () => {
      connections.close();
      await until('no session is left', () => sessions() === 0);
    });
  },
);

t.test('there is an end to how many are kept, and to how long one idles', async (t) => {
  const { connections } = connectionsFor(t, known, { limits: { ...limits, kept: 3 } });
  for (const name of names.slice(0, 6))
    await exec(connections, sshd.target(name), 'true', patience, neverAborted);
  t.equal(connections.size, 3);
  const idle = connectionsFor(t, known, { limits: { ...limits, idleMs: 100 } }).connections;
  await exec(idle, sshd.target('n1'), 'true', patience, neverAborted);
  await until('it has ended', () => idle.size === 0);
});

t.test(
  '26: whoever leaves ends the attempt that only he waits for, and nobody else’s',
  async (t) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => sockets.delete(socket));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => server.close());
    const { port } = server.address() as AddressInfo;
    const { connections } = connectionsFor(t, known, { limits });
    const target = { ...sshd.target('n1'), port };
    const leaves = [new AbortController(), new AbortController()];
    const asked = leaves.map(({ signal }) => exec(connections, target, 'true', patience, signal));
    for (const one of asked) one.catch(() => {});
    await until('it is connected, once', () => sockets.size === 1);
    leaves[0]?.abort(new Error('gone'));
    await t.rejects(Promise.all(asked.slice(0, 1)), { message: 'gone' });
    t.equal(sockets.size, 1, 'the other one waits still');
    leaves[1]?.abort(new Error('gone too'));
    await t.rejects(Promise.all(asked.slice(1)), { message: 'gone too' });
    await until('nothing is left of it', () => sockets.size === 0);
  },
);

t.test(
  'a machine that comes back is reached again, although its connection was kept',
  async (t) => {
    const { connections } = connectionsFor(t, known, { limits });
    const probes = new Probes(connections);
    const sections = [{ id: 'pid', lines: ['echo $PPID'], timeoutSeconds: 60 }];
    const run = (): ReturnType<Probes['run']> =>
      probes.run(sshd.target('n1'), sections, neverAborted);
    await run();
    await until('there is one session', () => sessions() === 1);
    for (const pid of sessionsAt(sshd)) process.kill(pid);
    const again = await run();
    t.match(again.sections.get('pid'), { ending: 'done' });
    t.equal(again.wasKept, false);
  },
);

t.test(
  'a machine that hangs is told as it is at every look, although its connection was kept',
  async (t) => {
    // It takes connections and what is sent, as its kernel does, and answers nothing; nor does it say goodbye.
    let hangs = false;
    const sockets = new Set<Socket>();
    const between = createServer({ allowHalfOpen: true }, (taken) => {
      const onward = connect({ port: sshd.port, host: '127.0.0.1', allowHalfOpen: true });
      for (const [from, to] of [
        [taken, onward],
        [onward, taken],
      ] as const) {
        sockets.add(from);
        from.on('error', () => {});
        from.on('data', (piece) => void (hangs || to.write(piece)));
      }
    }).listen(0, '127.0.0.1');
    await once(between, 'listening');
    t.teardown(() => {
      for (const socket of sockets) socket.destroy();
      between.close();
    });
    const { port } = between.address() as AddressInfo;
    const { connections } = connectionsFor(t, known.replaceAll(`:${sshd.port}`, `:${port}`), {
      limits: { ...limits, connectMs: 12_000 },
    });
    const probes = new Probes(connections);
    const sections = [{ id: 'pid', lines: ['echo $PPID'], timeoutSeconds: 60 }];
    const run = (): ReturnType<Probes['run']> =>
      probes.run({ ...sshd.target('n1'), port }, sections, neverAborted);
    t.equal((await run()).wasKept, false);
    t.equal((await run()).wasKept, true);
    hangs = true;
    for (let look = 0; look < 2; look += 1) {
      t.match(await run().catch((error: unknown) => error), { reason: 'no-banner' });
      t.equal(connections.size, 0, 'the one that was kept is kept no more');
    }
    hangs = false;
    t.equal((await run()).wasKept, false);
  },
);
