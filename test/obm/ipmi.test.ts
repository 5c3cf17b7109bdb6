/** IPMI as a driver, against a BMC of our own. Numbers are those of the cases and acceptance rows. */

import t from 'tap';
import type { Test } from 'tap';
import type { Driver } from '../../src/obm/drivers/driver.ts';
import { startBmc } from '../ipmi/played-bmc.ts';
import type { Behaviour, PlayedBmc } from '../ipmi/played-bmc.ts';
import { driverFor, never, reasonOf } from './drivers.ts';

const start = async (
  t: Test,
  behaviour: Partial<Behaviour> = {},
): Promise<{ bmc: PlayedBmc; driver: Driver }> => {
  const bmc = await startBmc(t, behaviour);
  const info = { addr: '127.0.0.1', port: bmc.port, user: 'admin', pass: 'secret' };
  return { bmc, driver: driverFor(t, 'ipmi', info) };
};

/** Chassis Control, in the order in which it was carried out, or refused. */
const orders = (bmc: PlayedBmc): string[] =>
  bmc.executed.filter((one) => one.startsWith('0/2 ')).map((one) => one.slice(4));

t.test('48: a machine that is off is not cycled but switched on, and that is said', async (t) => {
  for (const action of ['cycle', 'reset'] as const) {
    const { bmc, driver } = await start(t);
    t.match(await driver.power(action, never), { outcome: 'done', by: 'answer', instead: 'on' });
    t.same(orders(bmc), ['01'], action);
  }
});

t.test('48: what is refused in the present state is not tried another way', async (t) => {
  const { bmc, driver } = await start(t);
  bmc.on = true;
  // It has gone off since it was looked at.
  bmc.handlers.set('0/2', () => {
    bmc.on = false;
    return { completion: 0xd5 };
  });
  t.match(await driver.power('cycle', never), { outcome: 'not-done', by: 'answer' });
  t.same(orders(bmc), ['02'], 'and not twice');
  bmc.on = true;
  t.match(await driver.power('off', never), { outcome: 'done', by: 'state' }, 'it is off already');
});

t.test('quirk 5: a reset that a BMC does not have is not made a cycle', async (t) => {
  const { bmc, driver } = await start(t);
  bmc.on = true;
  bmc.handlers.set('0/2', ([action]) => (action === 3 ? { completion: 0x80 } : {}));
  t.match(await driver.power('reset', never), {
    outcome: 'not-done',
    reason: { reason: 'refused' },
  });
  t.match(await driver.power('cycle', never), { outcome: 'done', instead: null });
  t.same(orders(bmc), ['03', '02']);
});

t.test('49: a shutdown that the machine ignores stays one', async (t) => {
  const { bmc, driver } = await start(t);
  bmc.on = true;
  bmc.handlers.set('0/2', () => ({}));
  t.match(await driver.power('soft', never), { outcome: 'done', by: 'answer', instead: null });
  t.match(await driver.observePower(never), { state: 'on' }, 'which is what is shown');
  t.same(orders(bmc), ['05'], 'and nothing harder follows');
});

t.test(
  'quirk 10: an order to a BMC that is just starting is sent once, and the state tells',
  async (t) => {
    for (const [completion, follows, expected] of [
      [0xff, true, { outcome: 'done', by: 'state' }],
      [0xc0, false, { outcome: 'not-done', by: 'answer', reason: { reason: 'busy' } }],
    ] as const) {
      const { bmc, driver } = await start(t);
      bmc.on = true;
      bmc.handlers.set('0/2', () => {
        bmc.on = !follows;
        return { completion };
      });
      t.match(await driver.power('off', never), expected, `${completion}`);
      t.same(orders(bmc), ['00']);
    }
  },
);

t.test('case 3: what is too long for a BMC is refused before it is asked', async (t) => {
  const bmc = await startBmc(t, { users: { admin: { password: '00123456', privilege: 4 } } });
  const info = { addr: '127.0.0.1', port: bmc.port, user: 'admin' };
  const asked = (pass: string): Promise<unknown> =>
    reasonOf(driverFor(t, 'ipmi', { ...info, pass }).observePower(never));
  t.equal(await asked('00123456'), null);
  t.equal(await asked('123456'), 'credentials-refused', 'digits are no number');
  t.throws(() => driverFor(t, 'ipmi', { ...info, pass: 'x'.repeat(21) }), {
    field: 'info.pass',
    message: /20 bytes/,
  });
});
