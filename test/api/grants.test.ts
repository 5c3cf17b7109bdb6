/** Grants by the API: taken up, listed and revoked. */

import t from 'tap';
import { grantMachinesMax } from '../../src/core/values/grants.ts';
import { host, openStation } from '../station/harness.ts';

const body = { actions: ['power'], hosts: [host], reason: 'it hangs' };

t.test('a grant is taken up, listed with who and why, and revoked', async (t) => {
  const { ask, fill, tokenOf } = await openStation(t);
  await fill();
  const token = await tokenOf('operator');
  const given = await ask('POST', '/grants', { ...body, seconds: 7200, uses: 3 }, { token });
  t.match(given, { status: 201, body: { ...body, uses: 3, used: 0, user: null } });
  t.equal(given.body.until - given.body.since, 7_200_000);
  t.equal(given.body.token, token.split('_')[1]);
  const viewer = await tokenOf('viewer');
  const list = await ask('GET', '/grants', undefined, { token: viewer });
  t.strictSame(list.body.items, [given.body]);
  const { id } = given.body;
  t.match(await ask('DELETE', `/grants/${id}`, undefined, { token: viewer }), {
    status: 404,
    body: { code: 'unknown-grant' },
  });
  t.match(await ask('DELETE', `/grants/${id}`), { status: 200, body: { changed: true } });
  t.match(await ask('DELETE', `/grants/${id}`), { status: 404 });
  t.strictSame((await ask('GET', '/grants')).body.items, []);
  const events = (await ask('GET', '/events?type=GrantGiven&type=GrantRevoked')).body.events;
  t.match(events, [
    { type: 'GrantGiven', data: { reason: 'it hangs' } },
    { type: 'GrantRevoked', data: { by: /^token:/ } },
  ]);
});

t.test(
  '50: who has no right to it is given no grant, and a dry run gives none either',
  async (t) => {
    const { ask, fill, tokenOf } = await openStation(t);
    await fill();
    for (const role of ['viewer', 'note-taker', 'agent'] as const) {
      const token = await tokenOf(role);
      t.match(await ask('POST', '/grants', body, { token }), {
        status: 403,
        body: { code: 'not-allowed' },
      });
    }
    t.match(await ask('POST', '/grants?dry_run=true', body), {
      status: 200,
      body: { events: [{ type: 'GrantGiven' }] },
    });
    t.strictSame((await ask('GET', '/grants')).body.items, []);
    t.match(await ask('POST', '/grants', body, { key: 'again' }), { status: 400 });
  },
);

t.test('a grant names so many machines, and one more is refused', async (t) => {
  const { ask } = await openStation(t);
  const hosts = Array.from({ length: grantMachinesMax + 1 }, (_, i) => `n${i}.example`);
  t.match(await ask('POST', '/grants', { ...body, hosts }), {
    status: 400,
    body: { code: 'invalid-request' },
  });
  t.match(await ask('POST', '/grants', { ...body, hosts: hosts.slice(1) }), {
    status: 404,
    body: { code: 'unknown-host' },
  });
});
