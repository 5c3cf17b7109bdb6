/** The console of a machine in a real browser: a station, an OBM daemon and a machine, all real. */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { AxeResults } from 'axe-core';
import t from 'tap';
import type { Locator, Page } from 'playwright-core';
import { until } from '../ipmi/simulator.ts';
import { Daemon } from '../obm/daemon.ts';
import { SerialMachine } from '../obm/serial-machine.ts';
import { host, openStation } from '../station/harness.ts';
import { openBrowser, signInByToken, visit } from './chromium.ts';
import type { Visit } from './chromium.ts';
import { TcpRelay } from './tcp-relay.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What the terminal shows, as a person reads it. */
const screenOf = (page: Page): Locator => page.locator('.xterm-rows');
const shows = (page: Page, text: string | RegExp): Promise<void> =>
  screenOf(page).filter({ hasText: text }).waitFor();
const says = (page: Page, text: string | RegExp): Promise<void> =>
  page.getByRole('status').filter({ hasText: text }).first().waitFor();
const tells = (page: Page, text: string | RegExp): Promise<void> =>
  page.getByRole('log', { name: 'Notices of the console' }).filter({ hasText: text }).waitFor();

t.test('the page of a console', async (t) => {
  const machine = await SerialMachine.start(t);
  const daemon = await Daemon.start(t, ['--poll', '0']);
  const { app, admin, fill, ask } = await openStation(t);
  await fill();
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const relay = await TcpRelay.start(t, url);
  const registered = await ask('PUT', `/hosts/${host}/obm`, {
    ...{ obmd: daemon.url, admin_token: daemon.admin, type: 'dummy', info: { addr: machine.addr } },
  });
  t.equal(registered.status < 300, true, registered.text);
  t.equal((await ask('POST', `/hosts/${host}/obm/enable`)).status, 200);
  await until('the console', () => machine.isConnected);
  machine.echoes = true;
  machine.say('login: ');
  const browser = await openBrowser(t);
  const path = `/machines/${host}/console`;

  const enter = async (at = url): Promise<Visit> => {
    const visited = await visit(t, browser);
    const { page } = visited;
    await page.goto(at + path);
    await signInByToken(page, admin);
    await says(page, 'you look on');
    return visited;
  };
  const type = async (page: Page): Promise<void> => {
    await page.getByRole('button', { name: 'Type here' }).click();
    await says(page, 'you type');
  };
  const mayComplainOf = /status of 401|WebSocket connection to/;
  const mustBeQuiet = (complaints: readonly string[]): void =>
    void t.same(
      complaints.filter((said) => !mayComplainOf.test(said)),
      [],
      'no complaints',
    );

  await t.test('it is read first, and typed at by whoever asks to', async (t) => {
    const { page, context, complaints } = await enter();
    await shows(page, 'login:');
    await page.locator('.xterm').click();
    await page.keyboard.type('never');
    await tells(page, 'You look on: keys do not go to the machine.');
    t.equal(machine.typed.length, 0);
    await type(page);
    await page.keyboard.type('root');
    await shows(page, 'login: root');
    t.equal(machine.typed.toString(), 'root');
    await page.keyboard.press('Tab');
    await until('Tab goes to the machine', () => machine.typed.toString() === 'root\t');
    await page.keyboard.press('Control+Shift+ArrowUp');
    await page.locator('button:focus', { hasText: 'Type no more' }).waitFor();
    await page.keyboard.press('Enter');
    await says(page, 'you look on');
    mustBeQuiet(complaints);
    await context.close();
  });

  await t.test('whoever types is told who takes over, and can take it back', async () => {
    const [first, second] = [await enter(), await enter()];
    await type(first.page);
    await second.page.getByText(/2 look/).waitFor();
    await second.page.getByRole('button', { name: 'Type here' }).click();
    const dialog = second.page.getByRole('dialog', { name: 'Somebody types here' });
    await dialog.filter({ hasText: /token:\w+ \(127\.0\.0\.1\) types/ }).waitFor();
    await says(first.page, 'you type');
    await dialog.getByRole('button', { name: 'Type instead' }).click();
    await says(second.page, 'you type');
    await tells(first.page, /token:\w+ \(127\.0\.0\.1\) types now\. You look on\./);
    await says(first.page, 'you look on');
    await first.page.getByRole('button', { name: 'Take it back' }).click();
    await says(first.page, 'you type');
    await says(second.page, 'you look on');
    for (const { complaints } of [first, second]) mustBeQuiet(complaints);
    for (const { context } of [first, second]) await context.close();
  });

  await t.test('several lines are pasted by whoever has seen how many', async () => {
    const { page, context, complaints } = await enter();
    const paste = (text: string): Promise<void> =>
      page.locator('.xterm-helper-textarea').evaluate((element, pasted) => {
        const data = new DataTransfer();
        data.setData('text/plain', pasted);
        const event = { clipboardData: data, bubbles: true, cancelable: true };
        element.dispatchEvent(new ClipboardEvent('paste', event));
      }, text);
    const before = machine.typed.length;
    await paste('reboot\n');
    await tells(page, 'nothing was pasted');
    await type(page);
    await paste('one');
    await until('a word', () => machine.typed.subarray(before).toString() === 'one');
    await paste('two\nthree\n');
    const dialog = page.getByRole('dialog', { name: 'Paste 2 lines?' });
    await dialog.getByText('three').waitFor();
    await dialog.getByRole('button', { name: 'Leave it' }).click();
    await paste('four\nfive\n');
    await page
      .getByRole('dialog', { name: 'Paste 2 lines?' })
      .getByRole('button', { name: 'Paste', exact: true })
      .click();
    await until('two lines', () => machine.typed.subarray(before).toString() === 'onefour\rfive\r');
    mustBeQuiet(complaints);
    await context.close();
  });

  await t.test('what a machine writes does nothing but stand there', async (t) => {
    const { page, context, complaints } = await enter();
    const before = machine.typed.length;
    const title = await page.title();
    machine.say('\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07\x1b[c\x1b[6n\x1b]11;?\x07');
    machine.say('\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07<script>alert(1)</script>\r\n');
    machine.say('\x1b[38;2;255;0;0mred\x1b[0m\r\n');
    await shows(page, '<script>alert(1)</script>');
    await shows(page, 'red');
    t.equal(await page.title(), title);
    t.equal(machine.typed.length, before, 'nothing is answered by whoever looks');
    mustBeQuiet(complaints);
    await context.close();
  });

  await t.test('it goes on from the last byte where the connection was cut', async (t) => {
    const { page, context, complaints } = await enter(relay.url);
    await type(page);
    machine.say('\r\nbefore the cut\r\n');
    await shows(page, 'before the cut');
    relay.cut();
    machine.say('during the cut\r\n');
    await tells(page, 'Connected again.');
    await says(page, 'you type');
    machine.say('after the cut\r\n');
    await shows(page, 'after the cut');
    const text = (await screenOf(page).innerText()).replaceAll('\u00a0', ' ');
    for (const line of ['before', 'during', 'after'])
      t.equal(text.split(`${line} the cut`).length, 2, `${line}: once`);
    t.notMatch(await page.locator('.console-status').innerText(), /skipped/);

    relay.swallow();
    machine.say('in silence\r\n');
    await tells(page, 'nothing was heard of the station');
    await shows(page, 'in silence');
    mustBeQuiet(complaints);
    await context.close();
  });

  await t.test('a page of another origin opens none, whatever it knows', async (t) => {
    const stranger = createServer((_, response) => response.end('<!doctype html>'));
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    t.teardown(() => stranger.close());
    const { page, context } = await enter();
    const { body } = await ask('POST', `/hosts/${host}/obm/console`, {});
    const { search } = new URL((body as { url: string }).url);
    const address = `${url.replace('http', 'ws')}${path}/socket${search}`;
    const opens = (where: Page): Promise<boolean> =>
      where.evaluate(
        (to) =>
          new Promise<boolean>((resolve) => {
            const socket = new WebSocket(to);
            socket.onmessage = () => resolve(true);
            socket.onclose = () => resolve(false);
          }),
        address,
      );
    const other = await context.newPage();
    await other.goto(`http://127.0.0.1:${(stranger.address() as AddressInfo).port}/`);
    t.equal(await opens(other), false, 'not from there, with the cookie and a good ticket');
    t.equal(await opens(page), true, 'from here, by the same ticket');
    await context.close();
  });

  await t.test('its log has what happened between its lines, and is played back', async (t) => {
    machine.say('\r\nthe last words\r\n');
    const power = await ask('POST', `/hosts/${host}/obm/power`, { action: 'reset' });
    t.ok(power.status < 300, power.text);
    machine.say('\x1b[2J\x1b[HGRUB loading\r\n');
    const { page, context, complaints } = await enter();
    // What has not come to the daemon is in no log.
    await shows(page, 'GRUB loading');
    await page.getByRole('button', { name: 'Log', exact: true }).click();
    const log = page.getByRole('log', { name: 'Log', exact: true });
    await log.getByText('GRUB loading').waitFor();
    await page.getByRole('button', { name: 'Event before' }).click();
    const event = log.locator('.event.current');
    await event.getByText(/◆ (power|operation)/).waitFor();
    await page.getByLabel('Lines with').fill('LAST WORDS');
    await page.getByLabel('Lines with').press('Enter');
    await log.getByText('the last words').waitFor();
    await log.getByText('GRUB').waitFor({ state: 'detached' });
    t.match(page.url(), /view=log&grep=LAST\+WORDS/);
    await page.getByRole('button', { name: 'The newest' }).click();
    await log.getByText('GRUB loading').waitFor();
    await page.getByRole('button', { name: 'Event before' }).click();
    await event.getByRole('button', { name: 'Play from here' }).click();
    await shows(page, 'GRUB loading');
    const place = page.getByLabel('Where it is played');
    await place.press('Home');
    await page.getByRole('button', { name: /◆ / }).first().waitFor();
    await place.press('End');
    await shows(page, 'GRUB loading');
    mustBeQuiet(complaints);
    await context.close();
  });

  await t.test('15: a flood is skipped and counted, and Ctrl-C goes through it', async () => {
    const { page, context, complaints } = await enter();
    await type(page);
    machine.echoes = false;
    const before = machine.typed.length;
    const piece = Buffer.from(`${'flood '.repeat(20)}\r\n`.repeat(8_000));
    const flood = async (pieces: number): Promise<void> => {
      for (let i = 0; i < pieces; i += 1) {
        machine.say(piece);
        await machine.hasSaid();
      }
    };
    const first = flood(10);
    await page.keyboard.press('Control+c');
    await until('Ctrl-C', () => machine.typed.subarray(before).includes(3));
    await first;
    // A page that stands still takes nothing; all that is between has its fill before anything is skipped.
    await page.route('**/stand-still', async (route) => {
      await flood(40);
      await route.fulfill({ body: '' });
    });
    await page.evaluate(() => {
      const request = new XMLHttpRequest();
      request.open('GET', 'stand-still', false);
      request.send();
    });
    machine.say('\r\nafter the flood\r\n');
    machine.echoes = true;
    await shows(page, 'after the flood');
    await page.getByText(/[\d,]+ bytes skipped; the log has them/).waitFor();
    await tells(page, /[\d,]+ bytes were skipped here/);
    // It may have come faster than the disk takes it: what was kept is there all the same.
    await page.getByRole('button', { name: 'Log', exact: true }).click();
    const log = page.getByRole('log', { name: 'Log', exact: true });
    await log.getByText('flood flood').first().waitFor();
    mustBeQuiet(complaints);
    await context.close();
  });

  await t.test('everybody can use it: in light and dark, and on a telephone', async (t) => {
    const { page, context } = await enter();
    for (const view of ['Live', 'Log', 'Play back']) {
      await page.getByRole('button', { name: view, exact: true }).click();
      await page
        .getByRole('region', { name: /of node3/ })
        .first()
        .waitFor();
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.evaluate(axe);
        const { violations } = await page.evaluate<AxeResults>('axe.run()');
        const grave = violations.filter(({ impact }) => /serious|critical/.test(impact ?? ''));
        t.same(
          grave.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
          [],
          `${view}, ${colorScheme}`,
        );
      }
      await page.setViewportSize({ width: 360, height: 740 });
      // The terminal is fitted to it once it is drawn.
      await page.waitForFunction(() => document.documentElement.scrollWidth === 360);
      t.pass(`${view} scrolls within itself`);
      await page.setViewportSize({ width: 1280, height: 800 });
    }
    await context.close();
  });

  await t.test('why it ends is said, and it is had again', async (t) => {
    const { page, context, complaints } = await enter();
    t.equal((await ask('POST', `/hosts/${host}/obm/disable`)).status, 200);
    await says(page, /over: .*(disabled|enable)/);
    t.equal((await ask('POST', `/hosts/${host}/obm/enable`)).status, 200);
    await page.getByRole('button', { name: 'Try again' }).click();
    await says(page, 'you look on');
    mustBeQuiet(complaints.filter((said) => !/status of 409/.test(said)));
    await context.close();
  });
});
