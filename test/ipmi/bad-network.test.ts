/** Sessions over networks that lose, double, delay, corrupt and forge packets. */

import t from 'tap';
import {
  controlPower,
  getChassisStatus,
  getDeviceId,
  IpmiError,
  openConsole,
} from '../../src/ipmi/index.ts';
import type { Ipmi, Session, SessionOptions } from '../../src/ipmi/index.ts';
import { startBadNetwork } from './bad-network.ts';
import type { Faults } from './bad-network.ts';
import { startFakeHost } from './fake-host.ts';
import { startBmc } from './played-bmc.ts';
import { clientFor, startSimulator, until } from './simulator.ts';

const seed = Number(process.env['HALCYON_SEED'] ?? Date.now() % 1_000_000);
t.comment(`HALCYON_SEED=${seed}`);

const lossy: Faults = { lost: 0.2 };
const dreadful: Faults = { lost: 0.1, doubled: 0.2, late: 0.2, corrupted: 0.1, forged: 0.3 };
/** A network that loses so much needs many attempts; one at a time they take long enough. */
const patience = { firstMs: 150, attempts: 8 };

/** Opens a session, again where the network has spoilt it; what a person would do. */
const openSomehow = async (ipmi: Ipmi, options: SessionOptions): Promise<Session> => {
  for (let tries = 1; ; tries++) {
    try {
      return await ipmi.open(options);
    } catch (error) {
      if (!(error instanceof IpmiError) || tries === 20) throw error;
    }
  }
};

for (const [name, faults] of [
  ['that loses a fifth', lossy],
  ['with every fault', dreadful],
] as const)
  t.test(`a network ${name}: reads are right, and orders run once at most`, async (t) => {
    const bmc = await startBmc(t, { sessionsMax: 100 });
    const network = await startBadNetwork(t, bmc.port, faults, seed);
    const ipmi = clientFor(t);
    const options = bmc.options({ port: network.port, patience });
    let session = await openSomehow(ipmi, options);
    for (let round = 0; round < 25; round++) {
      if (!session.isOpen) session = await openSomehow(ipmi, options);
      bmc.on = round % 2 === 0;
      const before = bmc.count('0/2');
      try {
        const { on } = await session.send(getChassisStatus);
        t.equal(on, bmc.on, `round ${round}`);
        const outcome = await controlPower(session, 'reset', { observeMs: 300, everyMs: 50 });
        const runs = bmc.count('0/2') - before;
        if (outcome.outcome === 'done') t.equal(runs, 1, `round ${round}: done`);
        else if (outcome.outcome === 'not-done') t.equal(runs, 0, `round ${round}: not done`);
        else t.ok(runs <= 1, `round ${round}: unknown, ${runs} runs`);
      } catch (error) {
        if (!(error instanceof IpmiError)) throw error;
        t.ok(['no-answer', 'lost'].includes(error.reason), `round ${round}: ${error.reason}`);
        t.ok(bmc.count('0/2') - before <= 1);
      }
    }
    network.heal();
  });

/** `ipmi_sim` carries out what the network doubles, which a BMC must not (IPMI 2.0 §6.12.13). */
for (const [name, { doubled: _, ...faults }] of [
  ['that loses a fifth', lossy],
  ['with every fault but doubling', dreadful],
] as const)
  t.test(`a network ${name}: ipmi_sim switches as it is told, once each`, async (t) => {
    const simulator = await startSimulator(t);
    const network = await startBadNetwork(t, simulator.port, faults, seed);
    const ipmi = clientFor(t);
    const options = simulator.options({ port: network.port, patience });
    let session = await openSomehow(ipmi, options);
    let most = 0;
    for (const action of ['on', 'reset', 'off', 'on', 'reset', 'off'] as const) {
      if (!session.isOpen) session = await openSomehow(ipmi, options);
      most++;
      try {
        const { outcome } = await controlPower(session, action, { observeMs: 3_000, everyMs: 50 });
        if (outcome === 'done' && action !== 'reset')
          t.equal(simulator.power, action === 'on' ? '1' : '0', action);
      } catch (error) {
        if (!(error instanceof IpmiError)) throw error;
      }
      t.ok(simulator.executed.length <= most, `${simulator.executed.length} of ${most}`);
    }
    network.heal();
  });

t.test('a console over a bad network loses and doubles nothing', async (t) => {
  const host = await startFakeHost(t, { echoes: true });
  const simulator = await startSimulator(t, host.port);
  await until('the serial line is connected', host.isConnected);
  const faults = { lost: 0.15, late: 0.2 };
  const network = await startBadNetwork(t, simulator.port, faults, seed);
  const more = { port: network.port, patience, workArounds: ['sol-port'] as const };
  const session = await openSomehow(clientFor(t), simulator.options(more));
  let text = '';
  const console = await openConsole(session, {
    data: (bytes) => void (text += bytes.toString()),
    keepAliveMs: 0,
  });
  const typed = Array.from({ length: 40 }, (_, line) => `line ${String(line).padStart(3, '0')};`);
  await console.write(Buffer.from(typed.join('')));
  await until('all has come back', () => text.length >= typed.join('').length);
  t.equal(host.typed(), typed.join(''));
  t.equal(text, typed.join(''));
  network.heal();
});

t.test('whatever is thrown at its socket, a session goes on', async (t) => {
  const bmc = await startBmc(t);
  const ipmi = clientFor(t);
  const session = await ipmi.open(bmc.options());
  const before = ipmi.counts.dropped;
  bmc.behaviour.delivers = (bytes) => [
    Buffer.alloc(0),
    ...Array.from({ length: bytes.length }, (_, length) => bytes.subarray(0, length)),
    ...Array.from({ length: bytes.length }, (_, at) => {
      const garbled = Buffer.from(bytes);
      garbled[at]! ^= 0xff;
      return garbled;
    }),
    Buffer.alloc(60_000, 6),
    bytes,
  ];
  for (let round = 0; round < 20; round++) t.match(await session.send(getDeviceId), { id: 0x20 });
  t.ok(ipmi.counts.dropped > before);
  bmc.behaviour.delivers = (bytes) => [bytes];
});
