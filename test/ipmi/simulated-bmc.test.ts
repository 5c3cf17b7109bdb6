/** Every command against OpenIPMI's simulator, side by side with ipmitool and FreeIPMI. */

import t from 'tap';
import {
  chassisIdentify,
  clearSel,
  controlPower,
  getChassisStatus,
  getDeviceId,
  getSelInfo,
  getSystemGuid,
  raw,
  readBootFlags,
  readLanParameters,
  selEntries,
  setBootFlags,
} from '../../src/ipmi/index.ts';
import type { SelEntry } from '../../src/ipmi/index.ts';
import {
  clientFor,
  freeipmi,
  ipmitool,
  reasonOf,
  sessionWith,
  simulatorGuid,
  startSimulator,
  until,
} from './simulator.ts';

t.test('a BMC answers to the presence ping, and says what it can', async (t) => {
  const simulator = await startSimulator(t);
  const ipmi = clientFor(t);
  const place = { host: '127.0.0.1', port: simulator.port };
  t.same(await ipmi.ping(place), { speaksIpmi: true });
  t.match(await ipmi.capabilities(place), { version20: true, hasKg: false, namedUsers: true });
});

t.test('a session is opened, used, and closed again', async (t) => {
  const simulator = await startSimulator(t);
  const ipmi = clientFor(t);
  const session = await ipmi.open(simulator.options());
  t.equal(session.suite, 'sha1-aes');
  t.equal(session.guid, simulatorGuid);
  t.match(await session.send(getDeviceId), { id: 0, ipmi: '2.0', available: true });
  await session.close();
  t.match(await session.ended, { reason: 'closed' });
  t.equal(ipmi.counts.sessions, 0);
  t.equal(await reasonOf(session.send(getDeviceId)), 'closed');
});

t.test('54: the better suite is offered first, and the next one where it is refused', async (t) => {
  const simulator = await startSimulator(t);
  const { suites: _, ...usual } = simulator.options();
  const session = await clientFor(t).open(usual);
  t.equal(session.suite, 'sha1-aes');
});

t.test('suites that are not safe work where they are named', async (t) => {
  const simulator = await startSimulator(t);
  for (const suite of ['sha1-unencrypted', 'sha1-unprotected', 'unauthenticated'] as const) {
    const session = await sessionWith(t, simulator, { suites: [suite] });
    t.equal(session.suite, suite);
    t.match(await session.send(getChassisStatus), { on: false }, suite);
    await session.close();
  }
});

t.test('50: what fails has its own reason each', async (t) => {
  const simulator = await startSimulator(t);
  const ipmi = clientFor(t);
  t.equal(await reasonOf(ipmi.open(simulator.options({ password: 'wrong' }))), 'wrong-password');
  t.equal(await reasonOf(ipmi.open(simulator.options({ user: 'nobody' }))), 'unknown-user');
  t.equal(
    await reasonOf(ipmi.open(simulator.options({ suites: ['sha256-aes'] }))),
    'unsupported-suite',
  );
  const { patience: _, ...brisk } = simulator.options({ kg: 'a key' });
  t.equal(await reasonOf(ipmi.open(brisk)), 'wrong-password');
  await simulator.kill();
  const patience = { firstMs: 20, attempts: 2 };
  t.equal(await reasonOf(ipmi.open(simulator.options({ patience }))), 'no-answer');
  t.equal(ipmi.counts.sessions, 0, 'nothing is left of them');
});

t.test('50, quirk 3: when all sessions of a BMC are taken, that is said', async (t) => {
  const simulator = await startSimulator(t);
  const ipmi = clientFor(t);
  const opened = [];
  const fill = async (): Promise<void> => {
    for (let count = 0; count < 80; count++) opened.push(await ipmi.open(simulator.options()));
  };
  t.equal(await reasonOf(fill()), 'no-session-left');
  t.equal(opened.length, 63);
});

t.test('45: power is switched as asked, each order once', async (t) => {
  const simulator = await startSimulator(t);
  const session = await sessionWith(t, simulator);
  for (const [action, executed] of [
    ['on', 'power 1'],
    ['reset', 'reset 1'],
    ['soft', 'shutdown 1'],
    ['on', 'power 1'],
    ['off', 'power 0'],
  ] as const) {
    const before = simulator.executed.length;
    t.match(await controlPower(session, action), { outcome: 'done', by: 'answer' }, action);
    t.same(simulator.executed.slice(before), [executed], action);
  }
  t.match(await session.send(getChassisStatus), { on: false });
});

t.test('a cycle turns the machine off, and on again', async (t) => {
  const simulator = await startSimulator(t);
  const session = await sessionWith(t, simulator);
  await controlPower(session, 'on');
  t.match(await controlPower(session, 'cycle'), { outcome: 'done', by: 'answer' });
  await until('the machine is on again', () => simulator.executed.length === 3);
  t.same(simulator.executed, ['power 1', 'power 0', 'power 1']);
});

t.test('47: a reset of a BMC that is slow to answer is carried out exactly once', async (t) => {
  for (const seconds of [0.5, 1.5, 3]) {
    const simulator = await startSimulator(t);
    // The patience that tools have, which would send a read again within these times.
    const session = await sessionWith(t, simulator, { patience: { firstMs: 400, attempts: 8 } });
    simulator.slowDown(seconds);
    const outcome = await controlPower(session, 'reset', { observeMs: 120_000 });
    t.match(outcome, { outcome: 'done', by: 'answer' }, `${seconds} s`);
    simulator.speedUp();
    await session.send(getDeviceId);
    t.same(simulator.executed, ['reset 1'], `${seconds} s`);
  }
});

t.test('the chassis is seen as ipmitool and FreeIPMI see it', async (t) => {
  const simulator = await startSimulator(t);
  const session = await sessionWith(t, simulator);
  for (const action of ['on', 'off'] as const) {
    await controlPower(session, action);
    const { on } = await session.send(getChassisStatus);
    t.equal(
      await ipmitool(simulator, 'chassis', 'power', 'status'),
      `Chassis Power is ${on ? 'on' : 'off'}\n`,
    );
    t.equal(await freeipmi('ipmipower', simulator, '--stat'), `127.0.0.1: ${on ? 'on' : 'off'}\n`);
    t.equal(on, action === 'on');
  }
});

t.test('what ipmitool and FreeIPMI switched is seen at once', async (t) => {
  const simulator = await startSimulator(t);
  const session = await sessionWith(t, simulator);
  await ipmitool(simulator, 'chassis', 'power', 'on');
  t.match(await session.send(getChassisStatus), { on: true });
  await freeipmi('ipmipower', simulator, '--off');
  t.match(await session.send(getChassisStatus), { on: false });
});

t.test('device id and GUID are those that ipmitool and FreeIPMI read', async (t) => {
  const simulator = await startSimulator(t);
  const session = await sessionWith(t, simulator);
  const info = await ipmitool(simulator, 'mc', 'info');
  const device = await session.send(getDeviceId);
  const shown = (name: string, text = info): string | undefined =>
    new RegExp(`^${name} *: (\\S+)`, 'm').exec(text)?.[1];
  t.equal(shown('IPMI Version'), device.ipmi);
  t.equal(shown('Firmware Revision'), device.firmware);
  t.equal(shown('Manufacturer ID'), String(device.manufacturer));
  t.equal(shown('Product ID'), String(device.product));
  const theirs = await freeipmi('bmc-info', simulator);
  t.equal(shown('IPMI Version', theirs), device.ipmi);
  t.equal(shown('Firmware Revision', theirs), device.firmware);
  t.match(theirs, new RegExp(`^Manufacturer ID .*\\(${device.manufacturer}\\)$`, 'm'));
  t.equal(shown('Product ID', theirs), String(device.product));
  const guid = await session.send(getSystemGuid);
  t.equal(guid, simulatorGuid);
  // It writes a GUID the other way round, as SMBIOS has it.
  const reversed = Buffer.from(guid, 'hex').reverse().toString('hex');
  t.equal(shown('System GUID', theirs)?.replaceAll('-', ''), reversed);
});

t.test('45: the boot device is set, read back, and seen by ipmitool and FreeIPMI', async (t) => {
  const simulator = await startSimulator(t);
  const session = await sessionWith(t, simulator);
  const flags = { device: 'pxe', persistent: false, efi: true } as const;
  const { stored } = await setBootFlags(session, flags);
  // The simulator keeps nothing but the device, and that is what is reported.
  t.match(stored, { device: 'pxe', efi: false, valid: false });
  t.match(await ipmitool(simulator, 'chassis', 'bootparam', 'get', '5'), /Force PXE/);
  const section = ['--category=chassis', '--checkout', '-S', 'Chassis_Boot_Flags'];
  t.match(await freeipmi('ipmi-config', simulator, ...section), /^\s*Boot_Device +PXE$/m);
  t.same(simulator.executed, ['boot pxe']);
  await ipmitool(simulator, 'chassis', 'bootdev', 'disk');
  t.match(await readBootFlags(session), { device: 'disk' });
  const change = 'Chassis_Boot_Flags:Boot_Device=BIOS-SETUP';
  await freeipmi('ipmi-config', simulator, '--category=chassis', '--commit', '-e', change);
  t.match(await readBootFlags(session), { device: 'setup' });
});

t.test('a machine identifies itself for as long as is asked', async (t) => {
  const simulator = await startSimulator(t);
  const session = await sessionWith(t, simulator);
  await session.send(chassisIdentify, 5);
  await session.send(chassisIdentify, 'on');
  t.same(simulator.executed, ['identify 5 0', 'identify 0 1']);
});

t.test('the SEL is read as ipmitool and FreeIPMI read it, and erased once', async (t) => {
  const simulator = await startSimulator(t);
  const session = await sessionWith(t, simulator);
  const entries: SelEntry[] = [];
  for await (const entry of selEntries(session)) entries.push(entry);
  const lines = (await ipmitool(simulator, 'sel', 'list')).trim().split('\n');
  t.equal(entries.length, lines.length);
  t.same(
    entries.map(({ id }) => id),
    lines.map((line) => parseInt(line.split('|')[0]!, 16)),
  );
  const shape = ['--ignore-sdr', '--no-header-output', '--comma-separated-output'];
  const theirs = (await freeipmi('ipmi-sel', simulator, ...shape)).trim().split('\n');
  t.same(
    entries.map(({ id }) => id),
    theirs.map((line) => Number(line.split(',')[0])),
  );
  t.match(entries[0], {
    kind: 'event',
    sensorType: 0x12,
    sensor: 1,
    eventType: 0x6f,
    asserted: true,
  });
  t.match(entries[1], { kind: 'oem', manufacturer: 0x1291 });
  t.match(await session.send(getSelInfo), { entries: entries.length });
  t.equal(await clearSel(session), 'done');
  t.match(await session.send(getSelInfo), { entries: 0 });
  const left = [];
  for await (const entry of selEntries(session)) left.push(entry);
  t.same(left, []);
});

t.test('the parameters of the LAN are those that ipmitool and FreeIPMI print', async (t) => {
  const simulator = await startSimulator(t);
  const session = await sessionWith(t, simulator, { privilege: 'administrator' });
  const printed = await ipmitool(simulator, 'lan', 'print', '1');
  const { address, mac } = await readLanParameters(session, 1);
  const shown = (name: string): string | undefined =>
    new RegExp(`^${name} *: (\\S+)`, 'm').exec(printed)?.[1];
  t.equal(address, shown('IP Address'));
  t.equal(mac, shown('MAC Address'));
  const section = ['--category=core', '--checkout', '-S', 'Lan_Conf'];
  const theirs = await freeipmi('ipmi-config', simulator, ...section);
  t.match(theirs, new RegExp(`^\\s*IP_Address +${address}$`, 'm'));
  t.match(theirs, new RegExp(`^\\s*MAC_Address +${mac}$`, 'im'));
});

t.test('a raw command gives the bytes of its answer', async (t) => {
  const simulator = await startSimulator(t);
  const session = await sessionWith(t, simulator, { privilege: 'administrator' });
  const answer = await session.send(raw({ netFn: 6, code: 1, repeatable: true }), Buffer.alloc(0));
  const printed = await ipmitool(simulator, 'raw', '6', '1');
  t.equal(answer.toString('hex'), printed.replace(/\s/g, ''));
  // It shows the command's number and the completion code as well.
  const theirs = await freeipmi('ipmi-raw', simulator, '0', '6', '1');
  t.equal(`rcvd:0100${answer.toString('hex')}`, theirs.replace(/\s/g, '').toLowerCase());
  const unknown = raw({ netFn: 6, code: 0xee });
  t.equal(await reasonOf(session.send(unknown, Buffer.alloc(0))), 'refused');
});

t.test('a session with less privilege is not let do more', async (t) => {
  const simulator = await startSimulator(t);
  const session = await sessionWith(t, simulator, { privilege: 'user' });
  t.match(await controlPower(session, 'on'), {
    outcome: 'not-done',
    error: { reason: 'privilege' },
  });
  t.same(simulator.executed, []);
});
