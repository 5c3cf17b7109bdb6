/** Settings and the past in the browser: against a station in this process. */

import t from 'tap';
import { openStation } from '../station/harness.ts';
import { openBrowser, signInByToken, visit } from './chromium.ts';

/** Whoever has not signed in is told so. */
const unexpected = (complaints: readonly string[]): string[] =>
  complaints.filter((said) => !/status of 401/.test(said));

t.test('the page', async (t) => {
  const { app, admin, fill, ask, station } = await openStation(t);
  await fill();
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const browser = await openBrowser(t);

  t.test('goes back in time, where nothing can be done, and to now again', async (t) => {
    const { page, complaints } = await visit(t, browser);
    await page.goto(`${url}/processes`);
    await signInByToken(page, admin);
    const rows = page.getByRole('rowgroup').getByRole('row');
    await rows.first().waitFor();
    const known = await rows.count();
    const before = station.head;
    const added = await ask('POST', '/processes', {
      host: 'node1.halcyon.example',
      role: 'm0t1fs',
    });
    t.equal(added.status, 201, added.text);
    const fid = added.body.processes[0].fid as string;
    await page.getByRole('cell', { name: fid }).waitFor();

    await page.keyboard.press('t');
    await page.getByRole('button', { name: 'Now', expanded: true }).waitFor();
    await page.getByRole('button', { name: 'Commit before' }).click();
    await page.waitForURL(new RegExp(`at=${station.head}$`));
    const banner = page.getByRole('status').filter({ hasText: 'This is the past' });
    await banner.filter({ hasText: /revision \d+, \d{4}-.+Z \(.+ ago\)/ }).waitFor();
    await page.getByLabel('Revision or time').fill(String(before));
    await page.getByRole('button', { name: 'Look' }).click();
    await banner.filter({ hasText: `revision ${before},` }).waitFor();
    await page.getByRole('cell', { name: fid }).waitFor({ state: 'detached' });
    t.equal(await rows.count(), known);

    await page.getByRole('link', { name: 'Operations' }).click();
    await page.getByRole('status').filter({ hasText: 'This page shows what is now' }).waitFor();
    t.equal(new URL(page.url()).searchParams.get('at'), String(before), 'links keep the moment');
    await page.getByRole('link', { name: 'Processes' }).click();

    const slider = page.getByRole('slider', { name: 'Moment' });
    await slider.press('Home');
    await page.waitForURL((at) => Number(at.searchParams.get('at')) < before);
    await page.getByText('There are no such processes').waitFor();
    await page.getByLabel('Revision or time').fill('yesterday');
    await page.getByRole('button', { name: 'Look' }).click();
    await page.getByRole('alert').filter({ hasText: 'Write a revision such as' }).waitFor();
    await slider.press('End');
    await page.waitForURL((at) => !at.searchParams.has('at'));
    await page.getByRole('cell', { name: fid }).waitFor();
    t.equal(await banner.count(), 0);
    t.same(unexpected(complaints), []);
  });
});
