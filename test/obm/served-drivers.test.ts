/** OBMs of several kinds at `halcyon obmd`. Numbers are those of the cases and acceptance rows. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startSimulator, until } from '../ipmi/simulator.ts';
import { Daemon, ipmiInfo } from './daemon.ts';
import { RedfishService } from './redfish-service.ts';

t.test('case 6: restarts by TERM leave no session at a Redfish service', async (t) => {
  const service = await RedfishService.start(t);
  service.quirks.sessionsMax = 2;
  const daemon = await Daemon.start(t, ['--poll', '1']);
  const token = await daemon.lend('n1', 'redfish', service.info);
  for (let starts = 0; starts < 5; starts++) {
    t.equal(await daemon.power('n1', token), 'on');
    t.equal(service.sessions, 1);
    await daemon.process.stop('SIGTERM');
    t.equal(service.sessions, 0);
    await daemon.run();
  }
  t.equal(service.sessionsSeen, 1);
  const off = await daemon.ask('POST', `/node/n1/power_off?token=${token}`);
  t.equal(off.status, 200, off.text);
  t.same(service.executed, ['ForceOff']);
  t.equal((await daemon.asAdmin('DELETE', '/node/n1')).status, 200);
  t.equal(service.sessions, 0);
  t.notMatch(daemon.everything, service.info.pass, '14: the password is nowhere');
});

t.test('case 8: with other credentials the old session is given back', async (t) => {
  const service = await RedfishService.start(t);
  const daemon = await Daemon.start(t);
  const token = await daemon.lend('n1', 'redfish', service.info);
  t.equal(await daemon.power('n1', token), 'on');
  await daemon.asAdmin('DELETE', '/node/n1');
  t.equal(service.sessions, 0);
  const wrong = await daemon.lend('n1', 'redfish', { ...service.info, pass: 'another' });
  t.match(await daemon.power('n1', wrong), /credentials-refused/, 'shows at once');
  const logins = service.logins;
  t.match(await daemon.power('n1', wrong), /credentials-refused/);
  t.equal(service.logins, logins, 'case 10: not tried again at once');
});

t.test('29: of ipmitool no password is left, in a file or elsewhere', async (t) => {
  const simulator = await startSimulator(t);
  const daemon = await Daemon.start(t);
  const token = await daemon.lend('n1', 'ipmitool', ipmiInfo(simulator.port));
  t.equal(await daemon.power('n1', token), 'off');
  simulator.slowDown(2);
  void daemon.power('n1', token).catch(() => undefined);
  const folder = join(daemon.data, 'run');
  const handed = (): string =>
    readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'latin1').trim())
      .join('');
  await until('a file is there', () => handed() !== '');
  t.equal(daemon.everything.split(handed()).length, 2, 'there, and nowhere else meanwhile');
  await daemon.process.stop('SIGKILL');
  const left = readdirSync(folder);
  t.not(left.length, 0, 'a crash leaves it');
  simulator.speedUp();
  await daemon.run();
  // It may ask the BMC by itself already, with a file of its own.
  t.notOk(
    left.some((name) => existsSync(join(folder, name))),
    'until it is started again',
  );
  t.equal(await daemon.power('n1', token), 'off');
  await daemon.process.stop('SIGTERM');
  t.same(readdirSync(folder), []);
});
