/**
 * Everybody can use every page: axe-core finds nothing serious in light and dark, nothing is wider than a telephone, and
 * whoever has no mouse comes everywhere.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import t from 'tap';
import type { Test } from 'tap';
import { pageAddresses } from '../../scripts/page-addresses.ts';
import { createClient } from '../../src/client/client.ts';
import { host, openStation } from '../station/harness.ts';
import { openBrowser, signInByToken, visit } from './chromium.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** WCAG 2.2 at level AA, and what is good practice besides. */
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const grave: readonly unknown[] = ['serious', 'critical'];

/** What can be wrong in other colours alone: all else is the same in any. */
const colourRules = ['color-contrast', 'link-in-text-block'];
const telephone = { width: 360, height: 740 };
const desk = { width: 1280, height: 800 };

type Axe = { run(options: object): Promise<AxeResults> };

/** What axe finds, in a line each. */
const faultsOf = async (page: Page, runOnly: object = { type: 'tag', values: tags }) => {
  const { violations } = await page.evaluate<AxeResults, object>(
    (options) => (window as unknown as { axe: Axe }).axe.run(options),
    { runOnly, resultTypes: ['violations'] },
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
  // A word that breaks nowhere makes no page wider.
  const [first] = (await ask('GET', '/hosts?limit=1')).body.items as { fqdn: string }[];
  for (const fqdn of new Set([host, first!.fqdn])) {
    await ask('POST', `/hosts/${fqdn}/notes`, { text: `a note ${'n'.repeat(500)}` });
    await ask('PUT', `/hosts/${fqdn}/maintenance`, { reason: `a new disk ${'d'.repeat(500)}` });
  }
  await ask('POST', '/projects', { name: 'p'.repeat(32) });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const addresses = await pageAddresses(createClient({ station: url, token: admin }));
  const browser = await openBrowser(t);

  // Scripts of tests are none of the page's: its policy would not let them in.
  const { page } = await visit(t, browser, { colorScheme: 'light', bypassCSP: true });
  await page.addInitScript(axe);

  /** As it is loaded, it is looked at in both colours and on a telephone: loading it is what costs. */
  const look = async (t: Test): Promise<void> => {
    t.same(await faultsOf(page), [], 'in light colours');
    await page.emulateMedia({ colorScheme: 'dark' });
    t.same(await faultsOf(page, { type: 'rule', values: colourRules }), [], 'in dark colours');
    await page.setViewportSize(telephone);
    const fits = await page
      .waitForFunction((max) => document.documentElement.scrollWidth <= max, telephone.width)
      .then(
        () => true,
        () => false,
      );
    t.ok(fits, 'no wider than a telephone, or in letters of twice the size');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize(desk);
  };

  t.test('the entrance', async (t) => {
    await page.goto(`${url}/fleet`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await look(t);
    await signInByToken(page, admin);
    await page.getByRole('navigation', { name: 'Pages' }).waitFor();
  });

  for (const { path } of addresses)
    t.test(path, async (t) => {
      await page.goto(`${url}${path}`);
      await shown(page);
      await look(t);
    });
});
