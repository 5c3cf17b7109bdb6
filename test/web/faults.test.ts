/** What goes wrong while a page is open: with the station, the session, the clock, the version. */

import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { once } from 'node:events';
import t from 'tap';
import type { Test } from 'tap';
import { host, openStation, temporary } from '../station/harness.ts';
import { openBrowser, signInByToken, visit } from './chromium.ts';

/** A way to a station that can fall silent, as a station that hangs, and be cut. */
const wayTo = async (t: Test, port: () => number) => {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isSilent = false;
  let isAway = false;
  const server = createServer((near) => {
    if (isAway) return void near.destroy();
    const far = connect(port(), '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('data', (bytes) => isSilent || to.write(bytes));
      from.on('error', () => undefined);
      from.on('close', () => {
        pairs.delete(pair);
        to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  t.teardown(() => {
    cut();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    silence: (now: boolean): void => void (isSilent = now),
    /** Nobody is there, or somebody again. */
    away: (now: boolean): void => {
      isAway = now;
      if (now) cut();
    },
  };
};

t.test('while a page is open', async (t) => {
  const directory = temporary(t);
  let running = await openStation(t, { directory });
  await running.fill();
  const { admin } = running;
  let port = Number(new URL(await running.app.listen({ port: 0, host: '127.0.0.1' })).port);
  const way = await wayTo(t, () => port);
  const browser = await openBrowser(t);
  const note = (text: string) => running.ask('POST', `/hosts/${host}/notes`, { text });

  t.test('the station is started anew: a banner says that it is old, and it goes on', async () => {
    const { page } = await visit(t, browser);
    await page.goto(`${way.url}/events?type=NoteAdded`);
    await signInByToken(page, admin);
    await page.getByText('No such event so far.').waitFor();
    await note('before');
    await page.getByRole('row').filter({ hasText: 'before' }).waitFor();
    await running.close();
    way.cut();
    await page.getByRole('status').filter({ hasText: 'What you see is as it was' }).waitFor();
    running = await openStation(t, { directory, admin });
    port = Number(new URL(await running.app.listen({ port: 0, host: '127.0.0.1' })).port);
    await note('after');
    await page.getByRole('row').filter({ hasText: 'after' }).waitFor();
    await page.getByRole('status').filter({ hasText: 'as it was' }).waitFor({ state: 'detached' });
  });

  t.test('the station hangs: within a minute nobody takes what is shown for now', async () => {
    const { page } = await visit(t, browser);
    await page.clock.install();
    await page.goto(`${way.url}/events?type=NoteAdded`);
    await signInByToken(page, admin);
    await page.getByRole('row').filter({ hasText: 'after' }).waitFor();
    way.silence(true);
    await page.clock.fastForward(60_000);
    await page.getByRole('status').filter({ hasText: 'fallen silent' }).waitFor();
    way.silence(false);
    way.cut();
    await page.clock.fastForward(20_000);
    await page.getByRole('status').filter({ hasText: 'as it was' }).waitFor({ state: 'detached' });
  });

  t.test('the station was away when a page was opened: it is asked again by itself', async (t) => {
    const { page } = await visit(t, browser);
    await page.clock.install();
    await page.goto(`${way.url}/fleet`);
    await signInByToken(page, admin);
    await page.getByRole('link', { name: host }).waitFor();
    const back = async (): Promise<void> => {
      way.away(false);
      await page.clock.fastForward(5000);
    };
    const problem = page.getByRole('alert').filter({ hasText: 'cannot reach' });
    const goTo = async (path: string): Promise<void> => {
      await page.evaluate((to) => {
        history.pushState(null, '', to);
        dispatchEvent(new PopStateEvent('popstate'));
      }, path);
    };
    // Its parts are loaded while the station is there: what is asked of the station is what matters here.
    for (const [path, title] of [
      ['/audit', 'Audit'],
      ['/events', 'Events'],
      ['/fleet', 'Fleet'],
    ] as const) {
      await goTo(path);
      await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
    }
    await page.getByRole('link', { name: host }).waitFor();
    way.away(true);
    await page.getByLabel(`Select ${host}`).check();
    const unknown = page.getByText('Whether you may do this is not known').first();
    await unknown.waitFor();
    await back();
    await unknown.waitFor({ state: 'detached' });
    const begin = page.getByRole('button', { name: 'Begin maintenance…' });
    t.equal(await begin.getAttribute('aria-disabled'), null, 'it can be ordered again');
    for (const path of ['/audit', '/events', '/fleet?at=2']) {
      way.away(true);
      await goTo(path);
      await problem.first().waitFor();
      await back();
      await problem.first().waitFor({ state: 'detached' });
      await page.locator('.rows [role=row]').first().waitFor();
    }
  });

  t.test('the session ends while something is written: what was written stays', async (t) => {
    const { page } = await visit(t, browser);
    await page.goto(`${way.url}/audit`);
    await signInByToken(page, admin);
    const field = page.getByLabel('Who (a name, or the id of a token)');
    await page.getByLabel('Machine').fill(host);
    await field.fill('half a na');
    await page.context().clearCookies();
    // News of the log may have asked already: then it is for the dialog, which takes it for nothing.
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
    await dialog.waitFor();
    await signInByToken(page, admin);
    await dialog.waitFor({ state: 'detached' });
    t.equal(await page.getByLabel('Machine').inputValue(), host);
    t.equal(await field.inputValue(), 'half a na');
    await page.getByRole('row').filter({ hasText: 'TIME' }).waitFor();
  });

  t.test('the clock of the browser is an hour off: ages are right all the same', async (t) => {
    const { page } = await visit(t, browser);
    await page.clock.setSystemTime(Date.now() + 3_600_000);
    await page.goto(`${way.url}/operations`);
    await signInByToken(page, admin);
    await running.ask('POST', '/cluster/start');
    const ordered = page.getByRole('row').filter({ hasText: 'start' }).locator('time').first();
    await ordered.waitFor();
    t.match(await ordered.textContent(), /^\d+s ago$|^[1-5]?\dm ago$/);
    t.notMatch(await ordered.textContent(), /h/);
  });

  t.test('the station has another version: the page says so, and can be loaded anew', async () => {
    const { page } = await visit(t, browser);
    await page.goto(`${way.url}/audit`);
    await signInByToken(page, admin);
    await page.getByRole('heading', { name: 'Audit' }).waitFor();
    await page.route('**/assets/page-*.js', (route) => route.fulfill({ status: 404 }));
    await page.getByRole('link', { name: 'Station', exact: true }).click();
    await page
      .getByText('The station was not reached, or is of another version than the page by now.')
      .waitFor();
    await page.unroute('**/assets/page-*.js');
    await page.getByRole('button', { name: 'Load the page anew' }).click();
    await page.getByRole('heading', { name: 'Station', exact: true }).waitFor();
  });
});
