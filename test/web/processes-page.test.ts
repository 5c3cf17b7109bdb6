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
    t.equal(await page.getByRole('row').filter({ hasText: second }).count(), 2);
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
});
