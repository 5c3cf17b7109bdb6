/** A machine in the browser: read, acted on by two people at once, and looked at as it was; with a real OBM daemon. */

import type { Page } from 'playwright-core';
import t from 'tap';
import { differences } from '../../src/web/page/pages/compare/differences.ts';
import type { MachineThen } from '../../src/web/page/pages/compare/differences.ts';
import { aptOf, isRebootSuggested } from '../../src/web/page/pages/machine/apt.ts';
import {
  atBefore,
  kindsIn,
  kindsWith,
  pickedIn,
  withPicked,
} from '../../src/web/page/pages/machine/history-view.ts';
import { timeLabels } from '../../src/web/page/pages/machine/plot-times.ts';
import { ribbonOf } from '../../src/web/page/pages/machine/ribbon-marks.ts';
import { verdictSteps } from '../../src/web/page/pages/machine/steps.ts';
import type { HistoryEntry } from '../../src/client/types.ts';
import { codeOf } from '../../src/station/access/totp.ts';
import { host, reported, until } from '../station/harness.ts';
import type { Answer } from '../station/harness.ts';
import { Bench } from '../station/obm-bench.ts';
import { observe, silentButOn, unasked, well } from '../station/suggestions/observed.ts';
import { openBrowser, visit } from './chromium.ts';
import type { Visit } from './chromium.ts';

const hour = 3_600_000;
const password = 'correct horse battery';
/** Ms from one code of an authenticator to the next. */
const step = 30_000;

t.test('the button is that of what is suggested, and says what forbids it', async (t) => {
  const nothing = { forbidden: null, vetoes: [] };
  t.match(aptOf({ action: 'power-on', ...nothing }), { title: 'Switch it on…', kind: 'reboot' });
  t.match(aptOf({ action: 'hardware', ...nothing }), { kind: 'maintenance', forbidden: undefined });
  t.equal(aptOf({ action: 'restart-slurmd', ...nothing }), null, 'no page does that');
  t.equal(aptOf({ action: 'constructor', ...nothing }), null);
  const vetoed = {
    action: 'none',
    forbidden: { action: 'power-cycle', confidence: 0.8 },
    vetoes: [
      { code: 'maintenance', text: 'ada works on it' },
      { code: 'job-running', text: 'a job runs' },
    ],
  };
  t.match(aptOf(vetoed), { kind: 'reboot', forbidden: 'ada works on it; a job runs' });
  t.notOk(isRebootSuggested(vetoed));
  t.ok(isRebootSuggested({ action: 'drain-reboot', ...nothing }));
});

t.test('what of the history is looked at stands in the address', async (t) => {
  t.same(kindsIn('check,boot,nonsense'), ['boot', 'check'], 'in the order in which they are shown');
  t.same(kindsIn(null), []);
  t.equal(kindsWith(['boot'], 'check'), 'boot,check');
  t.equal(kindsWith(['boot'], 'boot'), null);
  t.same(atBefore(undefined, undefined), {});
  t.same(atBefore('42', undefined), { cursor: '43' }, 'until a revision, that one as well');
  t.same(atBefore('1790000000000', undefined), { until: 1_790_000_000_000 });
  t.same(atBefore('2026-11-21T10:00:00Z', undefined), { until: 1_795_255_200_000 });
  t.same(atBefore('42', '17'), { cursor: '17' }, 'what is older than a page');
  t.same(pickedIn('7,x,9,11'), [7, 9]);
  t.equal(withPicked([7, 9], 11), '9,11', 'of three the first gives way');
  t.equal(withPicked([7], 7), null);
});

const entry = (at: number, kind: string, changes: HistoryEntry['changes'] = []): HistoryEntry => ({
  ...{ id: `${at}.0`, revision: at, at, kind, text: kind, by: 'station', changes },
  ...{ by_name: null, process: null, operation: null, event: {} as HistoryEntry['event'] },
});

t.test('a ribbon has a lane a kind, and marks where in time they belong', async (t) => {
  const failed = [{ of: 'ssh', from: 'ok', to: 'fail' }];
  const ribbon = ribbonOf([entry(30, 'check', failed), entry(20, 'boot'), entry(10, 'note')], 50);
  t.same(ribbon.lanes, ['boot', 'check', 'note']);
  t.same(
    ribbon.marks.map(({ place, lane, tone }) => [place, lane, tone]),
    [
      [0, 2, 'plain'],
      [0.25, 0, 'plain'],
      [0.5, 1, 'bad'],
    ],
  );
  t.match(ribbonOf([entry(10, 'boot')]), { marks: [{ place: 1 }] }, 'one alone is at its end');
  t.same(ribbonOf([]).marks, []);
  t.same(
    verdictSteps([entry(30, 'check', failed), entry(20, 'boot')], 'ssh'),
    [{ at: 30, from: 'ok', to: 'fail', rank: 0 }],
    'of a check, how its verdict went',
  );
});

t.test('of two moments is told what differs, and what was not there', async (t) => {
  const then = (state: string, processes: object[] = []): MachineThen =>
    ({
      machine: {
        ...{ state, reason: '', verdict: 'ok', failing: [], agent: 'up', roles: [], project: null },
        ...{ node: null, enclosure: null, maintenance: null, scheduler: null, note: null },
        checks: { ssh: { verdict: 'ok', value: null, text: 'ok', at: 1, ms: 2 } },
      },
      host: { interfaces: [], roles: [], memory_mib: 2048, cpus: 4, problem: '' },
      obm: null,
      processes,
      configurations: processes.map(() => ({ fid: '1', environment: { PORT: '7' } })),
    }) as unknown as MachineThen;
  const process = { fid: '1', name: 'a', state: 'online', reason: '', services: [], pid: null };
  const parts = differences(then('up'), then('dark', [process]));
  const other = parts.flatMap(({ title, rows }) =>
    rows.filter(({ isSame }) => !isSame).map((row) => [title, row.what, row.before]),
  );
  t.same(other, [
    ['State', 'state', 'up'],
    ['Processes', '1 a', undefined],
    ['Configuration', '1 PORT', undefined],
  ]);
  t.match(parts.find(({ title }) => title === 'Machine')?.rows, [
    { what: 'address', before: 'not known' },
  ]);
});

t.test('the times below a plot are in UTC, and tell the day where it begins', (t) => {
  const at = (text: string): number => Date.parse(text) / 1000;
  const times = ['2026-11-27T23:00Z', '2026-11-28T00:00Z', '2026-11-28T01:00Z'].map(at);
  t.same(timeLabels(times, 3600), ['23:00\n2026-11-27', '00:00\n2026-11-28', '01:00']);
  t.same(timeLabels(times.slice(2), 10), ['01:00:00\n2026-11-28']);
  t.same(timeLabels([at('2026-11-28')], 86_400), ['2026-11-28']);
  t.end();
});

t.test('the page of a machine', async (t) => {
  const bench = await Bench.set(t, { station: { checks: unasked } });
  const { station, ask, app } = bench.station;
  const users = { ada: 'operator', bob: 'operator', vera: 'viewer' };
  for (const [name, role] of Object.entries(users)) {
    await ask('POST', '/users', { name, role });
    await ask('PUT', `/users/${name}/password`, { password });
  }
  await bench.register();
  await bench.turn('enable');
  const patient = { headers: { prefer: 'wait=60' } };
  await ask('POST', `/hosts/${host}/obm/power`, { action: 'on' }, patient);
  const begin = station.now();
  station.observations.forget([host]);
  observe(station, host, silentButOn, begin - 2 * hour);
  observe(station, host, silentButOn, begin);
  /** As the station has it once a verdict is confirmed. */
  const confirm = (check: string, verdict: 'ok' | 'fail', seen: number): Promise<unknown> =>
    station.submit(
      {
        type: 'ReportChecks',
        changes: [{ ...{ fqdn: host, check, verdict, cause: null, text: 'told', seen } }],
      },
      { actor: 'station' },
      () => null,
    );
  await confirm('ping', 'fail', begin);
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const browser = await openBrowser(t);
  const sent = (): number => bench.proxy.calls.filter((call) => call === 'POST power').length;

  const comes = async (user: string, code = ''): Promise<Visit> => {
    // All that is told is in UTC, wherever it is read.
    const one = await visit(t, browser, { timezoneId: 'Asia/Kathmandu' });
    await one.page.goto(`${url}/machines/${host}`);
    await one.page.getByLabel('Name').fill(user);
    await one.page.getByLabel(/^Code/).fill(code);
    await one.page.getByLabel('Password').fill(password);
    await one.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await one.page.getByRole('heading', { name: host }).waitFor();
    return one;
  };
  const ada = await comes('ada');
  const bob = await comes('bob');
  const vera = await comes('vera');
  const dialog = (page: Page) => page.getByRole('dialog');
  const aptButton = (page: Page) => page.getByRole('button', { name: 'Cycle its power…' });

  t.test('says what is suggested, on what that stands, and who may do it', async (t) => {
    const { page } = vera;
    await page.getByText('Suggested: power-cycle').waitFor();
    await page.getByText('What speaks for it:').waitFor();
    await page.getByRole('listitem').filter({ hasText: 'its BMC answers' }).waitFor();
    const button = aptButton(page);
    const whatToDo = page.getByRole('region', { name: 'What to do' });
    await whatToDo.getByText('You may not do this').waitFor();
    t.equal(await button.getAttribute('aria-disabled'), 'true');
    await page.getByRole('row').filter({ hasText: 'its agent is not heard' }).waitFor();
    await page.getByText('enabled since').waitFor();
  });

  t.test('shows what people wrote as it is to be read, and says what is no note', async (t) => {
    const { page } = ada;
    await page.getByText('Other actions').click();
    await page.getByRole('button', { name: 'Write a note…' }).click();
    const field = dialog(page).getByRole('textbox');
    await field.fill('\u001b[31mred');
    await dialog(page).getByRole('button', { name: 'Write it down' }).click();
    await dialog(page).getByRole('alert').waitFor();
    await field.fill('<script>window.hit = 1</script> \u202efdp.exe');
    // The station has it, and its answer is lost: who presses once more writes it down once.
    await page.route(
      '**/notes*',
      async (route) => {
        await route.fetch();
        await route.abort();
      },
      { times: 1 },
    );
    await dialog(page).getByRole('button', { name: 'Write it down' }).click();
    await dialog(page).getByText('cannot reach').waitFor();
    await dialog(page).getByRole('button', { name: 'Write it down' }).click();
    await dialog(page).waitFor({ state: 'detached' });
    t.equal((await ask('GET', `/hosts/${host}/notes`)).body.notes.length, 1);
    const words = String.raw`<script>window.hit = 1</script> \u202efdp.exe`;
    const notes = page.getByRole('region', { name: 'Notes' });
    await notes.getByText(words).filter({ hasText: '(ada, ' }).waitFor();
    await page.getByRole('row').filter({ hasText: words }).waitFor();
    t.equal(await page.evaluate('window.hit'), undefined);
    await bob.page.getByRole('row').filter({ hasText: words }).waitFor();
  });

  t.test('a grant that is revoked while the dialog is open stops what is pressed', async (t) => {
    const { page } = ada;
    await aptButton(page).click();
    await dialog(page).getByLabel('Why (may be left out)').fill('<b>silent</b> \u202eon');
    const grant = dialog(page).getByRole('group', { name: 'This takes a grant' });
    await grant.getByRole('button', { name: 'Take up the grant' }).click();
    await grant.getByLabel('Your password once more').fill('wrong password');
    await grant.getByRole('button', { name: 'Take up the grant' }).click();
    await grant.getByRole('alert').waitFor();
    await grant.getByLabel('Your password once more').fill(password);
    await grant.getByRole('button', { name: 'Take up the grant' }).click();
    const plan = dialog(page).getByRole('region', { name: 'What will be done' });
    await plan.getByRole('listitem').filter({ hasText: 'switch it off and on again' }).waitFor();
    await plan.getByRole('listitem').filter({ hasText: 'skipped: it was not asked' }).waitFor();
    const [given] = (await ask('GET', '/grants')).body.items;
    t.match(given, { user: 'ada', hosts: [host], reason: '<b>silent</b> \u202eon' });
    await ask('DELETE', `/grants/${given.id}`);
    const before = sent();
    await dialog(page).getByRole('button', { name: 'Cycle its power', exact: true }).click();
    await grant.waitFor();
    t.equal(sent(), before, 'nothing was sent');
  });

  t.test('a second person sees who has it, and the first how it ends', async (t) => {
    const { page } = ada;
    const before = sent();
    const grant = dialog(page).getByRole('group', { name: 'This takes a grant' });
    await grant.getByRole('button', { name: 'Take up the grant' }).click();
    await grant.getByLabel('Your password once more').fill(password);
    await grant.getByRole('button', { name: 'Take up the grant' }).click();
    await dialog(page).getByRole('button', { name: 'Cycle its power', exact: true }).click();
    const stages = dialog(page).getByRole('list', { name: 'Stages' });
    const stage = (text: RegExp) => stages.getByRole('listitem').filter({ hasText: text });
    await stage(/skipped drain/).waitFor();
    await stage(/running boot/).waitFor();
    await until('the order to be sent', () => sent() === before + 1);

    const has = bob.page.getByRole('region', { name: 'Under way' });
    await has.getByText(/reboot has it since .*, ordered by ada/).waitFor();
    const toBob = bob.page.getByRole('region', { name: 'What to do' });
    await toBob.getByText(/reboot is under way: operation \d+ of ada/).waitFor();
    t.equal(await aptButton(bob.page).getAttribute('aria-disabled'), 'true');
    await has.getByRole('button', { name: /^Cancel operation/ }).click();
    const cancel = dialog(bob.page).getByRole('heading', { name: /^Cancel operation \d+$/ });
    await cancel.waitFor();
    const asked = await cancel.textContent();

    observe(station, host, well, station.now());
    const boot_id = '00000000-0000-4000-8000-00000000b007';
    await ask('PUT', `/hosts/${host}/facts`, reported('10.0.0.3', { boot_id }));
    await dialog(page).getByText('succeeded').waitFor();
    await stage(/done resume/).waitFor();
    // What was opened stays although what it was opened from is gone.
    await page.getByText('Suggested: power-cycle').waitFor({ state: 'detached' });
    await stage(/done resume/).waitFor();
    await dialog(page).getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('row').filter({ hasText: 'the operation is done' }).waitFor();
    await page
      .getByRole('row')
      .filter({ hasText: String.raw`<b>silent</b> \u202eon` })
      .first()
      .waitFor();
    await has.waitFor({ state: 'detached' });
    t.equal(await cancel.textContent(), asked);
    await dialog(bob.page).getByRole('button', { name: 'Leave it' }).click();
    await dialog(bob.page).waitFor({ state: 'detached' });
    t.equal(await bob.page.evaluate('document.activeElement.id'), 'main');

    await confirm('ping', 'ok', station.now());
    await page
      .getByRole('row')
      .filter({ hasText: /^.*check.*ping/ })
      .first()
      .waitFor();
    await page.evaluate(() => {
      const { prototype } = CanvasRenderingContext2D;
      const fillText: unknown = Reflect.get(prototype, 'fillText');
      prototype.fillText = function fill(text, ...place) {
        document.body.dataset.drawn = `${document.body.dataset.drawn ?? ''} ${text}`;
        (fillText as typeof prototype.fillText).call(this, text, ...place);
      };
    });
    await page.getByRole('button', { name: 'History of ping' }).click();
    const plot = page.getByRole('img', { name: 'Verdicts of ping, from fail to ok, at last ok' });
    await plot.locator('canvas').waitFor();
    const hours = [0, 1].map((ago) => new Date(station.now() - ago * hour).getUTCHours());
    const drawn = await page.waitForFunction(() => document.body.dataset.drawn);
    const clocks = [...String(await drawn.jsonValue()).matchAll(/(\d\d):\d\d/g)];
    t.not(clocks.length, 0);
    for (const [clock, hourOf] of clocks) t.ok(hours.includes(Number(hourOf)), clock);
  });

  t.test('what can be read is read when it is asked for, and says its age', async (t) => {
    const { page } = ada;
    await page.getByText('Sensors').click();
    const sensors = page.getByRole('group').filter({ hasText: 'Sensors' });
    await sensors.getByRole('button', { name: 'Read it now' }).click();
    await sensors.getByText(/^Read \d+s ago/).waitFor();
    await page.getByRole('button', { name: 'Check power now' }).click();
    await page.getByText(/^Looked just now: 1 of 1 answered/).waitFor();
    t.match(
      await page
        .getByRole('region', { name: 'Checks', exact: true })
        .getByRole('status')
        .textContent(),
      /power: /,
    );
  });

  t.test('maintenance is begun and ended by the keyboard alone', async (t) => {
    const { page } = bob;
    const menu = page.locator('summary', { hasText: 'Other actions' });
    const press = async (name: RegExp): Promise<void> => {
      for (let tabs = 0; tabs < 40; tabs += 1) {
        await page.keyboard.press('Tab');
        const at = await page.evaluate<string>('document.activeElement.textContent');
        if (name.test(at)) return page.keyboard.press('Enter');
      }
      t.fail(`${name} is not reached by Tab`);
    };
    await menu.focus();
    await page.keyboard.press('Enter');
    await press(/^Begin maintenance…$/);
    await dialog(page).waitFor();
    await page.keyboard.type('a new fan');
    await dialog(page).getByRole('heading', { name: 'What will be done' }).waitFor();
    await press(/^Begin maintenance$/);
    await page.getByText('Somebody works on it: a new fan (bob, since').waitFor();
    t.equal(await page.evaluate('document.activeElement.textContent'), 'Other actions');
    await page.keyboard.press('Enter');
    await press(/^End maintenance…$/);
    await dialog(page).getByRole('heading', { name: 'What will be done' }).waitFor();
    await press(/^End maintenance$/);
    await page.getByText('Somebody works on it').waitFor({ state: 'detached' });
  });

  t.test('a code takes up a grant; a session that ends in between sends nothing', async (t) => {
    await ask('POST', '/users', { name: 'tina', role: 'operator' });
    await ask('PUT', '/users/tina/password', { password });
    const { token } = (await ask('POST', '/sessions', { user: 'tina', password })).body;
    const asTina = (method: 'POST' | 'PUT', body: object): Promise<Answer> =>
      ask(method, '/users/tina/totp', body, { token });
    const { secret } = (await asTina('POST', { password })).body;
    const code = (later = 0): string => codeOf(secret, Math.floor(station.now() / step) + later);
    const { recovery_codes: codes } = (await asTina('PUT', { code: code() })).body;
    const { page } = await comes('tina', codes[0]);
    await page.getByText('Other actions').click();
    await page.getByRole('button', { name: 'Reboot it although nothing suggests it…' }).click();
    const order = page.getByRole('dialog', { name: `Reboot it: ${host}` });
    await order.getByLabel('Why', { exact: true }).fill('a new board');
    const grant = order.getByRole('group', { name: 'This takes a grant' });
    await grant.getByRole('button', { name: 'Take up the grant' }).click();
    await grant.getByLabel('A code of your authenticator').fill(code(1));
    await grant.getByRole('button', { name: 'Take up the grant' }).click();
    await order.getByRole('heading', { name: 'What will be done' }).waitFor();
    const before = sent();
    await page.context().clearCookies();
    await order.getByRole('button', { name: 'Reboot it', exact: true }).click();
    const ended = page.getByRole('dialog', { name: 'Your session has ended' });
    await ended.getByLabel('Password').fill(password);
    await ended.getByLabel(/^Code/).fill(codes[1]);
    await ended.getByRole('button', { name: 'Sign in', exact: true }).click();
    await ended.waitFor({ state: 'detached' });
    t.equal(await order.getByLabel('Why', { exact: true }).inputValue(), 'a new board');
    await grant.waitFor();
    t.equal(sent(), before, 'the grant was of the session that has ended');
    await order.getByRole('button', { name: 'Leave it' }).click();
    await order.waitFor({ state: 'detached' });
  });

  t.test('what happened is narrowed, gone through by keys, and compared', async (t) => {
    const { page } = ada;
    await page.getByLabel('Boots', { exact: true }).check();
    await page.waitForURL(/kinds=boot/);
    const list = page.getByRole('region', { name: 'What happened, newest first' });
    await list.getByRole('row').filter({ hasText: 'note' }).first().waitFor({ state: 'detached' });
    await page.getByLabel('Boots', { exact: true }).uncheck();
    await list.getByRole('row').filter({ hasText: 'note' }).first().waitFor();
    const ribbon = page.getByRole('group', { name: /What happened over time/ });
    const last = ribbon.getByRole('link').last();
    await last.focus();
    await page.keyboard.press('Home');
    const first = await page.evaluate('document.activeElement.getAttribute("aria-label")');
    t.match(first, /^\d{4}-\d\d-\d\dT.*: .+/, 'a mark is said in words');
    t.not(first, await last.getAttribute('aria-label'));

    const rows = list.getByRole('checkbox');
    await rows.last().check();
    await rows.first().check();
    await page.getByRole('link', { name: /^Compare revisions/ }).click();
    await page.waitForURL(/compare\?from=\d+&to=\d+/);
    const machine = page.getByRole('region', { name: 'Out of band', exact: true });
    await machine.getByRole('row').filter({ hasText: 'enabled' }).waitFor();
    await page.getByText(/\d+ things differ\./).waitFor();
  });

  t.test('as it was is shown without anything to press', async (t) => {
    const { page } = bob;
    const list = page.getByRole('region', { name: 'What happened, newest first' });
    await list.getByRole('link', { name: 'as it was' }).last().click();
    await page.getByText(/This is the past/).waitFor();
    await page.getByText('It has no OBM here').waitFor();
    t.equal(await page.getByText('Other actions').count(), 0);
    t.equal(await page.getByRole('heading', { name: 'What to do' }).count(), 0);
    const enabled = page.getByRole('button', { name: /now|Cycle|Reboot/, disabled: false });
    t.same(await enabled.allTextContents(), ['Back to now']);
    await page.getByRole('button', { name: 'Back to now' }).click();
    await page.getByRole('heading', { name: 'What to do' }).waitFor();
  });

  t.test('fits a telephone, and complains of nothing', async (t) => {
    const { page } = vera;
    await page.setViewportSize({ width: 360, height: 800 });
    const wide = await page.evaluate<string[]>(
      `[...document.querySelectorAll('main *')]
        .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.scroll, .ribbon'))
        .map((one) => one.outerHTML.slice(0, 80))`,
    );
    t.same(wide, [], 'nothing but tables is wider than the page');
    t.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= 360);
    for (const { complaints } of [ada, bob, vera])
      t.same(
        complaints.filter((said) => !/status of (400|401|404)|ERR_FAILED/.test(said)),
        [],
      );
  });
});
