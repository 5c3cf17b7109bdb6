/** Who did what to which machine, when, and by which grant. */

import t from 'tap';
import { host, openStation } from '../station/harness.ts';

const password = 'correct horse battery';
const other = 'node1.halcyon.example';

t.test(
  'what people did is told by machine, by person and since when, with grant and reason',
  async (t) => {
    const { ask, fill } = await openStation(t);
    await fill();
    await ask('POST', '/users', { name: 'ada', role: 'operator' });
    await ask('PUT', '/users/ada/password', { password });
    const { token, id } = (await ask('POST', '/sessions', { user: 'ada', password }, { token: '' }))
      .body;
    const body = { actions: ['power'], hosts: [host], reason: 'it hangs', password };
    const grant = (await ask('POST', '/grants', body, { token })).body.id;
    await ask('PUT', `/hosts/${host}/maintenance`, { reason: 'a fan' }, { token });
    await ask('PUT', `/hosts/${other}/maintenance`, { reason: 'a disk' });
    await ask('DELETE', '/sessions/current', undefined, { token });

    const told = async (query: string) => (await ask('GET', `/audit?${query}`)).body.items;
    const ofHost = await told(`host=${host}`);
    t.match(ofHost, [
      { type: 'GrantGiven', user: 'ada', grant },
      {
        type: 'MaintenanceBegun',
        user: 'ada',
        actor: `token:${id}`,
        hosts: [host],
        reason: 'a fan',
      },
    ]);
    t.equal(ofHost.length, 2);
    const hers = await told('actor=ada');
    t.match(
      hers.map(({ type }: { type: string }) => type),
      ['CredentialIssued', 'GrantGiven', 'MaintenanceBegun', 'CredentialRevoked'],
    );
    t.match(hers[1], { grant, reason: 'it hangs', hosts: [host], user: 'ada' });
    t.ok((await told('')).some(({ type }: { type: string }) => type === 'UserAdded'));
    t.strictSame(await told(`since=${Date.now() + 60_000}`), []);
    const first = (await ask('GET', '/audit?limit=1')).body;
    t.equal(first.items.length, 1);
    const rest = (await ask('GET', `/audit?from=${first.next}`)).body;
    t.strictSame([...first.items, ...rest.items], await told(''));
    t.strictSame(await told('host=constructor'), []);
  },
);
