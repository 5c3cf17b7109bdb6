/** Processes, roles and facts in the browser: against a station, with agents that really start and stop things. */

import t from 'tap';
import { Cluster, patientVars } from '../lifecycle/cluster.ts';
import {
  FileRefused,
  isRolesFile,
  limits,
  noFiles,
  readFile,
  whatIsWrong,
  withFiles,
} from '../../src/web/page/pages/facts/files.ts';
import { sourceLine } from '../../src/web/page/pages/facts/source-line.ts';
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

t.test('files that cannot be loaded are refused before they are sent', async (t) => {
  const fileOf = (bytes: Uint8Array, size = bytes.length): Parameters<typeof readFile>[0] => ({
    ...{ name: 'facts.yaml', size },
    arrayBuffer: async () => Promise.resolve(new Uint8Array(bytes).buffer),
  });
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  t.same(await readFile(fileOf(bytes('\uFEFFcluster: ä\n'))), {
    name: 'facts.yaml',
    text: '\uFEFFcluster: ä\n',
  });
  await t.rejects(readFile(fileOf(new Uint8Array([0x63, 0xe4]))), FileRefused, 'Latin 1');
  await t.rejects(readFile(fileOf(bytes(''), 5 * limits.file)), /facts.yaml has 40.0 MiB/);
  const facts = { name: 'f', text: 'cluster: x' };
  t.match(whatIsWrong(noFiles), 'no facts');
  t.equal(whatIsWrong({ facts, roles: [] }), undefined);
  const long = { name: 'r', text: 'x'.repeat(limits.file + 1) };
  t.match(whatIsWrong({ facts, roles: [long] }), /r has 8.0 MiB/);
  t.match(whatIsWrong({ facts, roles: [facts] }), 'Two files are called f');
  const many = Array.from({ length: limits.roles + 1 }, (_, i) => ({ name: `${i}`, text: '-' }));
  t.match(whatIsWrong({ facts, roles: many }), 'There are 1001 files');
  t.notOk(isRolesFile('# a\n---\ncluster: x\nhosts:\n  - fqdn: a\n'));
  t.ok(isRolesFile('\uFEFF# roles\n\n---\n- role: ha\n'));
  const [old, other, text] = [{ name: 'a', text: '- 1' }, { name: 'b', text: '- 2' }, '- 3'];
  const after = withFiles({ facts, roles: [old, other] }, [{ name: 'a', text }]);
  t.same(after, { facts, roles: [{ name: 'a', text }, other] }, 'one of the same name is another');
});

t.test('a line is shown with a caret below the place, however long it is', async (t) => {
  t.match(sourceLine('a: 1\r\n\tbc: 2\r\n', 2, 3), { text: '\tbc: 2', caret: '\t ^', offset: 8 });
  t.match(sourceLine('a: 1', 1, 99), { text: 'a: 1', caret: '    ^' }, 'the end of the line');
  const long = sourceLine(`${'x'.repeat(500)}!${'y'.repeat(500)}`, 1, 501)!;
  t.equal(long.text.length, 122);
  t.equal(long.text[long.caret.length - 1], '!');
  t.equal(sourceLine('a', 2, 1), undefined);
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
    await page.getByRole('textbox', { name: 'Role' }).fill('talker');
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

  t.test('facts: errors at their place, a plan as a diff, and loaded as planned', async (t) => {
    const { page, complaints } = await visit(t, browser);
    await page.goto(`${cluster.url}/facts`);
    await signInByToken(page, cluster.token);
    await page.getByRole('button', { name: 'Begin with what is loaded' }).click();
    const facts = page.getByLabel('Facts', { exact: true });
    await facts.filter({ hasText: '' }).waitFor();
    await page.waitForFunction(
      () => document.querySelector('textarea')?.value.includes('n1.example'),
      undefined,
    );
    const loaded = await facts.inputValue();
    const wrong = `${loaded}  - fqdn: <script>alert(1)</script>\n    roles: []\nvars: { keepalive_timeout: 9007199254740993 }\n`;
    await facts.fill(wrong.replace(/^vars:\n(?: .*\n)+/m, ''));
    await page.getByRole('button', { name: 'Plan it' }).click();
    const errors = page.getByRole('alert', { name: 'What is wrong' });
    await errors.getByText('<script>alert(1)</script>').first().waitFor();
    await errors.getByText('9007199254740993').first().waitFor();
    await errors.getByRole('button').last().click();
    const marked = await facts.evaluate((field: HTMLTextAreaElement) =>
      field.value.slice(field.selectionStart),
    );
    t.match(marked, /^9007199254740993/, 'the place is marked in the field');
    const written = await facts.inputValue();
    await page.getByRole('link', { name: 'The roles that are loaded' }).click();
    await page.getByRole('heading', { level: 1, name: 'Roles' }).waitFor();
    await page.goBack();
    t.equal(await facts.inputValue(), written, 'what was written stays');
    t.equal((await cluster.client.status()).hosts.length, 2);
    const mime = { mimeType: 'application/yaml' };
    await page.getByLabel(/Choose files/).setInputFiles([
      {
        name: 'new.yaml',
        ...mime,
        buffer: Buffer.from(
          loaded.replace('hosts:', 'hosts:\n  - fqdn: n3.example\n    roles: []'),
        ),
      },
    ]);
    await page.getByText(/new.yaml, \d/).waitFor();
    await page.getByRole('button', { name: 'Plan it' }).click();
    await page.getByLabel('What would change').getByText('+ host n3.example').waitFor();
    await page.getByRole('button', { name: 'Load it as planned' }).click();
    await page.getByRole('status').filter({ hasText: 'Loaded; revision' }).waitFor();
    t.equal((await cluster.client.status()).hosts.length, 3);
    t.same(
      unexpected(complaints).filter((said) => !/status of 422/.test(said)),
      [],
    );
  });

  t.test('facts: what another has changed since the plan is not overwritten', async (t) => {
    const { page } = await visit(t, browser);
    await page.goto(`${cluster.url}/facts`);
    await signInByToken(page, cluster.token);
    await page.getByRole('button', { name: 'Begin with what is loaded' }).click();
    const facts = page.getByLabel('Facts', { exact: true });
    await page.waitForFunction(
      () => document.querySelector('textarea')?.value.includes('n3.example'),
      undefined,
    );
    await facts.fill(
      (await facts.inputValue()).replace(/ {2}- fqdn: n3.example\n(?: {4}.*\n)*/, ''),
    );
    await page.getByLabel(/Prune: remove/).check();
    await page.getByRole('button', { name: 'Plan it' }).click();
    await page.getByLabel('What would change').getByText('- host n3.example').waitFor();
    await cluster.client.setVars({ keepalive_timeout: 61 });
    await page.getByRole('button', { name: 'Load it as planned' }).click();
    await page.getByRole('alert').filter({ hasText: 'nothing was loaded' }).waitFor();
    t.ok((await cluster.client.status()).hosts.some(({ fqdn }) => fqdn === 'n3.example'));
    await page.getByRole('button', { name: 'Plan it again' }).click();
    await page.getByText('It is another than it was planned before').waitFor();
  });

  t.test('roles say which machines have them, and the past what was', async (t) => {
    const { page, complaints } = await visit(t, browser);
    await page.goto(`${cluster.url}/roles`);
    await signInByToken(page, cluster.token);
    await page.getByRole('link', { name: 'talker' }).click();
    await page.getByRole('heading', { name: 'Role talker' }).waitFor();
    const row = page.getByRole('row').filter({ hasText: first });
    await row.getByText('127.0.1.1@tcp:12345:41:1', { exact: true }).waitFor();
    await page.getByText('Its templates, as they were loaded').click();
    await page.getByLabel('Templates of the role').filter({ hasText: 'TEST_MARK' }).waitFor();
    await page.goto(`${cluster.url}/processes?group=host`);
    await page.getByRole('row').filter({ hasText: second }).getByText('up').waitFor();
    await page.goto(`${cluster.url}/roles?at=6`);
    await page.getByRole('row').filter({ hasText: 'talker' }).getByText('0').first().waitFor();
    await page.goto(`${cluster.url}/processes/${talker}?at=${await cluster.head()}`);
    await page.getByRole('button', { name: 'Stop…' }).waitFor();
    const said = page.getByText('This is the past: nothing can be done there.').first();
    await said.waitFor();
    await page.goto(`${cluster.url}/processes?state=%3Cscript%3E&host=%3Cimg%20src%3Dx%3E`);
    await page.getByText('state=<script> is none of').waitFor();
    t.same(
      unexpected(complaints).filter((text) => !/status of 40[04]/.test(text)),
      [],
    );
  });

  t.test('viewers look, and members see and act on their own machines only', async (t) => {
    const { client } = cluster;
    await client.createProject({ name: 'ours' });
    await client.attachMachines('ours', { hosts: [first] });
    const viewer = await client.issueToken({ name: 'viewer', role: 'viewer' });
    const member = await client.issueToken({
      ...{ name: 'member', role: 'member' as const },
      projects: [{ name: 'ours', role: 'operator' }],
    });
    const looking = await visit(t, browser);
    await looking.page.goto(`${cluster.url}/processes/${talker}`);
    await signInByToken(looking.page, viewer.token);
    await looking.page.getByText('You may not do this').first().waitFor();
    for (const name of ['Start…', 'Stop…', 'Restart…', 'Remove…', 'Follow its output'])
      t.equal(
        await looking.page.getByRole('button', { name, exact: true }).getAttribute('aria-disabled'),
        'true',
        name,
      );
    await looking.page.goto(`${cluster.url}/facts`);
    await looking.page.getByText('shown as files to operators only').waitFor();
    const { page } = await visit(t, browser);
    await page.goto(`${cluster.url}/processes`);
    await signInByToken(page, member.token);
    await page.getByRole('link', { name: talker }).waitFor();
    t.equal(await page.getByRole('row').filter({ hasText: second }).count(), 0);
    await page.goto(`${cluster.url}/processes/${talker}`);
    await page.getByRole('button', { name: 'Restart…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Restart', exact: true }).click();
    await dialog.getByRole('status').filter({ hasText: 'succeeded' }).waitFor();
    const [others] = (await cluster.processes()).filter((one) => one.host === second);
    await page.goto(`${cluster.url}/processes/${others!.fid}`);
    await page.getByRole('alert').first().waitFor();
    t.equal(await page.getByRole('button', { name: 'Stop…' }).count(), 0);
  });
});
