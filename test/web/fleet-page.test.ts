/** The fleet in a real browser, of a real station: looked at, narrowed, sorted, picked. */

import t from 'tap';
import { openStation } from '../station/harness.ts';
import { openBrowser, signInByToken, visit } from './chromium.ts';
import { found, harmful, machinesOf } from './fleet-machines.ts';

t.test('the fleet', async (t) => {
  const made = await openStation(t);
  const { app, admin, ask, station } = made;
  const numbered = Array.from({ length: 300 }, (_, i) => `n${i + 1}.savio3`);
  await machinesOf(made, ['login.savio3', 'alpha.savio3', ...numbered], {
    'n7.savio3': 'no answer in 5 s',
    'n10.savio3': 'no answer in 5 s',
    'n2.savio3': harmful,
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const browser = await openBrowser(t);
  const { page, complaints } = await visit(t, browser);
  const rows = page.locator('.rows [role=row]');
  const namesShown = (): Promise<string[]> => rows.getByRole('link').allInnerTexts();
  const told = (text: RegExp | string): Promise<void> =>
    page.locator('.told').filter({ hasText: text }).waitFor();
  await page.goto(`${url}/fleet`);
  await signInByToken(page, admin);
  await told('302 machines, problems first');

  t.test('shows problems first, in the order in which people count', async (t) => {
    t.same((await namesShown()).slice(0, 6), [
      ...['n2.savio3', 'n7.savio3', 'n10.savio3'],
      ...['alpha.savio3', 'login.savio3', 'n1.savio3'],
    ]);
    t.ok((await rows.count()) < 200, 'only rows in sight are in the document');
    const strip = page.getByRole('navigation', { name: 'States' });
    t.match(await strip.innerText(), /302 in all\s+3 to look at\s+3\s*✖\s*dark\s+299\s*●\s*up/);
    const reason = await rows.first().innerText();
    t.match(reason, '<script>alert(1)</script>', 'markup is text');
    t.notMatch(reason, /[\u001b\u202e\u0007]/, 'nothing that turns text or orders a terminal');
  });

  t.test(
    'is narrowed by the grammar of halctl, and says what is wrong with a filter',
    async (t) => {
      await page.keyboard.press('/');
      await page.keyboard.type('state:dark and reason~"*no answer*"');
      await told('2 of 302 machines');
      t.same(await namesShown(), ['n7.savio3', 'n10.savio3']);
      t.equal(
        new URL(page.url()).searchParams.get('filter'),
        'state:dark and reason~"*no answer*"',
        'it stands in the address',
      );
      await page.getByLabel('Filter', { exact: true }).fill('sate:dark');
      await page
        .getByRole('alert')
        .filter({ hasText: /no column "sate", at character 1 .* did you mean "state"/ })
        .waitFor();
      await page.getByRole('link', { name: '299 up' }).click();
      await told('299 of 302 machines');
      await page.goBack();
      await page.getByLabel('Filter', { exact: true }).fill('');
      await told('302 machines');
      await page.getByLabel('Machines', { exact: true }).fill('n[1-9].savio3');
      await page.keyboard.press('Enter');
      await told('9 machines');
      await page.getByLabel('Machines', { exact: true }).fill('n[1-.savio3');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').filter({ hasText: 'invalid-request' }).waitFor();
      await page.getByLabel('Machines', { exact: true }).fill('');
      await page.keyboard.press('Enter');
      await told('302 machines');
    },
  );

  t.test('keeps what was picked, however rows are sorted', async (t) => {
    const picked = ['n1.savio3', 'n3.savio3', 'login.savio3'];
    for (const name of picked) await page.getByLabel(`Select ${name}`).check();
    await page.getByRole('button', { name: 'MACHINE' }).click();
    await page.getByRole('button', { name: 'MACHINE' }).click();
    await rows.first().getByRole('link', { name: 'n300.savio3' }).waitFor();
    const query = new URL(page.url()).searchParams;
    t.equal(query.get('sort'), '-machine');
    t.equal(query.get('selected'), 'login.savio3,n[1,3].savio3');
    await page.getByRole('button', { name: 'MACHINE' }).click();
    for (const name of picked)
      t.ok(await page.getByLabel(`Select ${name}`).isChecked(), `${name} is still picked`);
    await page.getByLabel('Select all').check();
    await page.getByLabel('Select all').uncheck();
    t.equal(new URL(page.url()).searchParams.get('selected'), null);
  });

  t.test('acts on those that were picked, and on the same again after sorting', async (t) => {
    const picked = ['n1.savio3', 'n3.savio3', 'login.savio3'];
    for (const name of picked) await page.getByLabel(`Select ${name}`).check();
    await page.getByRole('button', { name: 'Begin maintenance…' }).click();
    const begin = page.getByRole('dialog', { name: 'Begin maintenance of 3 machines' });
    await begin.getByLabel('Why').fill(harmful.replaceAll(/\p{Cc}/gu, ''));
    await begin.getByText('Nothing recovers them meanwhile').waitFor();
    await begin.getByRole('button', { name: 'Begin' }).click();
    await page.getByText('3 in maintenance.').waitFor();
    const worked = async (): Promise<string[]> => {
      const { body } = await ask('GET', '/hosts?maintenance=true');
      return (body.items as { fqdn: string }[]).map(({ fqdn }) => fqdn);
    };
    t.same((await worked()).toSorted(), picked.toSorted());
    await page.getByRole('button', { name: 'STATE' }).click();
    await page.getByRole('button', { name: 'End maintenance…' }).click();
    const end = page.getByRole('dialog', { name: 'End maintenance of 3 machines' });
    t.ok(await end.getByRole('button', { name: 'End' }).isDisabled(), 'not before 3 is typed');
    await end.getByLabel('Type 3').fill('3');
    await end.getByRole('button', { name: 'End' }).click();
    await page.getByText('3 not in maintenance.').waitFor();
    t.same(await worked(), [], 'the same three, and no others');
    await page.getByRole('button', { name: 'Pick none' }).click();
    await page.getByRole('button', { name: 'STATE' }).click();
    await page.getByRole('button', { name: 'STATE' }).click();
  });

  t.test('says before a reboot what forbids it, and follows it as a campaign', async (t) => {
    await page.getByLabel('Select n7.savio3').check();
    await page.getByLabel('Select n10.savio3').check();
    await page.getByRole('button', { name: 'Reboot…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Reboot 2 machines' });
    await dialog.getByRole('alert').waitFor();
    t.ok(await dialog.getByRole('button', { name: 'Reboot' }).isDisabled());
    await dialog.getByRole('button', { name: 'Leave it' }).click();
    await page.getByRole('button', { name: 'Pick none' }).click();
  });

  t.test('tells what is the matter together, and leads to those machines', async (t) => {
    await page.getByText('By reason').click();
    await page.getByRole('link', { name: '2 machines' }).click();
    await told('2 of 302 machines');
    t.same(await namesShown(), ['n7.savio3', 'n10.savio3']);
    await page.goBack();
    await page.getByText('By reason').click();
    await page.getByText('Narrow it down').click();
    await page.getByRole('region', { name: 'ssh' }).getByRole('link', { name: 'fail 3' }).click();
    await told('3 of 302 machines');
    t.equal(new URL(page.url()).searchParams.get('filter'), 'ssh=fail');
    await page.getByText('Narrow it down').click();
    await page.getByText('Saved views').click();
    await page.getByLabel('Name of this view').fill('<b>no ssh</b>');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: '302 in all' }).click();
    await told('302 machines');
    await page.getByRole('link', { name: '<b>no ssh</b>' }).click();
    await told('3 of 302 machines');
    await page.getByText('Saved views').click();
  });

  t.test('shows what the copied command shows', async (t) => {
    await page.goto(`${url}/fleet?filter=state:dark or @facts:x&sort=-machine`);
    await page.getByRole('alert').filter({ hasText: 'there is no group' }).waitFor();
    await page.getByText('Nothing is shown, as the filter').waitFor();
    const query = 'filter=state:dark or machine~n9*&sort=-state,-machine';
    await page.goto(`${url}/fleet?${query}`);
    await told(/^1[0-9] of 302 machines/);
    const shown = await namesShown();
    const { body } = await ask('GET', `/fleet?${query}&columns=machine&shape=table`);
    t.same(
      shown,
      (body.rows as string[][]).map(([name]) => name),
    );
    t.equal(
      await page
        .getByRole('button', { name: 'Copy as halctl command' })
        .first()
        .getAttribute('title'),
      "halctl status --filter 'state:dark or machine~n9*' --sort=-state,-machine",
    );
    await page.goto(`${url}/fleet`);
    await told('302 machines');
  });

  t.test('does not move rows under the pointer', async (t) => {
    await page.getByRole('heading', { name: 'Fleet' }).hover();
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await rows.first().getByRole('link', { name: 'n2.savio3' }).waitFor();
    await rows.nth(5).hover();
    station.observations.record(
      ['ssh', 'ping'].map((check) => found('n5.savio3', check, 'fail', 'gone quiet')),
    );
    await told('1 change waits');
    await rows.filter({ hasText: 'n5.savio3' }).filter({ hasText: 'dark' }).waitFor();
    t.same((await namesShown()).slice(3, 5), ['alpha.savio3', 'login.savio3']);
    await page.getByRole('heading', { name: 'Fleet' }).hover();
    await rows.nth(1).getByRole('link', { name: 'n5.savio3' }).waitFor();
  });

  t.test('shows the columns that are chosen, in their order', async (t) => {
    await page.getByRole('button', { name: 'Columns' }).click();
    const dialog = page.getByRole('dialog', { name: 'Columns' });
    await dialog.getByRole('button', { name: 'Do not show age', exact: true }).press('Enter');
    await dialog.getByRole('button', { name: 'Show project', exact: true }).press('Enter');
    await dialog.getByRole('button', { name: 'Move project to the left' }).press('Enter');
    await dialog.getByRole('button', { name: 'Show these' }).press('Enter');
    await page.getByRole('columnheader', { name: 'PROJECT' }).waitFor();
    const columns = new URL(page.url()).searchParams.get('columns');
    t.match(columns, /^machine,state,verdict,failing,.*,project,[a-z]+$/);
    const answer = await ask('GET', `/fleet?columns=${columns}&shape=table`);
    t.equal(answer.status, 200, 'the API takes the same columns');
  });

  t.test('is a map on one screen, by keys as by the pointer', async (t) => {
    await page.goto(`${url}/map?by=state&filter=not reason~*script*`);
    const map = page.getByRole('application', { name: 'Map of 301 machines' });
    await map.focus();
    const here = (text: RegExp): Promise<void> => told(text);
    await here(/^n5.savio3: ✖dark, checks: fail, ssh: gone quiet/);
    await page.keyboard.press('ArrowRight');
    await here(/^n7.savio3: ✖dark/);
    await page.keyboard.press('ArrowLeft');
    await here(/^n5.savio3/);
    await page.getByText('The same in numbers').click();
    const numbers = page.getByRole('region', { name: 'Machines by group and state' });
    await numbers
      .getByRole('row')
      .filter({ hasText: /^dark\s*3\s*3\s*0$/ })
      .waitFor();
    await numbers
      .getByRole('row')
      .filter({ hasText: /^up\s*298\s*0\s*298$/ })
      .waitFor();
    await page.getByText('The same in numbers').click();
    const box = (await map.boundingBox())!;
    t.ok(box.y + box.height <= 800, 'all of it is in sight');
    await map.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/machines\/n5.savio3/);
  });

  t.same(
    complaints.filter((said) => !/status of 40[01]/.test(said)),
    [],
  );

  t.test('of thousands of machines one goes back to where one was, and acts on all', async (t) => {
    const many = await openStation(t);
    const all = Array.from({ length: 4100 }, (_, i) => `m${i + 1}.savio3`);
    await machinesOf(many, all);
    const origin = await many.app.listen({ port: 0, host: '127.0.0.1' });
    const { page: other } = await visit(t, browser);
    await other.goto(`${origin}/fleet`);
    await signInByToken(other, many.admin);
    await other.locator('.told').filter({ hasText: '4100 machines, problems' }).waitFor();
    const table = other.getByRole('region', { name: 'machines' });
    await table.evaluate((element) => (element.scrollTop = 100_000));
    const far = other.getByRole('link', { name: 'm2950.savio3' });
    await far.click();
    await other.getByRole('heading', { level: 1, name: 'm2950.savio3' }).waitFor();
    await other.goBack();
    await far.waitFor();
    t.equal(await table.evaluate(({ scrollTop }) => scrollTop), 100_000);
    await other.locator('.row.current').filter({ hasText: 'm2950.savio3' }).waitFor();
    await other.locator('.told').filter({ hasText: '4100 machines, problems' }).waitFor();
    await other.getByLabel('Select all').check();
    await other.getByText('4100 machines picked:').waitFor();
    await other.getByText('are being asked for').first().waitFor({ state: 'detached' });
    const reboot = other.getByRole('button', { name: 'Reboot…' });
    t.equal(await reboot.getAttribute('aria-disabled'), null);
    await reboot.click();
    const refusal = other.getByRole('dialog').getByRole('alert');
    await refusal.filter({ hasText: '4100 of 4100 machines may not be' }).waitFor();
    const [short, whole] = [refusal.getByRole('paragraph').first(), refusal.locator('details p')];
    t.ok((await short.innerText()).length <= 602, 'what is read of it is short');
    t.notOk(await whole.isVisible());
    await refusal.getByText('All of it').click();
    t.ok((await whole.innerText()).length > 1000);
    await other.keyboard.press('Escape');

    await other.getByRole('button', { name: 'Note…' }).click();
    const dialog = other.getByRole('dialog', { name: 'Note about 4100 machines' });
    await dialog.getByLabel('What is to be known').fill('of the wrong ones');
    await dialog.getByRole('button', { name: 'Write it down' }).click();
    await dialog.getByRole('progressbar').waitFor();
    await dialog.getByRole('button', { name: 'Stop' }).click();
    await dialog.getByText(/: not begun: you stopped it$/).waitFor();
    const noted = await dialog.getByRole('status').textContent();
    const count = Number(/^Done with (\d+) machines: m/.exec(noted!)?.[1]);
    t.ok(count > 0 && count < 4100, noted!);
    await dialog.getByRole('heading', { name: `Not done with ${4100 - count} machines` }).waitFor();
  });
});
