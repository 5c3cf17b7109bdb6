/** Orders about power by Redfish: sent once, and only as a service offers them. Numbers are those of the cases and rows. */

import t from 'tap';
import { never, reasonOf } from './drivers.ts';
import { startRedfish as start, system } from './redfish-driver.ts';

t.test('45: power is switched as asked, and only where it is not so already', async (t) => {
  const { service, driver } = await start(t);
  t.same(await driver.observePower(never), { state: 'on', detail: null });
  const done = { outcome: 'done', by: 'state', instead: null, reason: null };
  t.same(await driver.power('on', never), done);
  t.same(service.executed, [], 'it is on');
  t.same(await driver.power('soft', never), done);
  t.same(await driver.power('off', never), done, 'off already');
  t.same(await driver.power('on', never), done);
  t.same(await driver.power('cycle', never), { ...done, by: 'answer' });
  t.same(await driver.power('reset', never), { ...done, by: 'answer' });
  t.same(await driver.power('diagnostic-interrupt', never), { ...done, by: 'answer' });
  t.same(service.executed, ['GracefulShutdown', 'On', 'PowerCycle', 'ForceRestart', 'Nmi']);
  t.equal(service.logins, 1, 'by one session');
});

t.test('48: a machine that is off is not cycled but switched on, and that is said', async (t) => {
  const { service, driver } = await start(t);
  service.isOn = false;
  t.match(await driver.power('cycle', never), { outcome: 'done', instead: 'on' });
  t.same(service.executed, ['On']);
});

t.test(
  'quirk 5, quirk 14: only reset types that are offered are sent, wherever they are offered',
  async (t) => {
    for (const actionInfo of [false, true]) {
      const { service, driver } = await start(t, { actionInfo, offered: ['On', 'PowerCycle'] });
      t.match(await driver.power('reset', never), { outcome: 'done', instead: 'cycle' });
      t.equal(
        await reasonOf(driver.power('soft', never)),
        'unsupported',
        'soft is never made hard',
      );
      t.equal(await reasonOf(driver.power('off', never)), 'unsupported');
      t.same(service.executed, ['PowerCycle']);
    }
    const { service, driver } = await start(t, { offered: ['On', 'ForceOff'] });
    t.match(await driver.power('cycle', never), { outcome: 'done', by: 'state', instead: null });
    t.same(service.executed, ['ForceOff', 'On']);
    const other = await start(t, { offered: ['ForceRestart'] });
    t.match(await other.driver.power('cycle', never), { outcome: 'done', instead: 'reset' });
    t.same(other.service.executed, ['ForceRestart']);
  },
);

t.test('case 18: where off fails, the second half of a cycle is not sent', async (t) => {
  const { service, driver } = await start(t, { offered: ['On', 'ForceOff'], obeys: false });
  t.match(await driver.power('cycle', never), { outcome: 'unknown', reason: { reason: 'busy' } });
  t.same(service.executed, ['ForceOff']);
});

t.test(
  'case 18: where the second half does not come back, nobody says that nothing was done',
  async (t) => {
    const offered = ['On', 'ForceOff'];
    const notBack = {
      ...{ outcome: 'unknown', by: 'nothing' },
      reason: {
        reason: 'outcome-unknown',
        message: /^it was switched off and is not known to be on/,
      },
    };
    const dark = await start(t, { offered });
    dark.service.chassisIsOn = false;
    const outcome = await dark.driver.power('cycle', never);
    t.match(outcome, notBack);
    t.match(outcome.reason?.message, /enclosure-7 is off/, 'and why');
    t.same([dark.service.executed, dark.service.isOn], [['ForceOff'], false]);

    const cut = await start(t, { offered });
    const order = cut.driver.power('reset', never);
    while (cut.service.executed.length === 0) await new Promise((resolve) => setImmediate(resolve));
    cut.service.quirks.cut = 'before';
    t.match(await order, { ...notBack, instead: 'cycle' });
    t.same([cut.service.executed, cut.service.isOn], [['ForceOff'], false]);

    const given = await start(t, { offered });
    const stop = new AbortController();
    const left = given.driver.power('cycle', stop.signal);
    while (given.service.executed.length === 0)
      await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Error('the token was revoked'));
    t.equal((await left).outcome, 'unknown', 'also where it was ended in between');
    t.same(given.service.executed, ['ForceOff'], 'after which nothing more is sent');
  },
);

t.test(
  'case 17: an order that shows late is done, and is not asked after all the time',
  async (t) => {
    const { service, driver } = await start(t, { obeys: false });
    service.isOn = false;
    t.match(await driver.power('on', never), { outcome: 'done', by: 'answer' });
    t.same(service.executed, ['On']);
    t.ok(service.count(`GET ${system}`) <= 3, 'before it, and twice after it');
    t.match(await driver.observePower(never), { state: 'off' });
    service.isOn = true;
    t.match(await driver.observePower(never), { state: 'on' });
  },
);

t.test('quirk 6: the state is read, whatever the reply code says', async (t) => {
  for (const resetStatus of [400, 409, 500]) {
    const { service, driver } = await start(t, { resetStatus, obeys: true });
    t.match(await driver.power('off', never), { outcome: 'done', by: 'state' }, `${resetStatus}`);
    t.same(service.executed, ['ForceOff'], 'once');
  }
  for (const resetStatus of [400, 409, 503, 403]) {
    const { driver } = await start(t, { resetStatus, obeys: false });
    const outcome = await driver.power('off', never);
    t.match(outcome, { outcome: 'not-done', by: 'answer' }, `${resetStatus}`);
    t.match(outcome.reason?.message, /the machine is on/);
  }
  const { driver } = await start(t, { resetStatus: 502, obeys: false });
  t.match(await driver.power('off', never), { outcome: 'unknown', by: 'nothing' }, 'a gateway');
});

t.test('an order whose connection breaks is sent once, and the state tells', async (t) => {
  for (const cut of ['before', 'after', 'in-answer'] as const) {
    const { service, driver } = await start(t, { cut });
    const off = await driver.power('off', never);
    if (cut === 'before') t.match(off, { outcome: 'unknown', by: 'nothing' }, cut);
    else if (cut === 'after') t.match(off, { outcome: 'done', by: 'state' }, cut);
    else t.equal(off.outcome, 'done', cut);
    t.same(service.executed, cut === 'before' ? [] : ['ForceOff'], cut);
  }
  for (const cut of ['before', 'after'] as const) {
    const { service, driver } = await start(t, { cut });
    t.match(await driver.power('reset', never), { outcome: 'unknown' }, 'nothing shows a reset');
    t.ok(service.executed.length <= 1);
  }
});

t.test('a reset is known by its time, where the service tells it', async (t) => {
  const { service, driver } = await start(t, { cut: 'after' });
  service.more.set(system, { LastResetTime: '2026-01-01T00:00:00Z' });
  const order = driver.power('reset', never);
  while (service.executed.length === 0) await new Promise((resolve) => setImmediate(resolve));
  service.more.set(system, { LastResetTime: '2026-01-02T00:00:00Z' });
  t.match(await order, { outcome: 'done', by: 'state' });
  t.same(service.executed, ['ForceRestart']);
});

t.test('case 19: a blade that cannot be switched on names the chassis that is off', async (t) => {
  const { service, driver } = await start(t);
  service.isOn = false;
  service.chassisIsOn = false;
  const { outcome, reason } = await driver.power('on', never);
  t.equal(outcome, 'not-done');
  t.match(reason?.message, /chassis enclosure-7 is off/);
});

t.test('quirk 11: a state that is not told is unknown and not off', async (t) => {
  for (const state of ['null', 'absent'] as const) {
    const { service, driver } = await start(t, { state });
    t.match(await driver.observePower(never), { state: 'unknown' }, state);
    await driver.power('cycle', never);
    t.same(service.executed, ['PowerCycle'], 'nothing follows from it');
  }
  const { driver } = await start(t, { state: 'PoweringOn' });
  t.match(await driver.observePower(never), { state: 'powering-on' });
});

t.test('quirk 6: what is refused because it is under way is waited for', async (t) => {
  const { service, driver } = await start(t, {
    resetStatus: 409,
    obeys: false,
    state: 'PoweringOff',
  });
  const order = driver.power('off', never);
  const posts = (): number => service.asked.filter((one) => one.startsWith('POST')).length;
  while (posts() < 2) await new Promise((resolve) => setImmediate(resolve));
  service.isOn = false;
  service.quirks.state = 'true';
  t.match(await order, { outcome: 'done', by: 'state' });
});
