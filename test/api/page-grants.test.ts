/** What takes more than a session, asked by the page in a browser: a grant is taken up there, and used. */

import t from 'tap';
import { codeOf } from '../../src/station/access/totp.ts';
import { Bench } from '../station/obm-bench.ts';
import { observe, silentButOn, unasked } from '../station/suggestions/observed.ts';
import { password } from './page-of-ada.ts';
import { PageBrowser } from './page-browser.ts';
import type { PageAnswer } from './page-browser.ts';

const fqdn = 'n0000.savio3';
const hour = 3_600_000;

t.test('a machine is rebooted from a browser: by a grant, which takes a code', async (t) => {
  const bench = await Bench.set(t, { station: { checks: unasked } });
  const { ask, app, station } = bench.station;
  await ask('POST', '/hosts', { fqdn });
  await bench.register({}, fqdn);
  await bench.turn('enable', fqdn);
  for (const at of [station.now() - 2 * hour, station.now()])
    observe(station, fqdn, silentButOn, at);
  await ask('POST', '/users', { name: 'ada', role: 'operator' });
  await ask('PUT', '/users/ada/password', { password });
  const page = new PageBrowser().page(`${await app.listen({ host: '127.0.0.1', port: 0 })}/`);
  const post = (path: string, body: object): Promise<PageAnswer> =>
    page(path, { method: 'POST', body });

  t.match(await post('session', { user: 'ada', password }), { status: 200 });
  const { secret } = (await post('api/v1/users/ada/totp', { password })).body;
  const code = (later = 0): string => codeOf(secret, Math.floor(station.now() / 30_000) + later);
  const taken = await page('api/v1/users/ada/totp', { method: 'PUT', body: { code: code() } });
  t.match(taken, { status: 200 });

  const reboot = (): Promise<PageAnswer> =>
    post(`api/v1/hosts/${fqdn}/actions/reboot`, { reason: 'it hangs' });
  const refused = await reboot();
  t.match(refused, { status: 401, body: { code: 'step-up-needed', detail: /grant/ } });
  t.match(await page('api/v1/whoami'), { status: 200 }, 'which does not mean signed out');
  const wish = { actions: ['power'], hosts: [fqdn], reason: 'it hangs', uses: 1 };
  t.match(await post('api/v1/grants', wish), { status: 401, body: { code: 'code-needed' } });
  t.match(await post('api/v1/grants', { ...wish, code: '000000' }), {
    ...{ status: 401, body: { code: 'code-refused' } },
  });
  t.match(await post('api/v1/grants', { ...wish, code: code() }), {
    ...{ status: 201, body: { user: 'ada', second_factor: true, used: 0 } },
  });
  t.match(await reboot(), { status: 202 });
  t.match((await page('api/v1/grants')).body.items, [{ used: 1, uses: 1 }]);
  t.match(await page('session', { method: 'DELETE' }), { status: 204 });
  t.same((await ask('GET', '/grants')).body.items, [], 'it ends with the session');
});
