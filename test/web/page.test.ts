/** The page in a real browser: let in, led around, refused. */

import t from 'tap';
import { openStation } from '../station/harness.ts';
import { openBrowser, signInByToken, visit } from './chromium.ts';

t.test('the page', async (t) => {
  const { app, admin, fill } = await openStation(t);
  await fill();
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const browser = await openBrowser(t);

  t.test('lets in whoever shows a token, and shows the fleet', async (t) => {
    const { page, complaints } = await visit(t, browser);
    await page.goto(`${url}/machines/node3.halcyon.example`);
    await signInByToken(page, 'hal_wrong_token');
    await page.getByRole('alert').filter({ hasText: 'not valid' }).waitFor();
    await page.getByLabel('Token').fill(admin);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('link', { name: 'Fleet', exact: true }).click();
    await page.getByRole('link', { name: 'node3.halcyon.example' }).waitFor();
    t.equal(await page.title(), 'Fleet - Halcyon');
    t.equal(new URL(page.url()).pathname, '/fleet');
    t.same(
      complaints.filter((said) => !/status of 401/.test(said)),
      [],
    );
  });
});
