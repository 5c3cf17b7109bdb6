/** One of several stations in the browser: how it stands, and which there are. */

import t from 'tap';
import { openSharedMemoryLog, SharedMemory } from '../../src/log/shared-memory.ts';
import { openStation, until } from '../station/harness.ts';
import { twoStations } from '../station/two-stations.ts';
import { openBrowser, signInByToken, visit } from './chromium.ts';

const browser = await openBrowser(t);

const place = { name: 'head1', url: 'https://head1.example:7400' };

t.test('the station tells how it stands, and of the others', async (t) => {
  const log = openSharedMemoryLog({ storage: new SharedMemory() });
  const { app, ask, admin, station } = await openStation(t, { log, ...place });
  await until('the other one to be known', async () => {
    const other = { name: 'head2', url: 'https://head2.example:7400' };
    return (await ask('POST', '/stations', other)).status === 201;
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const { page, complaints } = await visit(t, browser);
  await page.goto(`${url}/station`);
  await signInByToken(page, admin);
  const rowOf = (words: string) => page.getByRole('row').filter({ hasText: words });
  await page.getByRole('region', { name: 'Stations' }).waitFor();
  // It is elected anew where this machine stood still for longer than its lease.
  await until('the page to tell its term', async () => {
    const said = await rowOf('head1').textContent();
    return said?.startsWith(`head1leads${station.standing.term}`);
  });
  t.match(await rowOf('head1').textContent(), /head1leads\d.*https:\/\/head1/);
  t.match(await rowOf('head2').textContent(), /head2follows.*https:\/\/head2/);
  await page.getByText('can be reached').waitFor();
  t.equal(await page.getByText('This station follows').count(), 0);

  log.line.cut('refused');
  await page.getByText(log.shared.trouble!).first().waitFor();
  log.line.restore();
  await page.getByText('can be reached').waitFor();

  await ask('DELETE', '/stations/head1');
  await page.getByText('none of the cluster: it may not lead').waitFor();
  await rowOf('head1').waitFor({ state: 'detached' });
  t.same(
    // What only the one that leads could tell, while nobody does.
    complaints.filter((said) => !/status of (401|503)/.test(said)),
    [],
  );
});

t.test('every page of one that follows says so, and leads to the one that leads', async (t) => {
  const { leader, follower } = await twoStations(t);
  const { page, complaints } = await visit(t, browser);
  const password = 'correct horse battery';
  await follower.ask('POST', '/users', { name: 'ada', role: 'viewer' });
  await follower.ask('PUT', '/users/ada/password', { password });
  await page.goto(`${follower.url}/fleet`);
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  for (const where of ['Map', 'Station']) {
    await page.getByRole('link', { name: where }).click();
    await page.getByText('This station follows; head1 leads.').waitFor();
    const link = page.getByRole('link', { name: 'Go to the one that leads' });
    t.equal(await link.getAttribute('href'), leader.url);
  }
  await page.getByText('following, since').waitFor();
  t.same(
    complaints.filter((said) => !/status of 401/.test(said)),
    [],
  );
});

t.test('one that has its log for itself says nothing of others', async (t) => {
  const { app, admin } = await openStation(t);
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const { page } = await visit(t, browser);
  await page.goto(`${url}/station`);
  await signInByToken(page, admin);
  await page.getByRole('heading', { name: 'Log' }).waitFor();
  t.equal(await page.getByRole('heading', { name: 'Stations' }).count(), 0);
  t.equal(await page.getByText('Leader').count(), 0);
});
