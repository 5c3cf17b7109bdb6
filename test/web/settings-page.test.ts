/** Settings and the past in the browser: against a station in this process. */

import t from 'tap';
import { codeOf } from '../../src/station/access/totp.ts';
import { openStation } from '../station/harness.ts';
import { drawn, openBrowser, signInByToken, visit } from './chromium.ts';

/** What is refused, or not there (an OBM that nobody has registered), is told by the page, and by the browser, too. */
const unexpected = (complaints: readonly string[]): string[] =>
  complaints.filter((said) => !/status of (40[134]|422)/.test(said));

t.test('the page', async (t) => {
  const { app, admin, fill, ask, station } = await openStation(t);
  await fill();
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const browser = await openBrowser(t);
  // One window for all that administrators do: to open another costs more than most of what is done in it.
  const boss = await visit(t, browser);
  await boss.page.goto(`${url}/settings`);
  await signInByToken(boss.page, admin);
  await boss.page.getByText('You are', { exact: true }).waitFor();

  t.test('goes back in time, where nothing can be done, and to now again', async (t) => {
    const { page, complaints } = boss;
    await page.goto(`${url}/processes`);
    const rows = page.getByRole('rowgroup').getByRole('row');
    const known = (await ask('GET', '/processes')).body.items.length as number;
    await rows.nth(known - 1).waitFor();
    t.equal(await rows.count(), known);
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
    await banner.filter({ hasText: /revision \d+, \d{4}-.+Z/ }).waitFor();
    await page.getByLabel('Revision or time').fill(String(before));
    await page.getByRole('button', { name: 'Look' }).click();
    await banner.filter({ hasText: `revision ${before},` }).waitFor();
    await page.getByRole('cell', { name: fid }).waitFor({ state: 'detached' });
    // While those of that moment are read there are none.
    await rows.nth(known - 1).waitFor();
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
    const { page, complaints } = boss;
    const urls: string[] = [];
    page.on('framenavigated', (frame) => urls.push(frame.url()));
    await page.goto(`${url}/settings/tokens`);
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
      await boss.page.goto(`${url}/settings/users`);
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
    const { page, complaints } = boss;
    await page.goto(`${url}/settings/vars`);
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
    const { page, complaints } = boss;
    await page.goto(`${url}/settings/grants`);
    await page.getByText('There are none.').waitFor();
    await page.getByRole('button', { name: 'Take up a grant…' }).click();
    const machines = page.getByRole('textbox', { name: 'Machines' });
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
    await row.getByText(/^1?\dm, /).waitFor();
    await row.getByRole('button').click();
    await page.getByRole('button', { name: 'Revoke the grant' }).click();
    await page.getByText('There are none.').waitFor();
    t.same(unexpected(complaints), []);
  });

  t.test('shows a machine as it was before a note, and lets nothing be done there', async (t) => {
    const { page, complaints } = boss;
    const before = station.head;
    const path = '/hosts/node1.halcyon.example/notes';
    t.equal((await ask('POST', path, { text: 'fan is loud' })).status, 200);
    await page.goto(`${url}/machines/node1.halcyon.example`);
    const notes = page.getByRole('region', { name: 'Notes' });
    await notes.getByText('fan is loud').waitFor();
    await page.keyboard.press('t');
    await page.getByLabel('Revision or time').fill(String(before));
    await page.getByLabel('Revision or time').press('Enter');
    await page
      .getByRole('status')
      .filter({ hasText: `revision ${before},` })
      .waitFor();
    await notes.getByText('Nobody has written anything down').waitFor();
    await page.goto(`${url}/settings/vars?at=${before}`);
    await page
      .getByRole('button', { name: 'Set keepalive_timeout…' })
      .and(page.locator('[aria-disabled=true]'))
      .click({ force: true });
    await page.getByText('This is the past: nothing can be done there.').first().waitFor();
    await drawn(page);
    t.equal(await page.getByRole('dialog').count(), 0);
    await page.getByRole('button', { name: 'Back to now' }).click();
    await page.getByRole('link', { name: 'Fleet', exact: true }).click();
    await page.getByRole('link', { name: 'node1.halcyon.example' }).click();
    await notes.getByText('fan is loud').waitFor();
    t.same(unexpected(complaints), []);
  });

  t.test('sets up an authenticator, whose secret and recovery codes are shown once', async (t) => {
    const password = 'another long password';
    const user = { name: 'grace', role: 'viewer' };
    t.equal((await ask('POST', '/users', user)).status, 201);
    t.equal((await ask('PUT', '/users/grace/password', { password })).status, 200);
    const { page, complaints } = await visit(t, browser);
    await page.goto(`${url}/settings`);
    await page.getByRole('textbox', { name: 'Name' }).fill('grace');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('button', { name: 'Set up an authenticator…' }).click();
    await page.getByLabel('Your password').fill('not the password');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('dialog').getByRole('alert').waitFor();
    await page.getByLabel('Your password').fill(password);
    await page.getByRole('button', { name: 'Go on' }).click();
    const secret = (await page.getByLabel('the secret', { exact: true }).textContent())!;
    const uri = await page.getByRole('link', { name: 'open it there' }).getAttribute('href');
    t.match(uri, /^otpauth:/);
    await page
      .getByLabel('The code that it shows')
      .fill(codeOf(secret, Math.floor(Date.now() / 30_000)));
    await page.getByRole('button', { name: 'Ask for codes from now on' }).click();
    const codes = (await page.getByLabel('the recovery codes').textContent())!.split('\n');
    t.equal(codes.length, 10);
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const kept = await page.evaluate(() =>
      [
        document.documentElement.outerHTML,
        JSON.stringify({ ...localStorage, ...sessionStorage }),
        window.location.href,
      ].join('\n'),
    );
    t.notOk([secret, password, ...codes].some((one) => kept.includes(one)));
    const users = (await ask('GET', '/users')).body.items as { name: string }[];
    t.match(
      users.find(({ name }) => name === 'grace'),
      { second_factor: true },
    );
    t.same(unexpected(complaints), []);
  });

  t.test('lends machines to a project, lets a member in, and says who may what', async (t) => {
    const { page, complaints } = boss;
    await page.goto(`${url}/settings/projects`);
    await page.getByRole('button', { name: 'Create a project…' }).click();
    await page.getByLabel('Name').fill('climate');
    await page.getByRole('region', { name: 'What will be done' }).waitFor();
    await page.getByRole('button', { name: 'Create it' }).click();
    const project = page.getByRole('region', { name: 'Project climate' });
    await project.getByText('It has no machines.').waitFor();
    await project.getByRole('button', { name: 'Lend machines…' }).click();
    await page.getByRole('textbox', { name: 'Machines' }).fill('node[2-3].halcyon.example');
    await page.getByRole('textbox', { name: 'Machines' }).press('Tab');
    await page.getByLabel(/Type 2/).fill('2');
    await page.getByRole('button', { name: 'Lend them' }).click();
    await project.getByText('2 machines: node[2-3].halcyon.example').waitFor();

    const projects = [{ name: 'climate', role: 'viewer' }];
    const issued = await ask('POST', '/tokens', { name: 'guest', role: 'member', projects });
    t.equal(issued.status, 201, issued.text);
    await page.goto(`${url}/settings/policy`);
    await page.getByRole('combobox', { name: 'What' }).selectOption('administer');
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await page.getByText(/the cluster as a whole: .*yes/).waitFor();
    await page.getByLabel('Text of a policy').fill('version: 1\nrules: 7\n');
    await page.getByRole('button', { name: 'Check it' }).click();
    await page.getByRole('alert').filter({ hasText: 'policy.yaml' }).waitFor();

    const guest = await visit(t, browser);
    await guest.page.goto(`${url}/settings`);
    await signInByToken(guest.page, issued.body.token as string);
    await guest.page.getByText('viewer in project climate').waitFor();
    for (const [part, what] of [
      ['Tokens', 'the tokens'],
      ['Vars', 'the settings'],
      ['Policy', 'the policy'],
    ] as const) {
      await guest.page.getByRole('link', { name: part, exact: true }).click();
      await guest.page.getByText(`You may not see ${what}`).waitFor();
    }
    await guest.page.getByRole('link', { name: 'Projects', exact: true }).click();
    await guest.page.getByRole('button', { name: 'climate' }).waitFor();

    await ask('POST', '/projects', { name: 'brief' });
    await page.goto(`${url}/settings/projects?project=brief`);
    const brief = page.getByRole('region', { name: 'Project brief' });
    await brief.getByRole('button', { name: 'Lend machines…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Lend machines to brief' });
    await dialog.getByRole('textbox', { name: 'Machines' }).fill('node1.halcyon.example');
    t.equal((await ask('DELETE', '/projects/brief')).status, 200);
    await page.locator('section[aria-label="Project brief"]').waitFor({ state: 'detached' });
    await dialog.getByRole('textbox', { name: 'Machines' }).press('Tab');
    await dialog.getByRole('alert').filter({ hasText: 'brief' }).waitFor();
    await dialog.getByRole('button', { name: 'Leave it' }).click();
    await dialog.waitFor({ state: 'detached' });
    t.same(unexpected(complaints), []);
    t.same(unexpected(guest.complaints), []);
  });
});
