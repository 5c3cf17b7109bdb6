/** Whoever has no mouse comes everywhere, and orders everything, by keys alone; and nothing is ordered by one key. */

import type { Page } from 'playwright-core';
import t from 'tap';
import { host, openStation } from '../station/harness.ts';
import { openBrowser, signInByToken, visit } from './chromium.ts';

/** Where each key after `g` leads. */
const places: Readonly<Record<string, string>> = {
  f: 'Fleet',
  m: 'Map',
  p: 'Processes',
  r: 'Roles',
  o: 'Operations',
  e: 'Events',
  a: 'Audit',
  s: 'My own',
  t: 'Station',
};

/** Stops of the Tab key on a page, at most. */
const stopsMax = 200;

/** Goes on by Tab until something of that name has the focus. Returns whether it came there. */
const tabTo = async (page: Page, name: string): Promise<boolean> => {
  for (let stop = 0; stop < stopsMax; stop++) {
    const there = await page.evaluate((wanted) => {
      const element = document.activeElement;
      return (
        element?.textContent.trim().startsWith(wanted) &&
        /^(BUTTON|SUMMARY|A)$/.test(element.tagName)
      );
    }, name);
    if (there) return true;
    await page.keyboard.press('Tab');
  }
  return false;
};

/** What can be ordered on a page: buttons that may be pressed and open a dialog. */
const ordersOn = (page: Page): Promise<string[]> =>
  page
    .locator('.act button:not([aria-disabled])')
    .filter({ hasText: '…', visible: true })
    .allTextContents();

t.test('by keys alone', async (t) => {
  const { app, ask, admin, fill } = await openStation(t);
  await fill();
  const added = await ask('POST', '/processes', { host, role: 'clovis-app' });
  const { fid } = added.body.processes[0];
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const browser = await openBrowser(t);
  const { page } = await visit(t, browser);
  await page.goto(`${url}/fleet`);
  await signInByToken(page, admin);
  await page.getByRole('link', { name: host }).waitFor();

  t.test('one comes to every page, and is told the keys', async () => {
    for (const [key, title] of Object.entries(places)) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
    }
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  t.test('one goes through the fleet, picks machines and opens one', async (t) => {
    await page.keyboard.press('g');
    await page.keyboard.press('f');
    await page.getByRole('link', { name: host }).waitFor();
    await page.keyboard.press('/');
    t.equal(await page.evaluate(() => document.activeElement?.tagName), 'INPUT');
    await page.keyboard.press('Escape');
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.getByText('2 machines picked:').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'node2.halcyon.example' }).waitFor();
  });

  for (const [path, menu] of [
    [`/machines/${host}`, 'Other actions'],
    [`/processes/${encodeURIComponent(String(fid))}`, ''],
    [`/fleet?selected=${host}`, ''],
    ['/settings/tokens', ''],
  ] as const)
    t.test(`everything that can be ordered on ${path} is reached, opened and left`, async (t) => {
      await page.goto(`${url}${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      if (menu !== '') {
        t.ok(await tabTo(page, menu), menu);
        await page.keyboard.press('Enter');
      } else await page.locator('.act button:not([aria-disabled])').first().waitFor();
      const orders = await ordersOn(page);
      t.ok(orders.length > 0, orders.join(', '));
      for (const [index, name] of orders.entries()) {
        // A menu is shut once something of it was chosen.
        if (menu !== '' && index > 0 && (await tabTo(page, menu)))
          await page.keyboard.press('Enter');
        t.ok(await tabTo(page, name), `Tab comes to ${name}`);
        await page.keyboard.press('Enter');
        const dialog = page.getByRole('dialog');
        await dialog.waitFor();
        for (let stop = 0; stop < 12; stop++) await page.keyboard.press('Tab');
        const isWithin = await page.evaluate(
          () =>
            document.activeElement === document.body ||
            document.activeElement?.closest('dialog') !== null,
        );
        t.ok(isWithin, 'the focus stays in its dialog');
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
      }
    });

  t.test('a note is written', async (t) => {
    await page.goto(`${url}/machines/${host}`);
    t.ok(await tabTo(page, 'Other actions'));
    await page.keyboard.press('Enter');
    t.ok(await tabTo(page, 'Write a note…'));
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.getByRole('dialog').getByRole('textbox').waitFor();
    // The focus is in the first field, or comes there.
    for (let stop = 0; stop < 5; stop++) {
      if (await page.evaluate(() => /^(INPUT|TEXTAREA)$/.test(document.activeElement!.tagName)))
        break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.type('without a mouse');
    t.ok(await tabTo(page, 'Write it down'));
    await page.keyboard.press('Enter');
    await page.getByText('without a mouse').first().waitFor();
  });
});
