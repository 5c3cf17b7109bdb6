/** A host that was renamed, as those see it who ask the station. */

import t from 'tap';
import type { Answer } from './harness.ts';
import { openStation, reported } from './harness.ts';

const [old, now] = ['old.example', 'new.example'];

const revisionsOf = ({ body }: Answer): number[] =>
  body.steps.map(({ revision }: { revision: number }) => revision);

t.test('its history is told under its present name, and no other host’s is', async (t) => {
  const { ask, station } = await openStation(t);
  await ask('POST', '/hosts', { fqdn: old });
  await ask('PUT', `/hosts/${old}/facts`, reported('10.0.0.3'));
  const to = { to: now };
  const refused = await ask('POST', `/hosts/${old}/rename`, to);
  t.match(refused, { status: 409, body: { code: 'host-busy' } }, 'it is up');

  const down = { type: 'ReportNodeDown', fqdn: old, reason: 'silence' } as const;
  await station.submit(down, { actor: 'test' }, () => null);
  const before = revisionsOf(await ask('GET', `/why/${old}`));
  const dry = await ask('POST', `/hosts/${old}/rename?dry_run=true`, to);
  t.match(dry.body, { dry_run: true, events: [{ type: 'HostRenamed' }] });
  t.match(await ask('POST', `/hosts/${old}/rename`, to), { status: 200, body: { fqdn: now } });
  const renamed = station.head;
  t.same(revisionsOf(await ask('GET', `/why/${now}`)), [...before, renamed]);
  t.match(await ask('GET', `/hosts/${old}`), { status: 404 });

  await ask('POST', '/hosts', { fqdn: old });
  const other = station.head;
  await ask('PUT', `/hosts/${now}/facts`, reported('10.0.0.3'));
  const told = revisionsOf(await ask('GET', `/why/${now}`));
  t.same(told, [...before, renamed, station.head], 'the new host of the old name is another');
  t.same(revisionsOf(await ask('GET', `/why/${old}`)), [other]);
});

t.test(
  'its agent’s token speaks for it under the new name, and not under the old one',
  async (t) => {
    const { ask, tokenOf } = await openStation(t);
    await ask('POST', '/hosts', { fqdn: old });
    const token = await tokenOf('agent', { host: old });
    t.match(await ask('POST', `/hosts/${old}/rename`, { to: now }), { status: 200 });
    const report = (fqdn: string): Promise<Answer> =>
      ask('PUT', `/hosts/${fqdn}/facts`, reported('10.0.0.3'), { token });
    t.match(await report(old), { status: 403, body: { code: 'identity-mismatch' } });
    t.match(await report(now), { status: 200 });
  },
);
