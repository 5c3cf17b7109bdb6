/** Redfish, against a service that does what real ones do. Numbers are those of the cases and acceptance rows. */

import { inspect } from 'node:util';
import t from 'tap';
import { driverFor, never, reasonOf, wrongField } from './drivers.ts';
import { startRedfish as start, system } from './redfish-driver.ts';
import { credentials, RedfishService } from './redfish-service.ts';

t.test('2, 30: what cannot be right about a registration is named', async (t) => {
  const good = { addr: '10.0.0.1', ...credentials };
  const { certificate } = await RedfishService.start(t);
  t.equal(wrongField('redfish', good), null);
  t.equal(wrongField('redfish', { ...good, ca: certificate, system: 'node-1' }), null);
  t.equal(wrongField('redfish', { ...good, pass: '' }), null, 'field 3: empty is a password');
  for (const [field, wrong] of [
    ['addr', { addr: '-Ievil' }],
    ['addr', { addr: 'a/../b' }],
    ['addr', { addr: 'bmc\nx' }],
    ['port', { port: 70_000 }],
    ['pass', { pass: 1 }],
    ['pass', { pass: 'x'.repeat(257) }],
    ['ca', { ca: 'not PEM' }],
    ['fingerprint', { fingerprint: 'abcd' }],
    ['plain', { plain: true }],
    ['insecure', { insecure: true, ca: certificate }],
    ['token', { token: 'x' }],
  ] as const)
    t.equal(wrongField('redfish', { ...good, ...wrong }), `info.${field}`, inspect(wrong));
});

t.test('of several systems none is taken by chance', async (t) => {
  const { service, driver } = await start(t);
  service.systems = ['node-1/', 'node-2'];
  const refused = driver.power('off', never);
  t.equal(await reasonOf(refused), 'wrong-machine');
  await t.rejects(refused, { message: /node-1, 4c4c4544-\S+, SN1; node-2, .*, SN2/ });
  for (const name of ['node-1', 'SN1', '4C4C4544005135108052B4C04F4A3532']) {
    const named = driverFor(t, 'redfish', { ...service.info, system: name });
    t.match(await named.identify(never), { serial: 'SN1' }, name);
  }
  const wrong = driverFor(t, 'redfish', { ...service.info, system: 'SN3' });
  t.equal(await reasonOf(wrong.power('off', never)), 'wrong-machine');
  t.same(service.executed, []);
});

t.test('the only system of a service is not taken for another that was named', async (t) => {
  const { service, driver } = await start(t, {}, { system: 'SN1' });
  t.match(await driver.observePower(never), { state: 'on' });
  service.more.set(system, { Id: 'x', SerialNumber: 'SN9', UUID: null });
  t.equal(await reasonOf(driver.observePower(never)), 'wrong-machine', 'it was changed');
});

t.test('case 9, quirk 13: what is dead is named, and everything else works', async (t) => {
  const { service, driver } = await start(t, {}, { system: 'node-1' });
  service.systems = ['node-1/', 'node-2'];
  const chassis = '/redfish/v1/Chassis/blade-1';
  for (const [path, status] of [
    ['/redfish/v1/Systems/node-2', 503],
    [`${chassis}/Power`, 404],
    [`${chassis}/Sensors/b`, 503],
  ] as const)
    service.quirks.dead.set(path, status);
  t.match(await driver.observePower(never), { state: 'on' });
  const { sensors, missing } = await driver.sensors!(never);
  t.same(
    sensors.map(({ name, value, unit, status }) => [name, value, unit, status]),
    [
      ['CPU1 Temp', 41, '°C', 'ok'],
      ['Fan 1', 23, '%', 'ok'],
      ['Inlet', 22.5, '°C', 'ok'],
    ],
  );
  t.match(missing, [/blade-1\/Power: .*404/, /Sensors\/b: .*503/]);
  t.match(await driver.power('off', never), { outcome: 'done' });
});

t.test('quirk 12: sensors of a machine that is off are not read, which is no alarm', async (t) => {
  const { service, driver } = await start(t);
  service.isOn = false;
  const { sensors, missing } = await driver.sensors!(never);
  t.match(sensors[0], { value: null, status: 'unknown', note: 'not read, the machine is off' });
  t.match(
    sensors.find(({ name }) => name === 'VRM1'),
    { value: 12, status: 'warning' },
  );
  t.same(missing, []);
});

t.test('quirk 13, quirk 14: who it is, what it is made of, and what it has seen', async (t) => {
  const { service, driver } = await start(t);
  const identity = await driver.identify(never);
  t.match(identity, { guid: '4c4c4544005135108052b4c04f4a3532', firmware: '1.45.455b66-rev4' });
  t.match(await driver.inventory!(never), { 'product name': '3500RX', processors: '2' });
  t.same(await driver.systemEvents!(never), [
    {
      ...{ id: '2', at: Date.UTC(2026, 2, 2, 14, 45), severity: 'critical' },
      text: 'Power supply?[2J failed?at once',
    },
    { id: '1', at: null, severity: 'ok', text: 'Log cleared' },
  ]);
  await driver.clearSystemEvents!(never);
  t.equal(service.cleared, 1);
  await driver.light!('on', never);
  t.equal(service.lamp, true);
  service.more.set(system, { UUID: null, SerialNumber: null });
  service.quirks.dead.set('/redfish/v1/Managers/bmc', 500);
  t.match(await driver.identify(never), { guid: null, serial: null, firmware: null });
});

t.test(
  'a log of the manager and a lamp of the chassis serve where the system has none',
  async (t) => {
    const { service, driver } = await start(t);
    service.more.set(system, { LogServices: null, LocationIndicatorActive: null });
    service.more.set('/redfish/v1/Chassis/blade-1', { IndicatorLED: 'Off' });
    t.equal(await reasonOf(driver.systemEvents!(never)), 'unsupported');
    const LogServices = { '@odata.id': '/redfish/v1/Systems/node-1/LogServices' };
    service.more.set('/redfish/v1/Managers/bmc', { LogServices });
    t.equal((await driver.systemEvents!(never)).length, 2);
    await driver.light!('on', never);
    t.equal(service.lamp, true);
    await driver.light!('off', never);
    t.equal(service.lamp, false);
    t.equal(await reasonOf(driver.light!(15, never)), 'unsupported', 'nothing would put it out');
  },
);

t.test('quirk 9: a service that knows its own links only without their last slash', async (t) => {
  const { service, driver } = await start(t, { slashless: true });
  t.match(await driver.observePower(never), { state: 'on' });
  t.match(await driver.power('off', never), { outcome: 'done' });
  t.same(service.executed, ['ForceOff']);
});

t.test(
  'quirk 7, quirk 8: of a boot device what belongs together is sent together, and read back',
  async (t) => {
    for (const quirks of [
      { needsTag: true },
      { needsTag: true, tagless: true },
      { forgetful: true },
      { staleTags: 1 },
    ]) {
      const { driver } = await start(t, quirks);
      const request = { device: 'pxe', persistent: false, efi: null } as const;
      const stands = { device: 'pxe', persistent: false, efi: true, note: null };
      t.same(await driver.setBootDevice!(request, never), stands, inspect(quirks));
      t.same(await driver.bootDevice!(never), stands);
    }
    const { service, driver } = await start(t);
    const cdrom = { device: 'cdrom', persistent: true, efi: false } as const;
    t.equal(await reasonOf(driver.setBootDevice!(cdrom, never)), 'unsupported', 'not offered');
    Object.defineProperty(service, 'boot', { get: () => ({ BootSourceOverrideTarget: 'Usb' }) });
    Object.defineProperty(service, 'boot', { set: () => undefined });
    t.match(await driver.setBootDevice!({ ...cdrom, device: 'disk' }, never), {
      ...{ device: null, persistent: null, efi: null },
      note: /keeps another/,
    });
  },
);

t.test('50, case 10: a wrong password is tried once, and no reason is like another', async (t) => {
  const { service, driver } = await start(t, {}, { pass: 'wrong' });
  t.equal(await reasonOf(driver.observePower(never)), 'credentials-refused');
  t.equal(service.logins, 1);
  const full = await start(t, { sessionsMax: 0 });
  t.equal(await reasonOf(full.driver.observePower(never)), 'no-session-left');
  const stranger = driverFor(t, 'redfish', { ...service.info, ca: full.service.certificate });
  t.equal(await reasonOf(stranger.observePower(never)), 'wrong-machine');
  const gone = driverFor(t, 'redfish', { ...service.info, port: 1 });
  t.equal(await reasonOf(gone.observePower(never)), 'no-answer');
  const noTls = driverFor(t, 'redfish', {
    ...{ addr: '127.0.0.1', port: service.port, ...credentials, insecure: true, plain: true },
  });
  t.equal(await reasonOf(noTls.observePower(never)), 'no-answer');
  const nowhere = driverFor(t, 'redfish', { ...service.info, addr: 'bmc.invalid' });
  t.equal(await reasonOf(nowhere.observePower(never)), 'network');
});

t.test('a certificate is verified, pinned, or not looked at by name', async (t) => {
  const service = await RedfishService.start(t);
  const { ca: _, ...plain } = service.info;
  const state = (more: object): Promise<unknown> =>
    reasonOf(driverFor(t, 'redfish', { ...plain, ...more }).observePower(never));
  t.equal(await state({}), 'wrong-machine');
  t.equal(await state({ fingerprint: service.fingerprint }), null);
  const other = service.fingerprint.replace(/^../, (byte) => (byte === '00' ? '01' : '00'));
  const asked = service.asked.length;
  t.equal(await state({ fingerprint: other }), 'wrong-machine');
  t.equal(service.asked.length, asked, 'a stranger is shown nothing');
  t.equal(await state({ insecure: true }), null);
});

t.test(
  'case 7, quirk 9: a session ends where it was made, whatever host is named for it',
  async (t) => {
    for (const location of ['path', 'foreign', 'missing'] as const) {
      const { service, driver } = await start(t, { location });
      await driver.observePower(never);
      t.equal(service.sessions, 1);
      await driver.close();
      t.equal(service.sessions, 0, location);
      t.same([...service.hosts], [`127.0.0.1:${service.port}`]);
      t.equal(await reasonOf(driver.observePower(never)), 'closed');
      t.equal(service.sessions, 0);
    }
  },
);

t.test('case 6, quirk 3: there is never more than one session, and none in the end', async (t) => {
  const { service, driver } = await start(t, { sessionsMax: 4, forgetsAfter: 7, cutsEach: 5 });
  for (let read = 0; read < 200; read++) {
    const left = new AbortController();
    const looked = reasonOf(driver.observePower(left.signal)).catch(() => 'left');
    if (read % 5 === 0) left.abort(new Error('left'));
    await looked;
  }
  t.equal(service.sessionsSeen, 1);
  await driver.close();
  t.equal(service.sessions, 0);
});

t.test(
  'case 6: a session that is refused and still there is given back before another',
  async (t) => {
    const { service, driver } = await start(t);
    t.match(await driver.observePower(never), { state: 'on' });
    service.quirks.doubts = 1;
    t.match(await driver.observePower(never), { state: 'on' });
    t.equal(service.logins, 2);
    t.equal(service.sessionsSeen, 1);
  },
);

t.test('case 6: who leaves during the log-in leaves no session behind', async (t) => {
  const { service, driver } = await start(t);
  const left = new AbortController();
  const looked = driver.observePower(left.signal);
  left.abort(new Error('overtaken'));
  await t.rejects(looked, { message: 'overtaken' });
  await driver.close();
  t.equal(service.sessions, 0);
});

t.test('case 8: a session that was forgotten is renewed once, an order sent once', async (t) => {
  const { service, driver } = await start(t);
  await driver.observePower(never);
  service.forgetSessions();
  t.match(await driver.power('off', never), { outcome: 'done' });
  t.same(service.executed, ['ForceOff']);
  t.equal(service.logins, 2);
  service.pass = 'changed';
  service.forgetSessions();
  t.equal(await reasonOf(driver.observePower(never)), 'credentials-refused', 'shows at once');
  t.equal(service.logins, 3);
});

t.test('case 3: passwords are shown as they were written', async (t) => {
  for (const pass of ['00123456', '', 'twenty characters !!', 'ä"\\\u0007']) {
    const service = await RedfishService.start(t);
    service.pass = pass;
    const driver = driverFor(t, 'redfish', { ...service.info, pass });
    t.match(await driver.observePower(never), { state: 'on' }, inspect(pass));
  }
});

t.test('quirk 12: a service without sessions, or one that is not ready yet', async (t) => {
  const simple = await start(t, { sessionless: true });
  t.match(await simple.driver.observePower(never), { state: 'on' });
  t.match(await simple.driver.power('off', never), { outcome: 'done' });
  const { service, driver } = await start(t, { notReady: 1 });
  t.match(await driver.observePower(never), { state: 'on' });
  service.quirks.notReady = 9;
  t.equal(await reasonOf(driver.observePower(never)), 'busy');
});

t.test('case 30: what a service repeats of a password is in no error', async (t) => {
  const { service, driver } = await start(t, {}, { pass: 'wrong but dear' });
  const refused = await driver.observePower(never).catch((error: unknown) => error);
  t.notMatch(inspect(refused, { depth: 9 }), /wrong but dear/);
  const good = driverFor(t, 'redfish', service.info);
  service.quirks.dead.set(system, 500);
  const failed = await good.observePower(never).catch((error: unknown) => error);
  t.notMatch(inspect(failed, { depth: 9 }), /secret|x-auth/i);
});

t.test('answers are bounded, and links out of the service lead nowhere', async (t) => {
  const { service, driver } = await start(t);
  service.more.set(system, { Oem: 'x'.repeat(5 * 1024 * 1024) });
  t.equal(await reasonOf(driver.observePower(never)), 'limit');
  service.more.set(system, { PowerState: 'On' });
  service.more.set('/redfish/v1/Systems', {
    Members: [{ '@odata.id': '//elsewhere.example/redfish/v1/Systems/node-1/' }],
  });
  t.equal(await reasonOf(driver.identify(never)), 'wrong-machine');
  t.same([...service.hosts], [`127.0.0.1:${service.port}`]);
});
