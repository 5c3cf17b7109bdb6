/** The console by obmd's API, at `halcyon obmd`: numbers are those of the acceptance cases. */

import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { startSimulator, until } from '../ipmi/simulator.ts';
import { Daemon, ipmiInfo } from './daemon.ts';
import { viewing } from './viewing.ts';
import type { Viewing } from './viewing.ts';

/** What counts: a line a number, from 0 on, over all connections. */
const startCounter = async (t: Test): Promise<{ addr: string; sockets: Set<Socket> }> => {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
  });
  const timer = setInterval(() => {
    if (sockets.size > 0) for (const socket of sockets) socket.write(`${count++}\n`);
  }, 5);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { addr: `127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
};

const view = (daemon: Daemon, label: string, token: string): Promise<Viewing> =>
  viewing(daemon, `/node/${label}/console?token=${token}`);

const numbersIn = (text: string): number[] => text.split('\n').slice(0, -1).map(Number);

const isRising = (numbers: number[]): boolean =>
  numbers.every((number, i) => i === 0 || number === numbers[i - 1]! + 1);

t.test('S3, 18, 19: a viewer sees all in order, and nothing after its token is gone', async (t) => {
  const { addr } = await startCounter(t);
  const daemon = await Daemon.start(t);
  const token = await daemon.lend('n1', 'dummy', { addr });
  const first = await view(daemon, 'n1', token);
  t.match(first, { status: 200, type: 'application/octet-stream' });
  await until('100 lines', () => numbersIn(first.text()).length >= 100);
  t.equal((await daemon.asAdmin('DELETE', '/node/n1/token')).status, 200);
  const seen = first.text();
  t.equal(await first.ended, 'end', 'a clean end');
  const numbers = numbersIn(first.text());
  t.ok(isRising(numbers), 'nothing is missing, nothing comes twice');
  t.ok(first.text().length - seen.length < 200, 'what was on its way, and no more');
  t.equal((await view(daemon, 'n1', token)).status, 401);

  const second = await view(daemon, 'n1', await daemon.token('n1'));
  await until('10 lines', () => numbersIn(second.text()).length >= 10);
  t.ok(numbersIn(second.text())[0]! > numbers.at(-1)!, 'of what came before it sees nothing');
  second.stop();
});

t.test('57: any number of viewers see the same, and none throws out another', async (t) => {
  const { addr, sockets } = await startCounter(t);
  const daemon = await Daemon.start(t);
  const token = await daemon.lend('n1', 'dummy', { addr });
  const viewers = await Promise.all(Array.from({ length: 20 }, () => view(daemon, 'n1', token)));
  await until('lines for all', () => viewers.every(({ text }) => numbersIn(text()).length >= 50));
  t.equal(sockets.size, 1, 'one connection serves them all');
  const [one, ...others] = viewers.map(({ text }) => numbersIn(text()));
  for (const other of others) {
    const from = one!.indexOf(other[0]!);
    const shared = Math.min(one!.length - from, other.length);
    t.same(one!.slice(from, from + shared), other.slice(0, shared));
  }
  for (const viewer of viewers) viewer.stop();
});

t.test('56: who comes sees what was there before, and then what comes', async (t) => {
  const daemon = await Daemon.start(t);
  const token = await daemon.lend('n1', 'dummy', { name: 'n1', boot_ms: 100 });
  await until('the console', () => /the console is connected/.test(daemon.process.stderr));
  await daemon.ask('POST', `/node/n1/power_on?token=${token}`);
  const viewer = await view(daemon, 'n1', token);
  await until('the prompt', () => /n1 login: $/.test(viewer.text()));
  t.match(viewer.text(), /Dummy BIOS.*Booting from disk.*Linux/s);
  const late = await view(daemon, 'n1', token);
  await until('the same for who comes late', () => late.text() === viewer.text());
  await daemon.ask('POST', `/node/n1/power_cycle?token=${token}`, { force: true });
  await until('another start', () => late.text().split('Dummy BIOS').length === 3);
  viewer.stop();
  late.stop();
});

t.test('18, 19: an OBM that is unregistered, or a token made anew, ends its viewers', async (t) => {
  const { addr } = await startCounter(t);
  const daemon = await Daemon.start(t);
  const viewer = await view(daemon, 'n1', await daemon.lend('n1', 'dummy', { addr }));
  const second = await daemon.token('n1');
  t.match(await viewer.ended, /end|TypeError/);
  const another = await view(daemon, 'n1', second);
  t.equal((await daemon.asAdmin('DELETE', '/node/n1')).status, 200);
  t.match(await another.ended, /end|TypeError/);
  t.equal((await view(daemon, 'n1', second)).status, 401);
});

t.test(
  '16, 17, 19: a token that expires ends what it let in, also where nothing is said',
  async (t) => {
    const daemon = await Daemon.start(t, ['--token-ttl', '10']);
    const token = await daemon.lend('n1', 'dummy', {});
    const viewer = await view(daemon, 'n1', token);
    t.equal(viewer.status, 200);
    t.equal(await viewer.ended, 'end');
    t.match(await daemon.power('n1', token), 'unauthorized');
  },
);

t.test('a daemon stops in order while a BMC hangs that has its console', async (t) => {
  const { addr } = await startCounter(t);
  const simulator = await startSimulator(t, Number(addr.split(':')[1]));
  const daemon = await Daemon.start(t);
  const viewer = await view(
    daemon,
    'n1',
    await daemon.lend('n1', 'ipmi', ipmiInfo(simulator.port)),
  );
  await until('lines', () => numbersIn(viewer.text()).length >= 10);
  simulator.child.kill('SIGSTOP');
  t.same(await daemon.process.stop(), { code: 0, signal: null });
  t.match(daemon.process.stderr, '"stopped"');
  t.match(await viewer.ended, /end|TypeError/);
});
