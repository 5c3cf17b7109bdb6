/** The page in a real browser: let in, led around, refused. */

import t from 'tap';
import { host, openStation } from '../station/harness.ts';
import { hostWithoutTls, openBrowser, signInByToken, visit } from './chromium.ts';

t.test('the page', async (t) => {
  const { app, ask, admin, fill, tokenOf } = await openStation(t);
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
    await page.setViewportSize({ width: 360, height: 740 });
    await page.getByRole('link', { name: 'Station', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Station' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Station' }).waitFor();
    const here = await page.getByRole('link', { name: 'Station', exact: true }).boundingBox();
    t.ok(here!.x + here!.width <= 360, 'where one is stands in sight');
    await page.emulateMedia({ forcedColors: 'active' });
    const [line, others] = await page.evaluate(() =>
      ['[aria-current]', ':not([aria-current])'].map(
        (which) => getComputedStyle(document.querySelector(`nav a${which}`)!).borderBottomColor,
      ),
    );
    t.not(line, others, 'and is marked in the colours of the system, too');
    t.same(
      complaints.filter((said) => !/status of 401/.test(said)),
      [],
    );
  });

  t.test('says of a cluster without machines how they come', async (t) => {
    const none = await openStation(t);
    const { page } = await visit(t, browser);
    await page.goto(`${await none.app.listen({ port: 0, host: '127.0.0.1' })}/fleet`);
    await signInByToken(page, none.admin);
    await page.getByText('There is no machine yet').waitFor();
    await page.getByRole('link', { name: 'facts', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Facts and roles as files' }).waitFor();
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

  t.test('orders what is ordered also where there is no TLS', async (t) => {
    const { page, complaints } = await visit(t, browser);
    await page.goto(`${url.replace('127.0.0.1', hostWithoutTls)}/machines/${host}`);
    await signInByToken(page, admin);
    t.notOk(await page.evaluate(() => isSecureContext));
    await page.getByText('Other actions').click();
    await page.getByRole('button', { name: 'Write a note…' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('in the clear');
    await page.getByRole('button', { name: 'Write it down' }).click();
    await page.getByRole('listitem').filter({ hasText: 'in the clear' }).waitFor();
    t.same(
      complaints.filter((said) => !/status of 40[14]|Cross-Origin-Opener-Policy/.test(said)),
      [],
    );
  });

  t.test('is of whoever has signed in last, in all tabs of a browser', async (t) => {
    const { page, context } = await visit(t, browser);
    const other = await context.newPage();
    const isIn = (role: string): Promise<void> =>
      page
        .locator('.person')
        .filter({ hasText: `, ${role}` })
        .waitFor();
    await page.goto(`${url}/machines/${host}`);
    await other.goto(`${url}/audit`);
    await signInByToken(other, admin);
    await isIn('admin');
    await page.getByText('Other actions').click();
    await page.getByRole('button', { name: 'Write a note…' }).click();
    const note = page.getByRole('dialog').getByRole('textbox');
    await note.fill('half a no');

    await context.clearCookies();
    await page.getByRole('button', { name: 'Write it down' }).click();
    const ended = page.getByRole('dialog', { name: 'Your session has ended' });
    await ended.waitFor();
    for (let pressed = 0; pressed < 5; pressed++) await page.keyboard.press('Escape');
    t.ok(await ended.isVisible(), 'what has to be answered does not go by itself');
    await ended.evaluate((dialog: HTMLDialogElement) => dialog.close());
    await ended.waitFor();
    await other.reload();
    await signInByToken(other, admin);
    await ended.waitFor({ state: 'detached' });
    t.equal(await note.inputValue(), 'half a no', 'the same person goes on');

    await other.locator('.person summary').click();
    await other.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await signInByToken(other, await tokenOf('note-taker'));
    await isIn('note-taker');
    t.equal(await page.getByRole('dialog').count(), 0, 'another one has begun nothing');
  });
});
