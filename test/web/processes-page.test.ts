/** Processes, roles and facts in the browser: against a station, with agents that really start and stop things. */

import t from 'tap';
import { Cluster, patientVars } from '../lifecycle/cluster.ts';
import { openBrowser, signInByToken, visit } from './chromium.ts';
import {
  lineLength,
  linesKept,
  OutputLines,
} from '../../src/web/page/pages/process/output-lines.ts';

/** Whoever has not signed in is told so. */
const unexpected = (complaints: readonly string[]): string[] =>
  complaints.filter((said) => !/status of 401/.test(said));

t.test('of what a process writes the last lines are kept, and long ones are broken', async (t) => {
  const output = new OutputLines();
  const write = (stream: 'stdout' | 'stderr', text: string): void =>
    output.take({ stream, data: new TextEncoder().encode(text) });
  write('stdout', 'one\r\nhal');
  write('stderr', 'beside\n');
  write('stdout', 'f\n');
  t.same(
    output.lines.map(({ stream, text }) => `${stream} ${text}`),
    ['stdout one', 'stderr beside', 'stdout half'],
  );
  write('stdout', 'x'.repeat(3 * lineLength));
  t.ok(output.lines.every(({ text }) => text.length <= lineLength));
  for (let i = 0; i < 5 * linesKept; i += 1) write('stdout', `${i}\n`);
  t.ok(output.lines.length <= 2 * linesKept);
  t.equal(output.lines.at(-1)?.text, String(5 * linesKept - 1));
  t.equal(output.dropped + output.lines.length, output.lines.at(-1)!.number + 1);
});

t.test('the page', async (t) => {
  const cluster = await Cluster.open(t, 2, patientVars);
  t.teardown(() => cluster.abandon());
  const [first, second] = cluster.hosts as [string, string];
  const talker = await cluster.one(first, 'talker');
  await cluster.add(second, 'worker', 2);
  await cluster.start(talker);
  const browser = await openBrowser(t);

  t.test('shows processes, narrows them, and says in the address what is shown', async (t) => {
    const { page, complaints } = await visit(t, browser);
    await page.goto(`${cluster.url}/processes`);
    await signInByToken(page, cluster.token);
    await page.getByRole('button', { name: '1 online' }).waitFor();
    await page.getByRole('button', { name: '2 unknown' }).click();
    await page.waitForURL(/state=unknown/);
    await page.getByRole('cell', { name: talker, exact: true }).waitFor({ state: 'detached' });
    const ofSecond = page.getByRole('row').filter({ hasText: second });
    await ofSecond.nth(1).waitFor();
    t.equal(await ofSecond.count(), 2);
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByLabel('Role').fill('talker');
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await page.waitForURL(/role=talker/);
    await page.getByRole('link', { name: talker }).click();
    await page.getByRole('heading', { name: `talker on ${first}` }).waitFor();
    await page.getByLabel('Configuration as env').filter({ hasText: 'TEST_MARK' }).waitFor();
    await page.getByRole('button', { name: 'json', exact: true }).click();
    await page.getByLabel('Configuration as json').filter({ hasText: '"environment"' }).waitFor();
    await page.getByRole('button', { name: 'Follow its output' }).click();
    await page
      .getByRole('log')
      .filter({ hasText: /out of \d+/ })
      .waitFor();
    await page.getByRole('log').filter({ hasText: 'stderr: error of' }).waitFor();
    t.same(unexpected(complaints), []);
  });

  t.test('stops and starts what runs, as planned, and follows it to its end', async (t) => {
    const { page, complaints } = await visit(t, browser);
    const { token } = await cluster.client.issueToken({ name: 'operator', role: 'operator' });
    await page.goto(`${cluster.url}/processes/${talker}`);
    await signInByToken(page, token);
    const override = page.getByRole('button', { name: 'Set its state…' });
    await page.getByText('You may not do this').waitFor();
    t.equal(await override.getAttribute('aria-disabled'), 'true', 'that is for administrators');
    await page.getByRole('button', { name: 'Stop…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('ProcessWanted').waitFor();
    t.equal((await cluster.process(talker)).state, 'online', 'a plan stops nothing');
    await dialog.getByRole('button', { name: 'Stop', exact: true }).click();
    await dialog.getByRole('status').filter({ hasText: 'succeeded' }).waitFor();
    t.same(cluster.runs(talker), []);
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByText('offline', { exact: true }).first().waitFor();
    await page.getByRole('button', { name: 'Start…', exact: true }).click();
    await dialog.getByRole('button', { name: 'Start', exact: true }).dblclick();
    await dialog.getByRole('status').filter({ hasText: 'succeeded' }).waitFor();
    t.equal(cluster.runs(talker).length, 1);
    t.equal((await cluster.events('ProcessWanted', talker)).length, 3, 'each was ordered once');
    t.same(unexpected(complaints), []);
  });

  t.test('says why something is refused, and overrules it where that is wanted', async (t) => {
    const user = await cluster.one(second, 'user');
    const base = (await cluster.processes()).find(({ role }) => role === 'base')!.fid;
    await cluster.start(base);
    await cluster.start(user);
    const { page } = await visit(t, browser);
    await page.goto(`${cluster.url}/processes/${base}`);
    await signInByToken(page, cluster.token);
    await page.getByRole('button', { name: 'Stop…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('alert').filter({ hasText: 'require' }).waitFor();
    t.ok(await dialog.getByRole('button', { name: 'Stop', exact: true }).isDisabled());
    await dialog.getByLabel(/Do it although/).check();
    await dialog.getByRole('button', { name: 'Stop', exact: true }).click();
    await dialog.getByRole('status').filter({ hasText: 'succeeded' }).waitFor();
    t.equal((await cluster.process(base)).state, 'offline');
  });

  t.test('adds and scales, with what will be allocated and the configuration after', async (t) => {
    const { page, complaints } = await visit(t, browser);
    await page.goto(`${cluster.url}/processes?host=${first}`);
    await signInByToken(page, cluster.token);
    await page.getByRole('button', { name: 'Add processes…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Role').fill('worker');
    await dialog.getByLabel(/Variables/).fill('multiplicity=1.10');
    await page.keyboard.press('Tab');
    await dialog.getByRole('alert').filter({ hasText: 'multiplicity' }).waitFor();
    await dialog.getByLabel(/Variables/).fill('multiplicity=2');
    await page.keyboard.press('Tab');
    const planned = dialog.getByRole('region', { name: 'What would be added' }).getByRole('row');
    await planned.nth(2).waitFor();
    const endpoint = await planned.nth(2).getByRole('cell').nth(2).textContent();
    const before = (await cluster.processes()).length;
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await dialog.getByRole('heading', { name: 'Added' }).waitFor();
    await dialog.getByText(`MERO_WORKER_EP=${endpoint}`).waitFor();
    t.equal((await cluster.processes()).length, before + 2);
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('button', { name: 'Scale a role…' }).click();
    await dialog.getByLabel('Role').fill('worker');
    await dialog.getByLabel('How many').fill('1');
    await page.keyboard.press('Tab');
    await dialog.getByRole('button', { name: 'Scale', exact: true }).click();
    await page.getByText(`${first} has 1 of worker.`).waitFor();
    t.equal((await cluster.processes()).length, before + 1);
    t.same(
      unexpected(complaints).filter((said) => !/status of 422/.test(said)),
      [],
    );
  });
});
