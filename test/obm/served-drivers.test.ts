/** OBMs of several kinds at `halcyon obmd`. Numbers are those of the cases and acceptance rows. */

import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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

t.test('case 6: a daemon that is killed again and again has one session, too', async (t) => {
  const service = await RedfishService.start(t);
  service.quirks.sessionsMax = 2;
  const daemon = await Daemon.start(t, ['--poll', '0']);
  const token = await daemon.lend('n1', 'redfish', service.info);
  const kept = (): string[] => readdirSync(join(daemon.data, 'sessions'));
  for (let starts = 0; starts < 4; starts++) {
    t.equal(await daemon.power('n1', token), 'on');
    t.equal(service.sessions, 1);
    await daemon.process.stop('SIGKILL');
    t.equal(kept().length, 1);
    // What was shown once is in no file.
    t.notMatch(daemon.everything, service.tokens[0]!);
    await daemon.run();
  }
  t.equal(service.logins, 1);
  service.forgetSessions();
  t.equal(await daemon.power('n1', token), 'on', 'one that was forgotten meanwhile is renewed');
  t.equal(service.logins, 2);
  await daemon.process.stop('SIGKILL');
  await daemon.run();
  await daemon.process.stop('SIGTERM');
  t.equal(service.sessions, 0, 'also where it was not used again');
  t.same(kept(), []);
});

t.test('a session is kept for as long as its registration', async (t) => {
  const service = await RedfishService.start(t);
  const daemon = await Daemon.start(t, ['--poll', '0']);
  const kept = (): string[] => readdirSync(join(daemon.data, 'sessions'));
  const token = await daemon.lend('n1', 'redfish', service.info);
  t.equal(await daemon.power('n1', token), 'on');
  const [name] = kept();
  await daemon.process.stop('SIGKILL');
  const file = join(daemon.data, 'sessions', name!);
  // Of another, a draft, and one that is not to be read.
  copyFileSync(file, join(daemon.data, 'sessions', 'f'.repeat(16)));
  copyFileSync(file, `${file}.new`);
  writeFileSync(file, 'torn');
  await daemon.run();
  t.equal(await daemon.power('n1', token), 'on');
  t.equal(service.logins, 2);
  t.same(kept(), [name]);
  t.equal((await daemon.asAdmin('DELETE', '/node/n1')).status, 200);
  t.same(kept(), []);
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
