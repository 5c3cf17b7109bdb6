/** A person at the console of a machine: a terminal of its own, a real daemon, a machine that says what it is told to. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { folderOf } from '../../folder.ts';
import { until } from '../../ipmi/simulator.ts';
import { ConsoleViewer } from '../../obm/console-viewer.ts';
import { Daemon } from '../../obm/daemon.ts';
import { SerialMachine } from '../../obm/serial-machine.ts';
import { environment, watch } from '../station.ts';

interface SetUp {
  readonly daemon: Daemon;
  readonly machine: SerialMachine;
  readonly token: string;
}

const setUp = async (t: Test): Promise<SetUp> => {
  const machine = await SerialMachine.start(t);
  const daemon = await Daemon.start(t);
  const token = await daemon.lend('n1', 'dummy', { addr: machine.addr });
  await until('the console', () => machine.isConnected);
  machine.echoes = true;
  return { daemon, machine, token };
};

interface Seat {
  readonly screen: ReturnType<typeof watch>;
  readonly types: (keys: string) => void;
  readonly ended: Promise<unknown[]>;
  /** Looked into for each connection. */
  readonly tokenFile: string;
}

const sit = (
  t: Test,
  { daemon, token, url = daemon.url }: SetUp & { readonly url?: string },
  ...flags: string[]
): Seat => {
  const folder = folderOf(t);
  const file = join(folder, 'token');
  writeFileSync(file, token, { mode: 0o600 });
  const seat = join(import.meta.dirname, 'seat.ts');
  const words = [seat, `${url}/v2/obms/n1/console`, file, ...flags];
  const line = `before=$(stty -g); ${process.execPath} ${words.join(' ')}; code=$?; test "$before" = "$(stty -g)" && echo restored; exit $code`;
  const child = spawn('script', ['-qec', line, '/dev/null'], { env: environment(folder) });
  t.teardown(() => child.kill('SIGKILL'));
  const screen = watch(child.stdout);
  const types = (keys: string): void => void child.stdin.write(keys);
  return { screen, types, ended: once(child, 'close'), tokenFile: file };
};

t.test('every key goes to the machine, Ctrl-C too, until one leaves by ~.', async (t) => {
  const all = await setUp(t);
  const { screen, types, ended } = sit(t, all);
  await screen.until((text) => text.includes('~? tells'));
  await until('he may type', async () => {
    types('x');
    return all.machine.typed.includes('x');
  });
  types('\rls -l\x03\x1a\x04\r');
  await screen.until((text) => text.includes('ls -l'));
  await until('it is typed', () => all.machine.typed.includes('ls -l\x03\x1a\x04\r'));
  types('~?');
  await screen.until((text) => text.includes('~b  send a break'));
  types('~s');
  await screen.until((text) => /\[connected, logged\].*types, idle for 0 s/s.test(text));
  types('~b');
  const watcher = await ConsoleViewer.attach(all.daemon, 'n1', all.token);
  await watcher.hears('mark', ({ kind }) => kind === 'break');
  types('~.');
  t.same(await ended, [0, null]);
  t.match(screen.text, /restored/, 'the terminal is as it was');
  t.notMatch(all.machine.typed.toString('latin1'), '~');
});

t.test('who types already is named, and may be taken over by ~t or --take', async (t) => {
  const all = await setUp(t);
  const bob = await ConsoleViewer.attach(all.daemon, 'n1', all.token);
  bob.ask({ type: 'request-writer' });
  await bob.hears('role');
  const reader = sit(t, all, '--read-only');
  const alice = sit(t, all);
  await alice.screen.until((text) => /types, idle for \d+ s; you look on/.test(text));
  alice.types('nothing');
  await alice.screen.until((text) => text.includes('you look on; ~w asks to type'));
  bob.type('hello\r\n');
  await alice.screen.until((text) => text.includes('hello'));
  await reader.screen.until((text) => text.includes('hello'));
  alice.types('\r~t');
  await bob.hears('role', ({ writer }) => !writer);
  await until('she may type', async () => {
    alice.types('a');
    return all.machine.typed.includes('a');
  });
  const carol = sit(t, all, '--take');
  await alice.screen.until((text) => /types now; ~t takes it back/.test(text));
  reader.types('no');
  await reader.screen.until((text) => text.includes('you look on'));
  for (const seat of [alice, reader, carol]) seat.types('\r~.');
  for (const seat of [alice, reader, carol]) t.same(await seat.ended, [0, null]);
  t.notMatch(all.machine.typed.toString(), /n/);
});

t.test('a connection that is lost is had again, without a gap', async (t) => {
  const all = await setUp(t);
  const { screen, types, ended } = sit(t, all);
  await screen.until((text) => text.includes('~? tells'));
  all.machine.say('one\r\n');
  await screen.until((text) => text.includes('one\r'));
  await all.daemon.process.stop('SIGKILL');
  await screen.until((text) => text.includes('trying again'));
  types('lost');
  await screen.until((text) => text.includes('not connected: nothing was typed'));
  await all.daemon.run();
  await until('the console', () => all.machine.isConnected);
  all.machine.say('two\r\n');
  await screen.until((text) => text.includes('two\r'));
  t.equal(screen.text.split('one\r').length, 2, 'nothing twice');
  types('\r~.');
  t.same(await ended, [0, null]);
});

/** Passes on what comes for a daemon, until it forgets one side of all that it has. */
const startForgetfulProxy = async (
  t: Test,
  daemon: Daemon,
): Promise<{ url: string; forget: () => void }> => {
  const { hostname, port } = new URL(daemon.url);
  const near = new Set<Socket>();
  const far = new Set<Socket>();
  const server = createServer((socket) => {
    const other = connect(Number(port), hostname);
    near.add(socket);
    far.add(other);
    socket.on('data', (bytes) => other.write(bytes)).on('error', () => undefined);
    other.on('data', (bytes) => socket.write(bytes)).on('error', () => undefined);
    other.on('close', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of [...near, ...far]) socket.destroy();
    server.close();
  });
  const forget = (): void => {
    for (const socket of near) socket.destroy();
    near.clear();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, forget };
};

t.test('who lost his connection unnoticed gets his port again when that is noticed', async (t) => {
  const all = await setUp(t);
  const { url, forget } = await startForgetfulProxy(t, all.daemon);
  const wish = { mode: 'read-write', uses: 100 };
  const { text } = await all.daemon.asAdmin('POST', '/v2/obms/n1/console/connections', wish);
  const { token } = JSON.parse(text) as { token: string };
  const { screen, types, ended } = sit(t, { ...all, url, token });
  await screen.until((text) => text.includes('~? tells'));
  forget();
  await screen.until((text) => text.includes('port 1 of n1 is taken'));
  all.machine.say('two\r\n');
  await screen.until((text) => text.includes('two\r'));
  types('\r~.');
  t.same(await ended, [0, null]);
});

t.test('whose connection was over by its time goes on by the next one', async (t) => {
  const all = await setUp(t);
  const connection = async (lasts: number): Promise<string> => {
    const wish = { mode: 'read-write', uses: 100, lasts };
    const { text } = await all.daemon.asAdmin('POST', '/v2/obms/n1/console/connections', wish);
    return (JSON.parse(text) as { token: string }).token;
  };
  const { screen, types, ended, tokenFile } = sit(t, { ...all, token: await connection(30) });
  await screen.until((text) => text.includes('~? tells'));
  all.machine.say('one\r\n');
  await screen.until((text) => text.includes('one\r'));
  writeFileSync(tokenFile, await connection(600));
  await screen.until((text) => text.includes('the right has expired; trying again'));
  all.machine.say('two\r\n');
  await screen.until((text) => text.includes('two\r'));
  t.equal(screen.text.split('one\r').length, 2, 'nothing twice');
  types('\r~.');
  t.same(await ended, [0, null]);
});

t.test('when the right ends one is told, and the terminal is given back', async (t) => {
  const all = await setUp(t);
  const { screen, ended } = sit(t, all);
  await screen.until((text) => text.includes('~? tells'));
  await all.daemon.asAdmin('DELETE', '/node/n1/token');
  t.same(await ended, [6, null]);
  t.match(screen.text, /the console of n1: the (right has ended|owner changed)/);
  t.match(screen.text, /restored/);
});
