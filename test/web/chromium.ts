/** Debian's Chromium, driven as a person would: for tests of the page against a real station. */

import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import type { Test } from 'tap';

/** ms; nothing is proved by how fast it was. */
const patienceMs = Number(process.env['HALCYON_TEST_PATIENCE'] ?? 120_000);

/** This machine, by a name whose pages browsers trust with less than those of loopback addresses. */
export const hostWithoutTls = 'station.example';

/** One browser for a file of tests. */
export const openBrowser = async (t: Test): Promise<Browser> => {
  const browser = await chromium
    .launch({
      executablePath: '/usr/bin/chromium',
      // In a container root has no sandbox; what the pages load is ours.
      args: [
        ...['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
        `--host-resolver-rules=MAP ${hostWithoutTls} 127.0.0.1`,
      ],
    })
    .catch((error: Error) => {
      throw new Error(
        `Chromium does not start (Debian: apt-get install chromium): ${error.message}`,
      );
    });
  t.teardown(() => browser.close());
  return browser;
};

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page wrote to its console as an error, and what it threw; the policy's refusals among them. */
  readonly complaints: readonly string[];
}

/** A window with cookies of its own. Closed when the test ends. */
export const visit = async (
  t: Test,
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<Visit> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(patienceMs);
  t.teardown(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, context, complaints };
};

/** Waits until the page has drawn what came of the last thing that was done: for what must *not* have come of it. */
export const drawn = (page: Page): Promise<unknown> =>
  page.evaluate(
    () =>
      new Promise((done) =>
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))),
      ),
  );

/** Two keys as a person presses them, whatever else the machine has to do between: the second is waited for a moment only. */
export const pressBoth = async (page: Page, first: string, second: string): Promise<void> => {
  await Promise.all([page.keyboard.press(first), page.keyboard.press(second)]);
};

/** Signs in by a token, on whatever page is open. */
export const signInByToken = async (page: Page, token: string): Promise<void> => {
  await page.getByRole('button', { name: 'By a token' }).click();
  await page.getByLabel('Token', { exact: true }).fill(token);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
};
