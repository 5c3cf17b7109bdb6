/** Sessions that are opened when they are needed, and kept for as long as is said. */

import t from 'tap';
import { getChassisStatus, getDeviceId, keepBmc } from '../../src/ipmi/index.ts';
import { startBmc } from './played-bmc.ts';
import { clientFor, reasonOf, until } from './simulator.ts';

t.test('one session serves all that come, and is opened by the first', async (t) => {
  const played = await startBmc(t);
  const bmc = keepBmc(clientFor(t), played.options());
  t.equal(played.executed.length, 0, 'nothing is sent before');
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => bmc.use((session) => session.send(getChassisStatus))),
  );
  t.equal(answers.length, 10);
  t.equal(played.count('6/56'), 1);
  t.equal(played.sessions.size, 1);
  await bmc.close();
  t.equal(played.sessions.size, 0);
  t.equal(await reasonOf(bmc.use((session) => session.send(getDeviceId))), 'closed');
});

t.test('a session that nobody uses is given back to the BMC, and opened again', async (t) => {
  const played = await startBmc(t);
  const bmc = keepBmc(clientFor(t), played.options(), { idleMs: 50 });
  await bmc.use((session) => session.send(getChassisStatus));
  await until('it is given back', () => played.sessions.size === 0);
  t.notOk(bmc.isOpen);
  t.match(await bmc.use((session) => session.send(getChassisStatus)), { on: false });
});

t.test(
  'a session that is lost is opened anew by the next use, not by the one that failed',
  async (t) => {
    const played = await startBmc(t);
    const patience = { firstMs: 50, attempts: 3 };
    const bmc = keepBmc(clientFor(t), played.options({ patience }));
    await bmc.use((session) => session.send(getChassisStatus));
    played.sessions.clear();
    t.equal(await reasonOf(bmc.use((session) => session.send(getChassisStatus))), 'no-answer');
    await until('it is known to be lost', () => !bmc.isOpen);
    t.match(await bmc.use((session) => session.send(getChassisStatus)), { on: false });
  },
);

t.test('the suite that the BMC took is offered first the next time', async (t) => {
  const played = await startBmc(t, { suites: [3] });
  let refused = 0;
  played.behaviour.delivers = (bytes) => {
    if (bytes[5] === 0x11 && bytes[17] !== 0) refused++;
    return [bytes];
  };
  const bmc = keepBmc(clientFor(t), played.options(), { idleMs: 0 });
  for (let times = 0; times < 3; times++) {
    await bmc.use((session) => session.send(getDeviceId));
    await until('it is given back', () => played.sessions.size === 0);
  }
  t.equal(refused, 1);
});

t.test('why a session cannot be opened is told to all that wait for it', async (t) => {
  const played = await startBmc(t);
  const bmc = keepBmc(clientFor(t), played.options({ password: 'wrong' }));
  const reasons = await Promise.all(
    Array.from({ length: 3 }, () => reasonOf(bmc.use((session) => session.send(getDeviceId)))),
  );
  t.same(reasons, ['wrong-password', 'wrong-password', 'wrong-password']);
});
