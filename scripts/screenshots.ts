/**
 * Pictures of all pages in Debian's Chromium, at the widths and in the colours that people have:
 *
 *     scripts/node scripts/screenshots.ts STATION TOKEN_FILE FOLDER
 *
 * for example of what `scripts/demo --keep` leaves. To be looked at by people.
 */

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { createClient } from '../src/client/client.ts';
import { pageAddresses } from './page-addresses.ts';

const widths = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
  { width: 2560, height: 1440 },
] as const;
const colours = ['light', 'dark'] as const;
/** For what is live, and never over, ms. */
const settleMs = 1500;

const [url, tokenFile, folder] = process.argv.slice(2);
if (url === undefined || tokenFile === undefined || folder === undefined) {
  console.error('usage: scripts/node scripts/screenshots.ts STATION TOKEN_FILE FOLDER');
  process.exit(2);
}
const token = readFileSync(tokenFile, 'utf8').trim();
mkdirSync(folder, { recursive: true });
const station = createClient({ station: url, token });
const addresses = await pageAddresses(station);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
});
for (const colorScheme of colours) {
  const context = await browser.newContext({ colorScheme });
  const page = await context.newPage();
  const { ticket } = await station.linkSession();
  await page.goto(`${url}/fleet#sign-in=${ticket}`);
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
  for (const { name, path } of addresses) {
    for (const size of widths) {
      await page.setViewportSize(size);
      if (size.width === widths[0].width) await page.goto(`${url}${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForTimeout(settleMs);
      const part = path
        .split('/')
        .at(-1)!
        .slice(0, 20)
        .replaceAll(/[^\w.-]/g, '_');
      const file = join(folder, `${name}-${part}-${size.width}-${colorScheme}.png`);
      await page.screenshot({ path: file });
      console.log(file);
    }
  }
  await context.close();
}
await browser.close();
