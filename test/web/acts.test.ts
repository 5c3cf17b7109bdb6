/** What is ordered by the page, and what comes of it: at the station, at a real OBM daemon, and on the page. */

import t from 'tap';
import type { Page } from 'playwright-core';
import { reported, until } from '../station/harness.ts';
import type { Json } from '../station/harness.ts';
import { Bench } from '../station/obm-bench.ts';
import { unasked } from '../station/suggestions/observed.ts';
import { openBrowser, visit } from './chromium.ts';

const password = 'correct horse battery';
const machines = [1, 2, 3].map((n) => `node${n}.halcyon.example`);
const [first, second] = machines as [string, string, string];

/** That somebody has to sign in, to take up a grant, or to read what is not there, is told by the page, and by the browser, too. */
const unexpected = (complaints: readonly string[]): string[] =>
  complaints.filter((said) => !/status of (401|404|422)/.test(said));

t.test('what is ordered by the page', async (t) => {
  const bench = await Bench.set(t, { station: { checks: unasked } });
  const { app, ask } = bench.station;
  const patient = { headers: { prefer: 'wait=60' } };
  for (const fqdn of machines) {
    const answers = [await bench.register({}, fqdn), await bench.turn('enable', fqdn)];
    for (const { status, text } of answers) if (status > 201) throw new Error(text);
  }
  /** Its agent reports a boot. */
  const boots = async (fqdn: string, boot: number): Promise<void> => {
    const boot_id = `00000000-0000-4000-8000-00000000b00${boot}`;
    const address = `10.0.0.${machines.indexOf(fqdn) + 1}`;
    const { status, text } = await ask(
      'PUT',
      `/hosts/${fqdn}/facts`,
      reported(address, { boot_id }),
    );
    if (status !== 200) throw new Error(text);
  };
  for (const fqdn of machines) await boots(fqdn, 0);
  await ask('POST', '/users', { name: 'ada', role: 'operator' });
  await ask('PUT', '/users/ada/password', { password });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const browser = await openBrowser(t);
  const operation = async (id: number): Promise<Json> =>
    (await ask('GET', `/operations/${id}`, undefined, patient)).body;
  /** What was sent to the daemon about the power of machines, in order. */
  const sent = (from = 0): string[] =>
    bench.proxy.orders.slice(from).map(({ label, action }) => `${action} ${label}`);
  const signIn = async (page: Page, path: string): Promise<void> => {
    await page.goto(`${url}${path}`);
    await page.getByRole('textbox', { name: 'Name' }).fill('ada');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  };
  const pick = async (page: Page, names: readonly string[]): Promise<void> => {
    for (const name of names) await page.getByLabel(`Select ${name}`).check();
  };

  t.test('picked machines are rebooted by a campaign, followed to the end of each', async (t) => {
    const { page, complaints } = await visit(t, browser);
    await signIn(page, '/fleet');
    await pick(page, machines);
    await page.getByRole('button', { name: 'Reboot…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Reboot 3 machines' });
    await dialog.getByRole('alert').waitFor();
    const reboot = dialog.getByRole('button', { name: 'Reboot', exact: true });
    t.ok(await reboot.isDisabled(), 'nothing suggests it');
    await dialog.getByLabel('Although nothing suggests it').check();
    await dialog.getByRole('combobox', { name: 'How' }).selectOption('hard');
    await dialog.getByLabel('Machines at a time').fill('2');
    await dialog.getByLabel('Why', { exact: true }).fill('a new kernel');
    const grant = dialog.getByRole('group', { name: 'This takes a grant' });
    t.equal(await grant.getByLabel('Why you need it').inputValue(), 'a new kernel');
    await grant.getByRole('button', { name: 'Take up the grant' }).click();
    await grant.getByLabel('Your password once more').fill(password);
    await grant.getByRole('button', { name: 'Take up the grant' }).click();
    const plan = dialog.getByRole('region', { name: 'What will be done' });
    await plan.getByText('3 machines in 2 waves:').waitFor();
    t.same(await plan.locator('.waves').getByRole('listitem').allTextContents(), [
      first,
      'node[2-3].halcyon.example',
    ]);
    t.ok(await reboot.isDisabled(), 'not before 3 is typed');
    t.same(sent(), [], 'a plan sends nothing');
    await dialog.getByLabel('Type 3').fill('3');
    await reboot.click();
    const how = dialog.getByRole('status');
    await how.filter({ hasText: 'running' }).waitFor();
    const id = Number(/Operation (\d+)/.exec((await how.textContent())!)![1]);
    for (const turn of [1, 2, 3]) {
      await until(`order ${turn} to be sent`, () => sent().length >= turn);
      await boots(bench.proxy.orders[turn - 1]!.label, 1);
    }
    await how.filter({ hasText: 'succeeded' }).waitFor();
    t.match(await operation(id), { kind: 'campaign', state: 'succeeded', total: 3, done: 3 });
    t.same(
      sent().toSorted(),
      machines.map((name) => `cycle ${name}`),
    );
    t.equal(sent()[0], `cycle ${first}`, 'the first alone');

    await dialog.getByRole('link', { name: 'each of its machines' }).click();
    await page.getByRole('heading', { name: `Campaign ${id}` }).waitFor();
    await page.getByText('3 of 3 machines over: 3 done').waitFor();
    await page.getByText(/ by .+: a new kernel .although something forbade it.$/).waitFor();
    for (const name of machines)
      await page.getByRole('row').filter({ hasText: name }).getByText('done').waitFor();
    const { items } = (await ask('GET', `/campaigns/${id}`)).body;
    const of = items.find(({ host }: Json) => host === second).operation;
    const row = page.getByRole('row').filter({ hasText: second });
    await row.getByRole('link', { name: String(of), exact: true }).click();
    await page.getByRole('heading', { name: `reboot of ${second}` }).waitFor();
    const stages = page.getByRole('list', { name: 'Stages' }).getByRole('listitem');
    await stages.filter({ hasText: /done cycle/ }).waitFor();
    await stages.filter({ hasText: /done resume/ }).waitFor();
    await page.getByRole('link', { name: second }).click();
    await page.getByRole('row').filter({ hasText: 'the operation is done' }).waitFor();
    t.same(unexpected(complaints), []);
  });
});
