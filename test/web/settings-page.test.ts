/** Settings and the past in the browser: against a station in this process. */

import t from 'tap';
import { openStation } from '../station/harness.ts';
import { openBrowser, signInByToken, visit } from './chromium.ts';

/** Whoever has not signed in, or may not see something, is told so. */
const unexpected = (complaints: readonly string[]): string[] =>
  complaints.filter((said) => !/status of 40[13]/.test(said));

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

  t.test('issues a token, shows it once and nowhere else, and revokes it', async (t) => {
    const { page, complaints } = await visit(t, browser);
    const urls: string[] = [];
    page.on('framenavigated', (frame) => urls.push(frame.url()));
    await page.goto(`${url}/settings/tokens`);
    await signInByToken(page, admin);
    await page.getByRole('button', { name: 'Issue a token…' }).click();
    await page.getByLabel('What it is for').fill('backup <script>');
    await page.getByRole('combobox', { name: 'Role' }).selectOption('operator');
    await page.getByRole('button', { name: 'Issue it' }).click();
    const secret = page.getByLabel('the token', { exact: true });
    const token = (await secret.textContent())!;
    t.match(token, /^hal_/);
    t.equal((await ask('GET', '/whoami', undefined, { token })).body.role, 'operator');
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('cell', { name: 'backup <script>' }).waitFor();
    const kept = await page.evaluate(() => [
      document.documentElement.outerHTML,
      JSON.stringify({ ...localStorage, ...sessionStorage }),
      window.location.href,
    ]);
    t.notOk([...kept, ...urls].some((text) => text.includes(token)));

    const id = token.split('_')[1]!;
    await page.getByRole('button', { name: `Revoke ${id}…` }).click();
    await page.getByRole('region', { name: 'What will be done' }).waitFor();
    await page.getByRole('button', { name: 'Revoke the token' }).click();
    await page.getByRole('cell', { name: 'backup <script>' }).waitFor({ state: 'detached' });
    t.equal((await ask('GET', '/whoami', undefined, { token })).status, 401);
    t.same(unexpected(complaints), []);
  });

  t.test(
    'makes a user, whose other window has to sign in again once its session ends',
    async (t) => {
      const password = 'correct horse battery';
      const boss = await visit(t, browser);
      await boss.page.goto(`${url}/settings/users`);
      await signInByToken(boss.page, admin);
      await boss.page.getByRole('button', { name: 'Add a user…' }).click();
      await boss.page.getByLabel('Name').fill('ada');
      await boss.page.getByRole('combobox', { name: 'Role' }).selectOption('operator');
      await boss.page.getByLabel(/^Password/).fill(password);
      await boss.page.getByRole('button', { name: 'Add', exact: true }).click();
      const row = boss.page.getByRole('row').filter({ hasText: 'ada' });
      await row.getByText('can log in').waitFor();

      const { page, complaints } = await visit(t, browser);
      await page.goto(`${url}/settings/users`);
      await page.getByRole('textbox', { name: 'Name' }).fill('ada');
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('status').filter({ hasText: 'You may not see the users' }).waitFor();
      await page
        .getByRole('button', { name: 'Add a user…' })
        .and(page.locator('[aria-disabled=true]'))
        .waitFor();
      await page.getByRole('link', { name: 'Sessions', exact: true }).first().click();
      await page.getByText('(this one)').waitFor();
      t.equal(await page.getByRole('row').count(), 2, 'one sees only one’s own');

      await boss.page.getByRole('link', { name: 'Sessions', exact: true }).first().click();
      const hers = boss.page.getByRole('row').filter({ hasText: 'ada' });
      await hers.getByRole('button').click();
      await boss.page.getByRole('button', { name: 'End the session' }).click();
      await hers.waitFor({ state: 'detached' });
      await page.getByRole('link', { name: 'Vars' }).click();
      await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('rowheader', { name: 'keepalive_timeout' }).waitFor();
      t.same(unexpected(complaints), []);
      t.same(unexpected(boss.complaints), []);
    },
  );

  t.test('sets a number after its plan, and refuses what is out of its range', async (t) => {
    const { page, complaints } = await visit(t, browser);
    await page.goto(`${url}/settings/vars`);
    await signInByToken(page, admin);
    await page.getByRole('button', { name: 'Set keepalive_timeout…' }).click();
    const value = page.getByLabel(/^Value/);
    await value.fill('-1');
    await page.getByText('Write a number of').waitFor();
    t.ok(await page.getByRole('button', { name: 'Set it' }).isDisabled());
    await value.fill('77');
    await page.getByRole('region', { name: 'What will be done' }).getByText('VarSet').waitFor();
    await page.getByRole('button', { name: 'Set it' }).click();
    const row = page.getByRole('row').filter({ hasText: 'keepalive_timeout' });
    await row.getByText('77').waitFor();
    t.same(unexpected(complaints), []);
  });

  t.test('takes up a grant, counts down its time, and revokes it', async (t) => {
    const { page, complaints } = await visit(t, browser);
    await page.goto(`${url}/settings/grants`);
    await signInByToken(page, admin);
    await page.getByText('There are none.').waitFor();
    await page.getByRole('button', { name: 'Take up a grant…' }).click();
    const machines = page.getByLabel('Machines');
    await machines.fill('nowhere.example');
    await machines.press('Tab');
    await page.getByText('Of the cluster are not: nowhere.example').waitFor();
    await machines.fill('node[1-2].halcyon.example');
    await machines.press('Tab');
    await page.getByText('2 machines: node[1-2].halcyon.example').waitFor();
    await page.getByLabel('Why you need it').fill('it hangs at boot');
    await page.getByRole('button', { name: 'Take up the grant' }).click();
    const row = page.getByRole('row').filter({ hasText: 'it hangs at boot' });
    await row.getByText('node[1-2].halcyon.example').waitFor();
    await row.getByText(/^1[45]m, /).waitFor();
    await row.getByRole('button').click();
    await page.getByRole('button', { name: 'Revoke the grant' }).click();
    await page.getByText('There are none.').waitFor();
    t.same(unexpected(complaints), []);
  });
});
