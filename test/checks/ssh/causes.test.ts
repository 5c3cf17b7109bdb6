/** Why a machine cannot be reached: each cause is told apart, in time, and none is taken for a machine that is down. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { Connections } from '../../../src/checks/ssh/connections.ts';
import { exec } from '../../../src/checks/ssh/exec.ts';
import { SshFailure } from '../../../src/checks/ssh/failure.ts';
import { hostPattern } from '../../../src/checks/ssh/known-hosts.ts';
import type { Target } from '../../../src/checks/ssh/target.ts';
import type { Cancel, Time } from '../../../src/checks/ssh/time.ts';
import { connectionsFor, makeKey, neverAborted, startSshd } from './sshd.ts';

const sshd = await startSshd(t);
const patience = { timeoutMs: 60_000 };

const causeOf = async (connections: Connections, target: Target): Promise<string> => {
  try {
    const { ending } = await exec(connections, target, 'true', patience, neverAborted);
    return JSON.stringify(ending);
  } catch (error) {
    if (error instanceof SshFailure) return error.reason;
    throw error;
  }
};
const ok = JSON.stringify({ kind: 'exit', code: 0 });

/** The time of the machine, of which a test can skip some. */
class AheadTime implements Time {
  #ahead = 0;

  skip(ms: number): void {
    this.#ahead += ms;
  }

  monotonic(): number {
    return performance.now() + this.#ahead;
  }

  after(ms: number, call: () => void): Cancel {
    const due = this.monotonic() + ms;
    const look = setInterval(() => {
      if (this.monotonic() < due) return;
      clearInterval(look);
      call();
    }, 20);
    return () => clearInterval(look);
  }
}

/** Takes connections and does no more than this with them. */
const listening = async (t: Test, taken: (socket: Socket) => void): Promise<number> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    taken(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};

t.test('19: each cause has its name', async (t) => {
  const { connections } = connectionsFor(t, sshd.known('n1'));
  const n1 = sshd.target('n1');
  t.equal(await causeOf(connections, n1), ok);
  const stranger = makeKey(sshd.folder, 'stranger');
  t.equal(await causeOf(connections, { ...n1, keys: [stranger] }), 'auth-refused');
  t.equal(await causeOf(connections, sshd.target('n2')), 'host-key-unknown');
  const closed = await listening(t, () => {});
  t.equal(await causeOf(connections, { ...n1, address: 'no-such-host.invalid' }), 'dns');
  t.equal(await causeOf(connections, { ...n1, port: 1 }), 'refused');
  const hasty = connectionsFor(t, sshd.known('n1'), { limits: { connectMs: 2_000 } }).connections;
  t.equal(await causeOf(hasty, { ...n1, port: closed }), 'no-banner');
  const asking = await startSshd(t, { config: ['PasswordAuthentication yes'] });
  const own = connectionsFor(t, asking.known('n1')).connections;
  t.equal(await causeOf(own, { ...asking.target('n1'), keys: [stranger] }), 'password-asked');
  const other = makeKey(sshd.folder, 'other-host');
  const [type, blob] = readFileSync(`${other}.pub`, 'utf8').split(' ');
  const moved = `${hostPattern('n1', sshd.port)} ${type} ${blob}\n`;
  t.equal(await causeOf(connectionsFor(t, moved).connections, n1), 'host-key-changed');
  const revoked = `@revoked * ${sshd.known('n1').split(' ').slice(1).join(' ')}`;
  t.equal(
    await causeOf(connectionsFor(t, `${sshd.known('n1')}${revoked}`).connections, n1),
    'host-key-changed',
  );
});

t.test('a host that is learnt is known from then on, and another key of it refused', async (t) => {
  const { connections, file } = connectionsFor(t, '', { hostKeys: 'learn' });
  t.equal(await causeOf(connections, sshd.target('n1')), ok);
  t.equal(readFileSync(file, 'utf8').trimEnd(), sshd.known('n1').trimEnd());
  connections.close();
  const other = await startSshd(t);
  const known = sshd.known('n1').replace(`:${sshd.port}`, `:${other.port}`);
  const again = connectionsFor(t, known, { hostKeys: 'learn' });
  t.equal(await causeOf(again.connections, other.target('n1')), 'host-key-changed');
  t.equal(readFileSync(again.file, 'utf8'), known);
});

t.test('a host with several keys is asked for the one that it is known by', async (t) => {
  const rsa = makeKey(sshd.folder, 'host-rsa', '-t', 'rsa', '-b', '2048');
  const ecdsa = makeKey(sshd.folder, 'host-ecdsa', '-t', 'ecdsa');
  const both = await startSshd(t, { hostKeys: [...sshd.hostKeys, rsa, ecdsa] });
  const lines = both.known('n1').trimEnd().split('\n');
  t.equal(lines.length, 3);
  for (const line of lines)
    t.equal(await causeOf(connectionsFor(t, `${line}\n`).connections, both.target('n1')), ok, line);
});

t.test('the keys of an agent are used; an encrypted key is refused with advice', async (t) => {
  const socket = join(sshd.folder, 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(agent.stdout, 'data');
  t.teardown(() => agent.kill());
  const add = spawn('ssh-add', ['-q', sshd.key], {
    env: { ...process.env, SSH_AUTH_SOCK: socket },
    stdio: 'ignore',
  });
  await once(add, 'close');
  const n1 = sshd.target('n1');
  const { connections } = connectionsFor(t, sshd.known('n1'), { agent: socket });
  t.equal(await causeOf(connections, { ...n1, keys: 'agent' }), ok);
  const none = connectionsFor(t, sshd.known('n1')).connections;
  const failing = (target: Target): Promise<unknown> =>
    exec(none, target, 'true', patience, neverAborted);
  await t.rejects(failing({ ...n1, keys: 'agent' }), {
    reason: 'auth-refused',
    message: /no ssh agent/,
  });
  const encrypted = makeKey(sshd.folder, 'encrypted', '-N', 'secret phrase');
  await t.rejects(failing({ ...n1, keys: [encrypted] }), {
    reason: 'auth-refused',
    message: /is encrypted; give it to an ssh agent/,
  });
  const nonsense = join(sshd.folder, 'nonsense');
  writeFileSync(nonsense, 'no key', { mode: 0o600 });
  await t.rejects(failing({ ...n1, keys: [nonsense] }), { message: /is not a private key/ });
  await t.rejects(failing({ ...n1, keys: [join(sshd.folder, 'absent')] }), {
    message: /cannot be used/,
  });
});

t.test('17: one that never says anything delays none of the others', async (t) => {
  const taken = Promise.withResolvers<void>();
  const silent = await listening(t, () => taken.resolve());
  const time = new AheadTime();
  const known = Array.from({ length: 16 }, (_, index) => sshd.known(`n${index}`)).join('');
  const { connections } = connectionsFor(t, known, { time });
  let isGivenUp = false;
  const cause = causeOf(connections, { ...sshd.target('n99'), port: silent }).finally(() => {
    isGivenUp = true;
  });
  const others = Array.from({ length: 16 }, (_, index) =>
    causeOf(connections, sshd.target(`n${index}`)),
  );
  t.strictSame(new Set(await Promise.all(others)), new Set([ok]));
  await taken.promise;
  t.notOk(isGivenUp, 'it is waited for as long as allowed');
  time.skip(60_000);
  t.equal(await cause, 'no-banner');
});

t.test('sshd that turns away many who log in at once is asked again, with jitter', async (t) => {
  const narrow = await startSshd(t, { config: ['MaxStartups 2:100:2'] });
  const names = Array.from({ length: 12 }, (_, index) => `n${index}`);
  const known = names.map((name) => narrow.known(name)).join('');
  const limits = { connectMs: 60_000 };
  const { connections } = connectionsFor(t, known, { limits });
  const causes = await Promise.all(names.map((name) => causeOf(connections, narrow.target(name))));
  t.strictSame(
    causes,
    names.map(() => ok),
  );
  const short = connectionsFor(t, known, { limits: { connectMs: 150 } }).connections;
  const resets = await listening(t, (socket) => socket.resetAndDestroy());
  t.equal(await causeOf(short, { ...narrow.target('n1'), port: resets }), 'reset');
});

t.test(
  'case 23: machines behind a jump host that hangs have one cause, which names it',
  async (t) => {
    const gateway = await startSshd(t);
    const names = Array.from({ length: 50 }, (_, index) => `n${index}`);
    const known = `${gateway.known('gw')}${names.map((name) => sshd.known(name)).join('')}`;
    const jump = gateway.target('gw');
    const { connections } = connectionsFor(t, known);
    const behind = (name: string): Target => ({ ...sshd.target(name), jump });
    t.equal(await causeOf(connections, behind('n1')), ok, 'it works');
    t.equal(connections.size, 2, 'one connection to each of them');
    const closed = { ...behind('n2'), port: 1 };
    t.equal(
      await causeOf(connections, closed),
      'refused',
      'what is behind it has causes of its own',
    );

    const hanging = await listening(t, () => {});
    const silent = { ...jump, port: hanging };
    const hasty = connectionsFor(t, known, { limits: { connectMs: 5_000 } }).connections;
    const failures = async (way: Target['jump']): Promise<Set<string>> =>
      new Set(
        await Promise.all(
          names.map(async (name) => {
            try {
              const target = { ...sshd.target(name), ...(way && { jump: way }) };
              await exec(hasty, target, 'true', patience, neverAborted);
              return 'reached';
            } catch (error) {
              return `${(error as SshFailure).reason}: ${(error as Error).message}`;
            }
          }),
        ),
      );
    const began = performance.now();
    t.strictSame(
      await failures(silent),
      new Set(['jump-host: jump host gw: gw: it takes connections and says nothing']),
    );
    t.ok(performance.now() - began < 100_000, 'within the limit, not within fifty of them');
    t.match(
      [...(await failures({ ...jump, port: 1 }))],
      [/^jump-host: jump host gw: gw: it refuses/],
    );
  },
);
