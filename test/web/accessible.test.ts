/**
 * Everybody can use every page: axe-core finds nothing serious in light and dark, nothing is wider than a telephone, and
 * whoever has no mouse comes everywhere.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import t from 'tap';
import { pageAddresses } from '../../scripts/page-addresses.ts';
import { createClient } from '../../src/client/client.ts';
import { host, openStation } from '../station/harness.ts';
import { openBrowser, signInByToken, visit } from './chromium.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** WCAG 2.2 at level AA, and what is good practice besides. */
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const grave: readonly unknown[] = ['serious', 'critical'];

/** What axe finds, in a line each. */
const faultsOf = async (page: Page): Promise<string[]> => {
  const { violations } = await page.evaluate<AxeResults, readonly string[]>(
    (values) =>
      (window as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run({
        runOnly: { type: 'tag', values },
      }),
    tags,
  );
  return violations
    .filter(({ impact }) => grave.includes(impact))
    .flatMap(({ id, help, nodes }) =>
      nodes.map(({ target }) => `${id}: ${help}: ${target.join(' ')}`),
    );
};

/** Waits until a page has what it asked for. */
const shown = async (page: Page): Promise<void> => {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForFunction(
    () => !/(Loading|Asking|Looking)[^.]*…/.test(document.querySelector('main')!.textContent),
  );
};

t.test('every page', async (t) => {
  const { app, ask, admin, fill } = await openStation(t);
  await fill();
  await ask('POST', '/cluster/start');
  await ask('POST', `/hosts/${host}/notes`, { text: 'a note' });
  await ask('PUT', `/hosts/${host}/maintenance`, { reason: 'a new disk' });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const addresses = await pageAddresses(createClient({ station: url, token: admin }));
  const browser = await openBrowser(t);

  for (const colorScheme of ['light', 'dark'] as const)
    t.test(`in ${colorScheme} colours`, async (t) => {
      // Scripts of tests are none of the page's: its policy would not let them in.
      const { page } = await visit(t, browser, { colorScheme, bypassCSP: true });
      await page.addInitScript(axe);
      await page.goto(`${url}/fleet`);
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      t.same(await faultsOf(page), [], 'the entrance');
      await signInByToken(page, admin);
      await page.getByRole('navigation', { name: 'Pages' }).waitFor();
      for (const { path } of addresses) {
        await page.goto(`${url}${path}`);
        await shown(page);
        t.same(await faultsOf(page), [], path);
      }
    });

  t.test('fits a telephone, and twice the size of letters', async (t) => {
    const { page } = await visit(t, browser, { viewport: { width: 360, height: 740 } });
    await page.goto(`${url}/fleet`);
    await signInByToken(page, admin);
    await page.getByRole('navigation', { name: 'Pages' }).waitFor();
    for (const { path } of addresses) {
      await page.goto(`${url}${path}`);
      await shown(page);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      t.ok(width <= 360, `${path} is ${width} px wide`);
    }
  });
});
