/** What each may is what can be pressed, and no more is done for whoever presses it all the same; what each may see is shown. */

import type { Page } from 'playwright-core';
import t from 'tap';
import { ours, theirs, traces, twoProjects } from '../api/two-projects.ts';
import { drawn, openBrowser, signInByToken, visit } from './chromium.ts';

const note = 'Write a note…';
const maintenance = 'Begin maintenance…';
/** What can be pressed on the page of a machine, of what needs a note-taker and an operator. */
const may: Readonly<Record<string, readonly string[]>> = {
  viewer: [],
  'note-taker': [note],
  operator: [note, maintenance],
  admin: [note, maintenance],
  'operator of a project': [note],
  'viewer of a project': [],
};

t.test('rights in the browser', async (t) => {
  const two = await twoProjects(t);
  const { app, admin, tokenOf, ask } = two;
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const browser = await openBrowser(t);
  const tokens: Readonly<Record<string, string>> = {
    viewer: await tokenOf('viewer'),
    'note-taker': await tokenOf('note-taker'),
    operator: await tokenOf('operator'),
    admin,
    'operator of a project': two.operator,
    'viewer of a project': two.viewer,
  };

  /** Sends an order past all buttons, as a page of the station could. */
  const forge = (page: Page, path: string, body: object): Promise<number> =>
    page.evaluate(
      async ([to, text]) => {
        const headers = { 'halcyon-page': '1', 'content-type': 'application/json' };
        const key = { 'idempotency-key': crypto.randomUUID() };
        const init = { method: 'POST', headers: { ...headers, ...key }, body: text };
        return (await fetch(to, init)).status;
      },
      [`${url}/api/v1${path}`, JSON.stringify(body)] as const,
    );

  for (const [who, token] of Object.entries(tokens))
    t.test(who, async (t) => {
      const { page, complaints } = await visit(t, browser);
      await page.goto(`${url}/machines/${ours}`);
      await signInByToken(page, token);
      await page.getByText('Other actions').click();
      for (const name of [note, maintenance]) {
        const button = page.getByRole('button', { name });
        await button.waitFor();
        const can = may[who]!.includes(name);
        const why = page.locator('.act').filter({ has: button }).locator('.why-not');
        // Until the rights are known it cannot be pressed.
        await why.filter({ hasText: 'are being asked for' }).waitFor({ state: 'detached' });
        t.equal(await button.getAttribute('aria-disabled'), can ? null : 'true', name);
        if (!can)
          t.match(await why.textContent(), /You may not do this|Only those who own the machines/);
      }
      if (may[who]!.includes(note)) {
        await page.getByRole('button', { name: note }).click();
        await page.getByRole('dialog').getByRole('textbox').first().fill(`by the ${who}`);
        await page.getByRole('button', { name: 'Write it down' }).click();
        await page.getByRole('dialog').waitFor({ state: 'detached' });
        const { body } = await ask('GET', `/hosts/${ours}/notes`);
        t.ok(JSON.stringify(body).includes(`by the ${who}`), 'the note is there');
      } else {
        await page.getByRole('button', { name: note }).dispatchEvent('click');
        await drawn(page);
        t.equal(await page.getByRole('dialog').count(), 0, 'pressed, it does nothing');
        t.equal(await forge(page, `/hosts/${ours}/notes`, { text: 'forged' }), 403);
      }
      // Of a machine without an OBM, and of what is not theirs.
      const refused = /status of (401|403|404)/;
      t.same(
        complaints.filter((said) => !refused.test(said)),
        [],
      );
    });

  t.test('a member of a project comes across nothing of the others', async (t) => {
    const { page } = await visit(t, browser);
    await page.goto(`${url}/fleet`);
    await signInByToken(page, two.operator);
    await page.getByRole('link', { name: ours }).waitFor();
    const absent = async (where: string): Promise<void> => {
      const html = await page.content();
      for (const trace of traces(two)) t.notOk(html.includes(trace), `${where}: ${trace}`);
    };
    await absent('the fleet');
    for (const [path, shown] of [
      ['/processes', two.ourProcess],
      ['/operations', 'Operations'],
      ['/events', two.ourProcess],
      ['/map', 'Map'],
    ] as const) {
      await page.goto(`${url}${path}`);
      await page.getByText(shown).first().waitFor();
      await absent(path);
    }
    await page.goto(`${url}/machines/${theirs}`);
    await page.getByRole('alert').first().waitFor();
    t.equal(await forge(page, `/hosts/${theirs}/notes`, { text: 'forged' }), 404);
    await page.goto(`${url}/audit`);
    await page.getByRole('alert').filter({ hasText: 'whole cluster' }).waitFor();
  });

  t.test('a right that is given or taken is known on a page that is open', async (t) => {
    const password = 'correct horse battery';
    await ask('POST', '/users', { name: 'vera', role: 'viewer' });
    await ask('PUT', '/users/vera/password', { password });
    const { page } = await visit(t, browser);
    await page.clock.install();
    await page.goto(`${url}/machines/${ours}`);
    await page.getByLabel('Name').fill('vera');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('Other actions').click();
    const why = page
      .locator('.act')
      .filter({ has: page.getByRole('button', { name: maintenance }) })
      .locator('.why-not');
    await why.filter({ hasText: 'You may not do this' }).waitFor();
    await ask('PUT', '/users/vera', { role: 'operator' });
    await page.clock.fastForward(60_000);
    await why.waitFor({ state: 'detached' });
    await ask('PUT', '/users/vera', { role: 'viewer' });
    await page.clock.fastForward(60_000);
    await why.filter({ hasText: 'You may not do this' }).waitFor();
  });

  t.test('administrators have what nobody else has', async (t) => {
    for (const [token, isIn] of [
      [admin, true],
      [tokens['operator']!, false],
    ] as const) {
      const { page } = await visit(t, browser);
      await page.goto(`${url}/settings/tokens`);
      await signInByToken(page, token);
      const table = page.getByText('bootstrap');
      const refusal = page.getByText('this needs the role admin');
      await (isIn ? table : refusal).first().waitFor();
      t.equal(await (isIn ? refusal : table).count(), 0);
    }
  });
});
