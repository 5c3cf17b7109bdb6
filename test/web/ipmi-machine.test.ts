/** A machine in the browser whose OBM is OpenIPMI's BMC: read, switched, and typed at by serial over LAN. */

import type { Locator } from 'playwright-core';
import t from 'tap';
import { inventory, twoSensors } from '../ipmi/equipment.ts';
import { startFakeHost } from '../ipmi/fake-host.ts';
import { simulatorGuid, startSimulator, until } from '../ipmi/simulator.ts';
import { ipmiInfo } from '../obm/daemon.ts';
import { host, reported } from '../station/harness.ts';
import { Bench } from '../station/obm-bench.ts';
import { observe, unasked, well } from '../station/suggestions/observed.ts';
import { openBrowser, visit } from './chromium.ts';

const password = 'correct horse battery';

t.test('the page of a machine behind IPMI', async (t) => {
  const serial = await startFakeHost(t, { echoes: true });
  const simulator = await startSimulator(t, serial.port, `${twoSensors}${inventory}`);
  const bench = await Bench.set(t, {
    // It looks once, and after orders.
    ...{ isLogged: true, poll: 86_400, station: { checks: unasked } },
  });
  const { ask, app } = bench.station;
  await ask('POST', '/users', { name: 'ada', role: 'operator' });
  await ask('PUT', '/users/ada/password', { password });
  await bench.register({ type: 'ipmi', info: ipmiInfo(simulator.port) });
  await bench.turn('enable');
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const { page, complaints } = await visit(t, await openBrowser(t));
  await page.goto(`${url}/machines/${host}`);
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: host }).waitFor();

  const power = page
    .getByRole('region', { name: 'Out of band', exact: true })
    .locator('#power-seen');
  const dialog = page.getByRole('dialog');
  const row = (...words: (string | RegExp)[]): Locator =>
    words.reduce<Locator>(
      (rows, word) => rows.filter({ hasText: word }),
      page.getByRole('region', { name: 'What happened, newest first' }).getByRole('row'),
    );
  const open = async (title: string): Promise<void> => {
    await page.getByText('Other actions').click();
    await page.getByRole('button', { name: title }).click();
  };
  /** Presses what orders it, and is shown how it ends. */
  const order = async (verb: string): Promise<void> => {
    await dialog.getByRole('heading', { name: 'What will be done' }).waitFor();
    await dialog.getByRole('button', { name: verb, exact: true }).click();
    await dialog.getByText('succeeded').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await dialog.waitFor({ state: 'detached' });
  };

  await t.test(
    'its power is told with its age, and looked at again when that is asked for',
    async () => {
      await power.filter({ hasText: /^off, seen \d.* ago$/ }).waitFor();
      await open('Have its OBM look again…');
      await order('Look again');
      await power.filter({ hasText: /^off, seen \d.* ago$/ }).waitFor();
    },
  );

  await t.test('what its BMC tells is read when it is asked for', async () => {
    for (const [title, ...rows] of [
      ['Sensors', /Inlet Temp\s*24\.2 °C\s*ok/, /Fan 1\s*3300 RPM\s*ok/],
      [
        'Event log of the OBM',
        /not known\s*unknown\s*system event #1/,
        /record of the manufacturer/,
      ],
      ['Inventory', /product serial\s*S-0815/, /board part\s*PN-1/],
      [
        'Identity of the OBM',
        /credentials\s*right/,
        /serial\s*S-0815/,
        RegExp(`guid\\s*${simulatorGuid}`),
      ],
    ] as const) {
      const reading = page.getByRole('group').filter({ hasText: title });
      await reading.getByText(title, { exact: true }).click();
      await reading.getByRole('button', { name: 'Read it now' }).click();
      await reading.getByText(/^Read \d.* ago/).waitFor();
      const table = reading.getByRole('region', { name: title });
      for (const words of rows) await table.getByRole('row').filter({ hasText: words }).waitFor();
    }
  });

  await t.test('it is switched on, told what to start from, and lit up', async (t) => {
    await open('Power…');
    await order('Power on');
    await power.filter({ hasText: /^on, seen \d.* ago$/ }).waitFor();
    await open('What it starts from…');
    await order('Say so');
    await open('Light its lamp…');
    await order('Say so');
    t.same(simulator.executed, ['power 1', 'boot pxe', 'identify 60 0']);
  });

  await t.test('a reboot takes a grant, and cycles its power at the BMC once', async (t) => {
    await open('Reboot it although nothing suggests it…');
    await dialog.getByLabel('How').selectOption('hard');
    await dialog.getByLabel('Why', { exact: true }).fill('a new kernel');
    const grant = dialog.getByRole('group', { name: 'This takes a grant' });
    await grant.getByRole('button', { name: 'Take up the grant' }).click();
    await grant.getByLabel('Your password once more').fill(password);
    await grant.getByRole('button', { name: 'Take up the grant' }).click();
    await dialog.getByRole('heading', { name: 'What will be done' }).waitFor();
    await dialog.getByRole('button', { name: 'Reboot it', exact: true }).click();
    const stages = dialog.getByRole('list', { name: 'Stages' }).getByRole('listitem');
    await stages.filter({ hasText: 'running boot' }).waitFor();
    await until('it is on again', () => simulator.executed.length === 5);
    t.same(simulator.executed.slice(3), ['power 0', 'power 1']);
    observe(bench.station.station, host, well, bench.station.station.now());
    const boot_id = '00000000-0000-4000-8000-00000000b007';
    await ask('PUT', `/hosts/${host}/facts`, reported('10.0.0.3', { boot_id }));
    await dialog.getByText('succeeded').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await dialog.waitFor({ state: 'detached' });
  });

  await t.test('it is switched off and on, and what happened says so', async (t) => {
    for (const [action, state] of [
      ['off', '0'],
      ['on', '1'],
    ] as const) {
      await open('Power…');
      await dialog.getByLabel('What is done').selectOption(action);
      await order(`Power ${action}`);
      await power.filter({ hasText: RegExp(`^${action}, seen`) }).waitFor();
      t.equal(simulator.power, state);
      await row(`ordered: power ${action}`, 'ada').first().waitFor();
    }
    await row('power is off (order)').first().waitFor();
    await row('to be rebooted: a new kernel', 'ada').first().waitFor();
    t.same(simulator.executed.slice(5), ['power 0', 'power 1']);
  });

  await t.test('its console is seen and typed at by serial over LAN', async (t) => {
    await page.getByRole('link', { name: 'Its console' }).click();
    const says = (text: string): Promise<void> =>
      page.getByRole('status').filter({ hasText: text }).first().waitFor();
    const shows = (text: string): Promise<void> =>
      page.locator('.xterm-rows').filter({ hasText: text }).waitFor();
    // Whoever is told who looks is told whether the console is there, too.
    await page.getByText('1 looks').waitFor();
    await says('you look on');
    serial.write('node3 login: ');
    await shows('node3 login:');
    await page.getByRole('button', { name: 'Type here' }).click();
    await says('you type');
    await page.keyboard.type('root');
    await shows('node3 login: root');
    t.equal(serial.typed(), 'root');
    await page.getByRole('button', { name: 'Send a break…' }).click();
    await dialog.getByRole('button', { name: 'Send a break', exact: true }).click();
    // A break is seen before what is typed after it.
    await page.locator('.xterm').click();
    await page.keyboard.type('b');
    await shows('rootb');
    t.equal(serial.breaks(), 1);
    t.same(
      complaints.filter((said) => !/status of 401/.test(said)),
      [],
    );
  });
});
