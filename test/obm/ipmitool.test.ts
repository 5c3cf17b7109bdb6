/** ipmitool as a driver, against OpenIPMI's BMC. Numbers are those of the cases and acceptance rows. */

import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { folderOf } from '../folder.ts';
import { startSimulator, simulatorGuid, until } from '../ipmi/simulator.ts';
import { bootIn, bytesIn, eventsIn, powerIn } from '../../src/obm/drivers/ipmitool/answers.ts';
import { ipmiInfo } from './daemon.ts';
import { driverFor, never, reasonOf, surroundingsFor, wrongField } from './drivers.ts';

t.test('2, 30, case 3: what cannot be right about a registration is named', async (t) => {
  const good = { addr: '10.0.0.1', user: 'oper', pass: 'twenty characters !!' };
  t.equal(wrongField('ipmitool', good), null);
  t.equal(wrongField('ipmitool', { ...good, pass: '', user: '' }), null);
  for (const [field, wrong] of [
    ['addr', { addr: '-Ievil' }],
    ['addr', { addr: 'a b; reboot' }],
    ['pass', { pass: 'twenty-one characters' }],
    ['pass', { pass: 'two\nlines' }],
    ['user', { user: 'seventeen-letters' }],
    ['user', { user: 'a\0b' }],
    ['suites', { suites: [0] }],
    ['suites', { suites: [] }],
  ] as const)
    t.ok(wrongField('ipmitool', { ...good, ...wrong })?.startsWith(`info.${field}`), field);
});

t.test('53: only a whole line says that a machine is on', async (t) => {
  t.equal(powerIn(['Chassis Power is on']), 'on');
  t.equal(powerIn(['Chassis Power is off']), 'off');
  for (const lines of [
    [],
    ['no connection'],
    ['Chassis Power is on the blink'],
    ['warning: Chassis Power is on'],
    ['Chassis Power is on', 'Chassis Power is off'],
    ['L’alimentation est on'],
  ])
    t.equal(powerIn(lines), 'unknown', lines.join());
  t.equal(bytesIn(['01 05 00', 'oh']), null);
  t.match(bootIn(null), { device: null, persistent: null });
  t.match(bootIn(Buffer.from('0105e0040000', 'hex')), {
    ...{ device: 'pxe', persistent: true, efi: true, note: null },
  });
  t.same(eventsIn(['a | 10/01/22 | 12:34:56 UTC | Fan #0x30 | Lower \u001b[2J | Asserted', 'x']), [
    {
      ...{ id: '10', at: Date.UTC(2022, 9, 1, 12, 34, 56), severity: 'unknown' },
      text: 'Fan #0x30, Lower ?[2J, Asserted',
    },
  ]);
});

t.test('45: power, boot device and the rest, as asked', async (t) => {
  const simulator = await startSimulator(t);
  const driver = driverFor(t, 'ipmitool', ipmiInfo(simulator.port));
  t.same(await driver.observePower(never), { state: 'off', detail: null });
  const done = { outcome: 'done', by: 'answer', instead: null, reason: null };
  t.same(await driver.power('off', never), { ...done, by: 'state' }, 'it is off');
  t.same(await driver.power('reset', never), { ...done, instead: 'on' }, '48: it was off');
  t.same(await driver.power('on', never), { ...done, by: 'state' });
  t.same(await driver.power('reset', never), done);
  t.same(await driver.power('soft', never), done);
  t.same(simulator.executed, ['power 1', 'reset 1', 'shutdown 1']);
  t.match(await driver.power('diagnostic-interrupt', never), {
    ...{ outcome: 'not-done', reason: { reason: 'refused' } },
  });
  const pxe = { device: 'pxe', persistent: false, efi: null } as const;
  t.match(await driver.setBootDevice!(pxe, never), { device: 'pxe' });
  t.match(await driver.identify(never), { guid: simulatorGuid, firmware: '9.08' });
  const events = await driver.systemEvents!(never);
  t.match(events, [{ id: '1', at: null, text: /System Event/ }, { id: '2' }]);
  await driver.light!(1, never);
});

t.test('47: an order to a slow BMC is sent once, and the state tells', async (t) => {
  const simulator = await startSimulator(t);
  const driver = driverFor(t, 'ipmitool', ipmiInfo(simulator.port));
  await driver.power('on', never);
  simulator.slowDown(2);
  t.match(await driver.power('reset', never), { outcome: 'done' });
  t.same(simulator.executed, ['power 1', 'reset 1']);
});

t.test('a BMC that does not tell the state is sent nothing', async (t) => {
  const simulator = await startSimulator(t);
  const driver = driverFor(t, 'ipmitool', ipmiInfo(simulator.port));
  writeFileSync(join(simulator.folder, 'fail'), '');
  t.equal(await reasonOf(driver.power('on', never)), 'refused');
  t.same(simulator.executed, []);
});

t.test('50: wrong password, no suite, no way: reasons of their own', async (t) => {
  const simulator = await startSimulator(t);
  const reason = (more: object): Promise<unknown> =>
    reasonOf(driverFor(t, 'ipmitool', ipmiInfo(simulator.port, more)).power('on', never));
  t.equal(await reason({ pass: 'wrong' }), 'credentials-refused');
  t.equal(await reason({ pass: '' }), 'credentials-refused');
  t.equal(await reason({ user: '-Uadmin' }), 'credentials-refused', '30: a name is a name');
  t.equal(await reason({ suites: [17] }), 'unsupported-suite');
  t.equal(await reason({ addr: 'bmc.invalid' }), 'network');
  t.equal(await reason({ port: 1 }), 'no-answer');
  t.same(simulator.executed, []);
  const asUser = { user: 'guest', pass: 'userpw', privilege: 'user' };
  const driver = driverFor(t, 'ipmitool', ipmiInfo(simulator.port, asUser));
  t.match(await driver.power('on', never), {
    outcome: 'not-done',
    reason: { reason: 'privilege' },
  });
});

t.test('case 2, 54: the next suite is tried, and remembered', async (t) => {
  const simulator = await startSimulator(t);
  const driver = driverFor(t, 'ipmitool', ipmiInfo(simulator.port, { suites: [17, 3] }));
  t.match(await driver.power('on', never), { outcome: 'done' });
  t.same(simulator.executed, ['power 1']);
});

/** A program in the place of ipmitool, that writes down how it is called. */
const playTool = (folder: string, script: string): void => {
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'ipmitool'), `#!/bin/sh\nd=${folder}\n${script}\n`);
  chmodSync(join(folder, 'bin', 'ipmitool'), 0o755);
  process.env['PATH'] = `${join(folder, 'bin')}:${process.env['PATH']}`;
};

t.test('29: the password is in a file for us alone, and in no argument', async (t) => {
  const path = process.env['PATH'];
  t.teardown(() => (process.env['PATH'] = path));
  const folder = folderOf(t, {});
  playTool(
    folder,
    `tr '\\0' ' ' </proc/$$/cmdline >"$d/argv"; env >"$d/env"
while [ "$1" != -f ]; do shift; done
stat -c %a "$2" >"$d/mode"; cat "$2" >"$d/pass"; echo "Chassis Power is on"`,
  );
  const surroundings = surroundingsFor(t);
  const info = { addr: '10.0.0.1', user: 'oper', pass: 'dear $(x) "p' };
  const driver = driverFor(t, 'ipmitool', info, surroundings);
  t.match(await driver.observePower(never), { state: 'on' });
  const saw = (name: string): string => readFileSync(join(folder, name), 'utf8').trim();
  t.equal(saw('mode'), '600');
  t.equal(saw('pass'), info.pass);
  t.notMatch(saw('argv') + saw('env'), /dear/);
  t.match(saw('argv'), / -C 17 /);
  t.match(saw('env'), /^LC_ALL=C$/m);
  t.same(readdirSync(surroundings.privateDirectory), [], 'the file is gone');
});

/** What has ended may still wait for whoever asks how. */
const isGone = (pid: number): boolean => {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch (error) {
    return ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code!);
  }
};

t.test('who gives up ends the process, and what was ordered is unknown', async (t) => {
  const path = process.env['PATH'];
  t.teardown(() => (process.env['PATH'] = path));
  const folder = folderOf(t, {});
  playTool(
    folder,
    `case "$*" in *status) echo "Chassis Power is off";;
*) echo $$ >"$d/pid.part"; mv "$d/pid.part" "$d/pid"; exec sleep 600;; esac`,
  );
  const surroundings = surroundingsFor(t);
  const driver = driverFor(t, 'ipmitool', { addr: '10.0.0.1', user: 'o', pass: 'p' }, surroundings);
  const stop = new AbortController();
  const order = driver.power('on', stop.signal);
  while (!readdirSync(folder).includes('pid'))
    await new Promise((resolve) => setImmediate(resolve));
  const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
  stop.abort(new Error('given up'));
  t.match(await order, { outcome: 'unknown', by: 'nothing' });
  await until('it has ended', () => isGone(pid));
  t.same(readdirSync(surroundings.privateDirectory), []);
});
