/** Whoever has no mouse comes everywhere, and orders everything, by keys alone; and nothing is ordered by one key. */

import type { Page } from 'playwright-core';
import t from 'tap';
import { pageAddresses } from '../../scripts/page-addresses.ts';
import { createClient } from '../../src/client/client.ts';
import { host } from '../station/harness.ts';
import { Bench } from '../station/obm-bench.ts';
import { openBrowser, pressBoth, signInByToken, visit } from './chromium.ts';

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

/** What the Tab key stops at. */
const focusable = 'a[href], button:enabled, input, select, textarea, summary, [tabindex="0"]';

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

/** Of what is there for each row of a list, the first: `Revoke 1…`, and not `Revoke 2…` too. */
const oneOfAKind = (orders: readonly string[]): string[] => [
  ...new Map(orders.toReversed().map((name) => [name.split(' ')[0], name])).values(),
];

/** Waits until a page has what it asked for, and knows what may be done. */
const shown = async (page: Page): Promise<void> => {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForFunction(
    () =>
      !/(Loading|Asking|Looking)[^.]*…|rights are being asked/.test(
        document.querySelector('main')!.textContent,
      ),
  );
};

t.test('by keys alone', async (t) => {
  const bench = await Bench.set(t);
  const { app, ask, admin } = bench.station;
  await bench.register();
  await bench.turn('enable');
  await ask('POST', '/processes', { host, role: 'clovis-app' });
  await ask('POST', '/users', { name: 'ada', role: 'operator' });
  await ask('POST', '/projects', { name: 'galaxy' });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const browser = await openBrowser(t);
  const { page } = await visit(t, browser);
  let found = 0;
  await page.goto(`${url}/fleet`);
  await signInByToken(page, admin);
  await page.getByRole('link', { name: host }).waitFor();

  t.test('one comes to every page, and is told the keys', async () => {
    for (const [key, title] of Object.entries(places)) {
      await pressBoth(page, 'g', key);
      await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
    }
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  t.test('one goes through the fleet, picks machines and opens one', async (t) => {
    await pressBoth(page, 'g', 'f');
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

  const addresses = await pageAddresses(createClient({ station: url, token: admin }));
  const paths = [
    ...[`/machines/${host}`, `/fleet?selected=${host}`],
    ...addresses.map(({ path }) => path).filter((path) => !path.startsWith('/machines/')),
  ];
  for (const path of paths)
    t.test(`everything that can be ordered on ${path} is reached, opened and left`, async (t) => {
      await page.goto(`${url}${path}`);
      await shown(page);
      const menu = path.startsWith('/machines/') ? 'Other actions' : '';
      if (menu !== '') {
        t.ok(await tabTo(page, menu), menu);
        await page.keyboard.press('Enter');
      }
      const orders = oneOfAKind(await ordersOn(page));
      for (const [index, name] of orders.entries()) {
        // A menu is shut once something of it was chosen.
        if (menu !== '' && index > 0 && (await tabTo(page, menu)))
          await page.keyboard.press('Enter');
        t.ok(await tabTo(page, name), `Tab comes to ${name}`);
        await page.keyboard.press('Enter');
        const dialog = page.getByRole('dialog');
        await dialog.waitFor();
        // Once round it, and one further.
        const stops = await dialog.locator(focusable).count();
        for (let stop = 0; stop <= stops; stop++) await page.keyboard.press('Tab');
        const isWithin = await page.evaluate(
          () =>
            document.activeElement === document.body ||
            document.activeElement?.closest('dialog') !== null,
        );
        t.ok(isWithin, 'the focus stays in its dialog');
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
      }
      found += orders.length;
    });

  t.test('all kinds of orders were among them', async (t) => {
    t.ok(found >= 30, `${found} of them`);
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
