/** Consoles of an OBM daemon while who may use them changes. */

import t from 'tap';
import type { Test } from 'tap';
import { createIpmi } from '../../src/ipmi/index.ts';
import { Obms } from '../../src/obm/catalogue/obms.ts';
import { Consoles } from '../../src/obm/consoles.ts';
import { dummy } from '../../src/obm/drivers/dummy/dummy.ts';
import { Gate } from '../../src/obm/gate.ts';
import { Machine } from '../../src/obm/machine.ts';
import { Networks } from '../../src/obm/network.ts';
import { systemRandom, systemTime } from '../../src/obm/time.ts';
import { until } from '../ipmi/simulator.ts';
import { Spectator } from './console/played.ts';
import { temporary } from './console/recorded.ts';
import { noSession } from './drivers.ts';

const label = 'n1';
const hash = '0'.repeat(64);
const say = (): void => undefined;

const startMachine = (t: Test): Machine => {
  const time = systemTime;
  const ipmi = createIpmi();
  const machine = new Machine({
    ...{
      label,
      time,
      network: new Networks(time, 8).of(null),
      powerSeen: say,
      reached: say,
      identified: say,
      eventsSeen: say,
    },
    driver: dummy.open(
      {},
      { ipmi, time, random: systemRandom, privateDirectory: '', session: noSession },
    ),
    settings: { minIntervalMs: 0 },
  });
  t.teardown(async () => {
    await machine.close();
    await ipmi.close();
  });
  return machine;
};

t.test("a console that was given up while it waited for its turn is nobody else's", async (t) => {
  const machine = startMachine(t);
  let go: () => void = say;
  const ordered = machine.order(
    'on',
    new AbortController().signal,
    () => new Promise((resolve) => (go = resolve)),
  );
  const texts = ['', ''];
  const open = (who: number, signal: AbortSignal) =>
    machine.openConsole(
      { data: (bytes) => void (texts[who] += bytes.toString()), gap: say },
      signal,
    );
  const givenUp = new AbortController();
  const first = open(0, givenUp.signal);
  first.catch(say);
  givenUp.abort();
  const second = open(1, new AbortController().signal);
  await new Promise((resolve) => setImmediate(resolve));
  go();
  await ordered;
  const link = await second;
  await t.rejects(first);
  await link.write(Buffer.from('root\r'));
  await until('the machine writes', () => texts[1] !== '');
  t.equal(texts[0], '');
  await link.close();
});

t.test(
  'a token that is issued while a console is being opened makes a new owner too',
  async (t) => {
    const time = systemTime;
    const obms = new Obms();
    obms.apply(
      { type: 'ObmRegistered', data: { label, id: '0'.repeat(16), driver: 'dummy', info: {} } },
      1,
    );
    const consoles = await Consoles.open({
      ...{ time, random: systemRandom, directory: temporary(t) },
      logger: { info: say, warn: say, error: (_, message) => t.fail(message) },
      gate: new Gate({ obms: () => obms, time }),
    });
    const machine = startMachine(t);
    t.teardown(() => consoles.close());
    consoles.keep(machine, 1);
    obms.apply({ type: 'TokenIssued', data: { label, epoch: 2, hash, expires: null } }, 2);
    consoles.newOwner(label, 2);
    const seen = new Spectator();
    const { console } = await consoles.attach(
      { label, epoch: 2, expires: null, connection: null },
      {
        ...{ principal: 'token', source: '192.0.2.1', mayWrite: false, onSlow: 'cut' },
        ...{ from: { back: 1_000 }, sink: seen },
      },
    );
    t.equal(console.epoch, 2);
    consoles.newOwner(label, 3);
    t.match(seen.ends, [{ why: 'owner-changed' }], 'and ends who looks, at once');
  },
);
