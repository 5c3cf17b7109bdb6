/** What is ordered by the page, and what comes of it: at the station, at a real OBM daemon, and on the page. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Page } from 'playwright-core';
import { folderOf } from '../folder.ts';
import { example, reported, until } from '../station/harness.ts';
import type { Json } from '../station/harness.ts';
import { Bench } from '../station/obm-bench.ts';
import { unasked } from '../station/suggestions/observed.ts';
import { openBrowser, signInByToken, visit } from './chromium.ts';

const password = 'correct horse battery';
const machines = [1, 2, 3].map((n) => `node${n}.halcyon.example`);
const [first, second, third] = machines as [string, string, string];

/** That somebody has to sign in, to take up a grant, or to read what is not there, is told by the page, and by the browser, too. */
const unexpected = (complaints: readonly string[]): string[] =>
  complaints.filter((said) => !/status of (401|404|422)/.test(said));

t.test('what is ordered by the page', async (t) => {
  const policy = join(folderOf(t), 'policy.yaml');
  writeFileSync(policy, 'version: 1\nrules: []\n');
  const bench = await Bench.set(t, { station: { checks: unasked, policy } });
  const { admin, app, ask } = bench.station;
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

  t.test('picked machines are switched off and on, and what is refused is said', async (t) => {
    const { page, complaints } = await visit(t, browser);
    await signIn(page, '/fleet');
    const from = sent().length;
    const picked = [second, third];
    await pick(page, picked);
    const dialog = page.getByRole('dialog', { name: 'Power of 2 machines' });
    await page.getByRole('button', { name: 'Power…' }).click();
    const send = dialog.getByRole('button', { name: 'Switch', exact: true });
    await dialog.getByLabel('off, at once').check();
    await dialog.getByRole('region', { name: 'What will be done' }).waitFor();
    t.ok(await send.isDisabled(), 'not before 2 is typed');
    await dialog.getByLabel('Type 2').fill('2');
    await send.click();
    await dialog.getByText('Done with 2 machines: node[2-3].halcyon.example').waitFor();
    const links = dialog.getByRole('link', { name: /^operation / });
    const ids = (await links.allTextContents()).map((text) => Number(text.split(' ')[1]));
    for (const [i, id] of ids.entries())
      t.match(await operation(id), { kind: 'power-off', state: 'succeeded', subject: picked[i] });
    t.same(
      sent(from).toSorted(),
      picked.map((name) => `off ${name}`),
    );
    for (const name of picked)
      t.match((await ask('GET', `/hosts/${name}/obm/power`, undefined, patient)).body, {
        state: 'off',
      });
    await links.last().click();
    await page.getByRole('heading', { name: `power-off of ${third}` }).waitFor();
    await page.getByRole('status').filter({ hasText: 'succeeded' }).waitFor();
    await page.getByRole('link', { name: third }).first().click();
    await page.getByText(/^off, seen /).waitFor();

    await page.getByRole('link', { name: 'Fleet', exact: true }).click();
    await pick(page, picked);
    await page.getByRole('button', { name: 'Power…' }).click();
    await dialog.getByLabel('on', { exact: true }).check();
    await dialog.getByLabel('Type 2').fill('2');
    await dialog.getByRole('region', { name: 'What will be done' }).waitFor();
    t.equal((await bench.turn('disable', second)).status, 200);
    await send.click();
    await dialog.getByText(`Done with 1 machine: ${third}`).waitFor();
    await dialog.getByRole('heading', { name: 'Not done with 1 machine' }).waitFor();
    await dialog.getByText(`${second}: the OBM of ${second} is not enabled`).waitFor();
    const on = Number((await links.textContent())!.split(' ')[1]);
    t.match(await operation(on), { kind: 'power-on', state: 'succeeded', subject: third });
    t.same(sent(from).slice(2), [`on ${third}`]);
    await dialog.getByRole('button', { name: 'Close' }).last().click();

    await page.getByRole('button', { name: 'Power…' }).click();
    await dialog.getByLabel('off, at once').check();
    const plan = dialog.getByRole('region', { name: 'What will be done' });
    await plan.getByText('Nothing would be done to 1 machine:').waitFor();
    await plan.getByText(`${second}: the OBM of ${second} is not enabled`).waitFor();
    await plan.getByText(/^It writes \d+ events? to the log$/).waitFor();
    await dialog
      .getByRole('button', { name: /Close|Cancel/ })
      .last()
      .click();
    t.same(unexpected(complaints), []);
  });

  t.test('a campaign is cancelled: what was sent ends, and no more is begun', async (t) => {
    const { page, complaints } = await visit(t, browser);
    await signIn(page, '/fleet');
    const from = sent().length;
    await pick(page, [first, third]);
    await page.getByRole('button', { name: 'Reboot…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Although nothing suggests it').check();
    await dialog.getByRole('combobox', { name: 'How' }).selectOption('hard');
    await dialog.getByLabel('Why', { exact: true }).fill('another kernel');
    const grant = dialog.getByRole('group', { name: 'This takes a grant' });
    await grant.getByRole('button', { name: 'Take up the grant' }).click();
    await grant.getByLabel('Your password once more').fill(password);
    await grant.getByRole('button', { name: 'Take up the grant' }).click();
    await dialog.getByRole('region', { name: 'What will be done' }).waitFor();
    await dialog.getByLabel('Type 2').fill('2');
    await dialog.getByRole('button', { name: 'Reboot', exact: true }).click();
    await until('the order to be sent', () => sent(from).length === 1);
    await dialog.getByRole('link', { name: 'each of its machines' }).click();
    const cancel = page.getByRole('button', { name: /^Cancel operation/ });
    const id = Number(/\d+/.exec((await cancel.textContent())!)![0]);
    await cancel.click();
    await dialog.getByRole('region', { name: 'What will be done' }).waitFor();
    await dialog.getByRole('button', { name: 'Cancel the operation', exact: true }).click();
    const row = (name: string) => page.locator('.rows [role=row]').filter({ hasText: name });
    await row(third).getByText('not begun: cancelled').waitFor();
    await boots(first, 2);
    await dialog.getByRole('status').filter({ hasText: 'cancelled' }).waitFor();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await row(first).getByText('done').waitFor();
    t.match(await operation(id), { kind: 'campaign', state: 'cancelled' });
    t.same(sent(from), [`cycle ${first}`]);
    t.same(unexpected(complaints), []);
  });

  const boss = await visit(t, browser);
  const { page } = boss;
  await page.goto(`${url}/settings`);
  await signInByToken(page, admin);
  await page.getByRole('link', { name: 'Users', exact: true }).first().waitFor();
  const dialog = page.getByRole('dialog');
  /** What stands in the dialog is ordered, as it is planned. */
  const order = async (button: string): Promise<void> => {
    await dialog.getByRole('region', { name: 'What will be done' }).waitFor();
    await dialog.getByRole('button', { name: button, exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  };

  t.test('a user has another role, is let in no more, and is let in again', async (t) => {
    await ask('POST', '/users', { name: 'eve', role: 'viewer' });
    await ask('PUT', '/users/eve/password', { password });
    const logsIn = () => ask('POST', '/sessions', { user: 'eve', password }, { token: '' });
    const { token } = (await logsIn()).body;
    const role = async (): Promise<string> =>
      (await ask('GET', '/whoami', undefined, { token })).body.role;
    t.equal(await role(), 'viewer');
    await page.goto(`${url}/settings/users`);
    const row = page.getByRole('row').filter({ hasText: 'eve' });
    await row.getByRole('button', { name: 'Role…' }).click();
    await dialog.getByRole('combobox', { name: 'Role' }).selectOption('operator');
    await order('Change the role');
    await row.getByRole('cell', { name: 'operator', exact: true }).waitFor();
    t.equal(await role(), 'operator', 'of sessions that there are, too');
    await row.getByRole('button', { name: 'Disable…' }).click();
    await order('Disable');
    await row.getByText('disabled').waitFor();
    t.equal((await ask('GET', '/whoami', undefined, { token })).status, 401);
    t.equal((await logsIn()).status, 401);
    await row.getByRole('button', { name: 'Let in again…' }).click();
    await order('Let in again');
    await row.getByText('can log in').waitFor();
    t.equal((await logsIn()).status, 201);
  });

  t.test('a policy is read again, and a wrong one leaves that of before in force', async (t) => {
    const rules = async (): Promise<string[]> =>
      (await ask('GET', '/auth/policy')).body.rules.map(({ name }: Json) => name);
    writeFileSync(
      policy,
      'version: 1\nrules:\n  - name: eve looks\n    allow: [operate]\n    who: [user:eve]\n',
    );
    await page.goto(`${url}/settings/policy`);
    await page.getByText('There are no rules.').waitFor();
    await page.getByRole('button', { name: 'Read the file again…' }).click();
    await dialog.getByRole('button', { name: 'Read it', exact: true }).click();
    await page.getByRole('rowheader', { name: 'eve looks' }).waitFor();
    t.same(await rules(), ['eve looks']);
    writeFileSync(policy, 'version: 1\nrules: 7\n');
    await page.getByRole('button', { name: 'Read the file again…' }).click();
    await dialog.getByRole('button', { name: 'Read it', exact: true }).click();
    await dialog.getByRole('alert').waitFor();
    await dialog.getByRole('button', { name: 'Leave it' }).click();
    await page.getByRole('rowheader', { name: 'eve looks' }).waitFor();
    t.same(await rules(), ['eve looks']);
  });

  t.test('files of facts that are dropped are loaded as planned', async (t) => {
    const drop = async (files: readonly { name: string; text: string }[]): Promise<void> => {
      const dataTransfer = await page.evaluateHandle((dropped) => {
        const data = new DataTransfer();
        for (const { name, text } of dropped)
          data.items.add(new File([text], name, { type: 'application/yaml' }));
        return data;
      }, files);
      await page.locator('.drop').dispatchEvent('drop', { dataTransfer });
    };
    await page.goto(`${url}/facts`);
    const { text } = example.facts;
    const added = [4, 5].map((n) => `  - fqdn: node${n}.halcyon.example\n    roles: []\n`);
    await drop([
      { name: 'site.yaml', text: `${text}${added.join('')}` },
      ...example.roles.map((role) => ({ ...role, name: role.name.split('/').at(-1)! })),
    ]);
    await page.getByText(/^site.yaml, /).waitFor();
    await page.getByLabel('Roles, clients.yaml').waitFor();
    await page.getByRole('button', { name: 'Plan it' }).click();
    const plan = page.getByLabel('What would change');
    await plan.getByText('+ host node4.halcyon.example').waitFor();
    await plan.getByText('+ host node5.halcyon.example').waitFor();
    t.equal((await ask('GET', '/hosts')).body.items.length, 3, 'a plan loads nothing');
    await page.getByRole('button', { name: 'Load it as planned' }).click();
    await page.getByRole('status').filter({ hasText: 'Loaded; revision' }).waitFor();
    t.equal((await ask('GET', '/hosts')).body.items.length, 5);
  });

  t.test('a project loses a member and a machine', async (t) => {
    await ask('POST', '/projects', { name: 'climate' });
    const hosts = ['node4.halcyon.example', 'node5.halcyon.example'];
    const lent = await ask('POST', '/projects/climate/attach', { hosts });
    t.equal(lent.status, 200, lent.text);
    const projects = [{ name: 'climate', role: 'viewer' }];
    const issued = await ask('POST', '/tokens', { name: 'guest', role: 'member', projects });
    const token = issued.body.token as string;
    const sees = async (): Promise<string[]> => {
      const { body } = await ask('GET', '/hosts', undefined, { token });
      return (body.items ?? []).map(({ fqdn }: Json) => fqdn);
    };
    t.same(await sees(), hosts);
    await page.goto(`${url}/settings/projects?project=climate`);
    const project = page.getByRole('region', { name: 'Project climate' });
    await project.getByText('2 machines: node[4-5].halcyon.example').waitFor();
    await project.getByRole('button', { name: 'Take machines back…' }).click();
    await dialog.getByRole('textbox', { name: 'Machines' }).fill(hosts[0]!);
    await dialog.getByRole('textbox', { name: 'Machines' }).press('Tab');
    await order('Take them back');
    await project.getByText(`1 machine: ${hosts[1]}`).waitFor();
    t.same(await sees(), [hosts[1]]);
    const id = token.split('_')[1]!;
    await project.getByRole('button', { name: `Take ${id} out…` }).click();
    await order('Take it out');
    await project.getByText(id, { exact: true }).waitFor({ state: 'detached' });
    t.same(await sees(), []);
  });

  const of = async (query: string): Promise<Json[]> =>
    (await ask('GET', `/processes?${query}`)).body.items;

  t.test('the configuration of a process is copied, and handed over as a file', async (t) => {
    const [{ fid }] = (await of(`host=${second}`)) as [Json];
    await boss.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(`${url}/processes/${encodeURIComponent(fid)}`);
    const shown = page.getByLabel('Configuration as env');
    await shown.waitFor();
    const { text } = await ask('GET', `/processes/${fid}/configuration?format=env`);
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText('Copied: the configuration').waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    t.equal(copied.trim(), text.trim());
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download', exact: true }).click(),
    ]);
    t.equal(file.suggestedFilename(), `${fid.replaceAll(':', '-')}.env`);
    t.equal(readFileSync(await file.path(), 'utf8'), copied);
  });

  t.test('what somebody knows better about a process is taken, with the reason', async (t) => {
    const [{ fid, name }] = (await of(`host=${second}`)) as [Json];
    await page.goto(`${url}/processes/${encodeURIComponent(fid)}`);
    await page.getByRole('button', { name: 'Set its state…' }).click();
    await dialog.getByRole('combobox', { name: 'It is' }).selectOption('failed');
    await dialog.getByLabel('Why').fill('its disk is full');
    await order('Set it');
    await page.getByText(`${name} counts as failed now.`).waitFor();
    await page.getByText('its disk is full').first().waitFor();
    t.match((await ask('GET', `/processes/${fid}`)).body, { state: 'failed' });
  });

  t.test('a process is removed, and then the node of a host with all it has', async (t) => {
    const [{ fid }] = (await of(`host=${second}&role=m0t1fs`)) as [Json];
    const remove = async (): Promise<void> => {
      await dialog.getByRole('region', { name: 'What will be done' }).waitFor();
      await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
      await dialog.getByRole('status').filter({ hasText: 'succeeded' }).waitFor();
      await dialog.getByRole('button', { name: 'Close' }).last().click();
    };
    await page.goto(`${url}/processes/${encodeURIComponent(fid)}`);
    await page.getByRole('button', { name: 'Remove…' }).click();
    await remove();
    t.equal((await ask('GET', `/processes/${fid}`)).status, 404);
    await page.getByText('It is not there now').waitFor();
    await page.getByRole('link', { name: /^remove / }).waitFor();
    t.equal(await page.getByRole('button', { name: 'Start…' }).count(), 0);
    await page.goto(`${url}/processes?host=${first}`);
    await page.getByRole('button', { name: 'Remove node…' }).click();
    await remove();
    t.same(await of(`host=${first}`), []);
    t.match((await ask('GET', `/hosts/${first}`)).body, { node: null });
    await page.getByText('It is no node.').waitFor();
    await page.getByText('There are no such processes').waitFor();
  });

  t.test('all of the cluster is started, and stopped, and followed to the end', async (t) => {
    const [{ fid }] = (await of(`host=${second}`)) as [Json];
    const row = page.getByRole('row').filter({ hasText: fid });
    const how = dialog.getByRole('status');
    /** It has no agent: somebody who has looked says how it is. */
    const becomes = async (from: string, to: string): Promise<void> => {
      await how.filter({ hasText: 'running' }).waitFor();
      t.match((await ask('GET', `/processes/${fid}`)).body, { state: from });
      const body = { state: to, reason: 'I looked' };
      const { status, text } = await ask('PUT', `/processes/${fid}/override`, body);
      t.equal(status, 200, text);
      await how.filter({ hasText: 'succeeded' }).waitFor();
      await dialog.getByRole('button', { name: 'Close' }).last().click();
      await row.getByText(to).waitFor();
    };
    await page.goto(`${url}/processes`);
    await page.getByRole('button', { name: 'Start all…' }).click();
    await dialog.getByRole('region', { name: 'What will be done' }).waitFor();
    await dialog.getByRole('button', { name: 'Start all', exact: true }).click();
    await becomes('starting', 'online');
    await page.getByRole('button', { name: 'Stop all…' }).click();
    const stop = dialog.getByRole('button', { name: 'Stop all', exact: true });
    await dialog.getByRole('region', { name: 'What will be done' }).waitFor();
    t.ok(await stop.isDisabled(), 'not before 5 is typed');
    await dialog.getByLabel('Type 5').fill('5');
    await stop.click();
    await becomes('quiescing', 'offline');
    t.same(unexpected(boss.complaints), []);
  });
});
