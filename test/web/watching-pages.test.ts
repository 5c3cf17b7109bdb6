/** Pages that tell what goes on: operations, events and what is behind them, the audit, the station. */

import t from 'tap';
import { treeOf } from '../../src/web/page/pages/event/chain.ts';
import { isChosen } from '../../src/web/page/pages/events/chosen.ts';
import { daemonsOf } from '../../src/web/page/pages/station/daemons.ts';
import { host, openStation } from '../station/harness.ts';
import { openBrowser, pressBoth, signInByToken, visit } from './chromium.ts';

t.test('pages that tell what goes on', async (t) => {
  const { app, ask, admin, fill } = await openStation(t);
  await fill();
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const browser = await openBrowser(t);
  const { page, complaints } = await visit(t, browser);
  const rowOf = (words: string) => page.getByRole('row').filter({ hasText: words });
  await page.goto(`${url}/operations`);
  await signInByToken(page, admin);

  t.test('an operation comes while the page is open, and leads to itself', async () => {
    await page.getByText('Nothing of this kind was ordered.').waitFor();
    const { body } = await ask('POST', '/cluster/start');
    await rowOf('start')
      .getByRole('link', { name: String(body.id) })
      .waitFor();
    await page.getByLabel('State').selectOption('failed');
    await page.getByText('Nothing of this kind was ordered.').waitFor();
    await page.getByLabel('State').selectOption('');
    await rowOf('start').getByRole('link').click();
    await page.getByRole('heading', { name: 'start of cluster' }).waitFor();
    await page.getByRole('link', { name: `revision ${body.id}` }).waitFor();
  });

  t.test('events come live, are narrowed, and each tells what set it off', async (t) => {
    await page.getByRole('link', { name: 'Events' }).click();
    await page.getByRole('table', { name: 'events' }).waitFor();
    const note = { text: '<script>alert(1)</script> \u202ereversed' };
    await ask('POST', `/hosts/${host}/notes`, note);
    const row = rowOf('NoteAdded');
    await row.waitFor();
    t.match(await row.textContent(), String.raw`<script>alert(1)</script> \u202ereversed`);
    await page.getByLabel('Types, with commas').fill('NodeUp');
    await page.getByLabel('Types, with commas').press('Enter');
    await rowOf('NoteAdded').waitFor({ state: 'detached' });
    t.equal(new URL(page.url()).searchParams.get('type'), 'NodeUp');
    await rowOf('NodeUp').first().getByRole('link').click();
    await page.getByRole('heading', { name: 'What set off what, in this commit' }).waitFor();
    await page.getByRole('link', { name: 'The cluster then' }).click();
    await page.getByRole('status').filter({ hasText: 'This is the past: revision' }).waitFor();
    await page.getByRole('button', { name: 'Back to now' }).click();
  });

  t.test('held still, nothing comes until it is let go on', async () => {
    await page.goto(`${url}/events?type=NoteAdded`);
    await rowOf('NoteAdded').waitFor();
    await page.keyboard.press('p');
    await page.getByText('Held still.').waitFor();
    await ask('POST', `/hosts/${host}/notes`, { text: 'while nobody wants to know' });
    await page.getByText('1 more have come meanwhile.').waitFor();
    await page.getByRole('button', { name: 'Go on' }).click();
    await rowOf('while nobody wants to know').waitFor();
  });

  t.test('the audit says who did what to which machine', async () => {
    await ask('PUT', `/hosts/${host}/maintenance`, { reason: 'a new disk' });
    await pressBoth(page, 'g', 'a');
    await page.getByRole('heading', { name: 'Audit' }).waitFor();
    await rowOf('MaintenanceBegun').getByRole('link', { name: host }).waitFor();
    await rowOf('a new disk').waitFor();
    await page.getByLabel('The last', { exact: true }).fill('soon');
    await page.getByLabel('The last', { exact: true }).press('Enter');
    await page.getByText('“soon” is no span of time').waitFor();
  });

  t.test('the station tells of itself, its log, its rules and its agents', async () => {
    await page.getByRole('link', { name: 'Station' }).click();
    await page.getByRole('heading', { name: 'Log' }).waitFor();
    await page.getByRole('table', { name: 'agents' }).getByRole('link', { name: host }).waitFor();
    await page.getByText('No OBM is registered.').waitFor();
  });

  t.test('nothing was complained of', async (t) => {
    t.same(
      complaints.filter((said) => !/status of 401/.test(said)),
      [],
    );
  });
});

const event = (id: string, causation: string, data: object = {}) => ({
  ...{ id, causation, data, type: 'NodeUp', v: 1, at: 0, actor: 'token:abc', correlation: 'c' },
  rule: null,
});

t.test('events of a commit are trees by what set them off', async (t) => {
  const [root, other] = treeOf([
    event('7.0', 'the command'),
    event('7.1', '7.0'),
    event('7.2', '7.1'),
    event('7.3', '6.4'),
  ]);
  t.equal(root?.then[0]?.then[0]?.event.id, '7.2');
  t.equal(other?.event.id, '7.3', 'what another commit set off is a root');
});

t.test('an event is about a machine that it names anywhere', async (t) => {
  const of = event('7.0', 'c', { hosts: [{ fqdn: 'n1.savio3' }] });
  t.ok(isChosen(of, 'n1.savio3', ''));
  t.ok(isChosen(of, 'n1', 'abc'));
  t.notOk(isChosen(of, 'n', ''), 'a part of a name is no name');
  t.notOk(isChosen(of, 'n1', 'def'));
});

t.test('OBMs stand by their daemon, and by why they are not reached', async (t) => {
  const obm = (name: string, reason: string | null) => ({
    ...{
      host: name,
      project: null,
      state: 'enabled',
      since: 0,
      epoch: 1,
      power: null,
      label: name,
    },
    obmd: 'https://obmd.example',
    trouble: reason === null ? null : { reason, since: 0 },
  });
  const list = ['n1', 'n2', 'n3'].map((name) => obm(name, name === 'n3' ? null : 'no answer'));
  t.same(daemonsOf(list as never), [
    {
      obmd: 'https://obmd.example',
      machines: 3,
      enabled: 3,
      troubles: [{ reason: 'no answer', hosts: ['n1', 'n2'] }],
    },
  ]);
});
