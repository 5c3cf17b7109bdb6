/** The page in a real browser: let in, led around, refused. */

import t from 'tap';
import { openStation } from '../station/harness.ts';
import { openBrowser, signInByToken, visit } from './chromium.ts';

t.test('the page', async (t) => {
  const { app, ask, admin, fill } = await openStation(t);
  await fill();
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const browser = await openBrowser(t);

  t.test('lets in whoever shows a token, and shows the fleet', async (t) => {
    const { page, complaints } = await visit(t, browser);
    await page.goto(`${url}/audit`);
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

  t.test('says of a link that was used already that it was, and asks who comes', async (t) => {
    const { body } = await ask('POST', '/sessions/links');
    const address = `${url}/fleet#sign-in=${body.ticket}`;
    const { page } = await visit(t, browser);
    await page.goto(address);
    await page.getByRole('link', { name: 'node3.halcyon.example' }).waitFor();
    const { page: other } = await visit(t, browser);
    await other.goto(address);
    await other.getByRole('alert').filter({ hasText: 'link' }).waitFor();
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
    t.notMatch(other.url(), /sign-in=/);
  });
});
