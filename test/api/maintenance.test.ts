/** Machines that somebody works on, over HTTP. */

import t from 'tap';
import { openStation } from '../station/harness.ts';
import { free, ours, theirs, twoProjects } from './two-projects.ts';

const at = (fqdn: string): string => `/hosts/${fqdn}/maintenance`;

t.test('the host says who works on it, since when, until when and why', async (t) => {
  const { ask, tokenOf } = await openStation(t);
  for (const fqdn of ['n1.example', 'n2.example', 'n3.example'])
    await ask('POST', '/hosts', { fqdn });
  t.match((await ask('GET', '/hosts/n1.example')).body, { maintenance: null });
  const operator = await tokenOf('operator');
  const begun = await ask(
    'PUT',
    at('n1.example'),
    { reason: 'a fan', ends_in: 60 },
    { token: operator },
  );
  t.match(begun, { status: 200, body: { changed: true } });
  const { maintenance } = (await ask('GET', '/hosts/n1.example')).body;
  t.match(maintenance, { reason: 'a fan', by: `token:${operator.split('_')[1]}` });
  t.equal(maintenance.until, maintenance.since + 60_000);
  t.match((await ask('GET', '/hosts/n1.example/holder')).body, {
    maintenance: { reason: 'a fan', by: maintenance.by, by_name: 'test operator' },
  });
  await ask('PUT', at('n3.example'), { reason: 'a disk' });
  t.match((await ask('GET', '/status')).body.hosts, [
    { maintenance: { reason: 'a fan' } },
    { maintenance: null },
    { maintenance: { reason: 'a disk', until: null } },
  ]);
  const names = async (query: string): Promise<string[]> =>
    (await ask('GET', `/hosts?${query}`)).body.items.map(({ fqdn }: { fqdn: string }) => fqdn);
  t.same(await names('maintenance=true'), ['n1.example', 'n3.example']);
  t.same(await names('maintenance=false'), ['n2.example']);
  t.same(await names('maintenance=true&state=up'), []);
  t.same(await names('maintenance=true&limit=1'), ['n1.example']);
  t.match(await ask('DELETE', at('n1.example')), { status: 200, body: { changed: true } });
  t.match(await ask('DELETE', at('n1.example')), { status: 200, body: { changed: false } });
  t.same(await names('maintenance=true'), ['n3.example']);
});

t.test('what is no reason and no time is refused, by the field', async (t) => {
  const { ask } = await openStation(t);
  await ask('POST', '/hosts', { fqdn: 'n1.example' });
  const wrong: readonly [body: object, field: string][] = [
    [{}, 'reason'],
    [{ reason: '' }, 'reason'],
    [{ reason: 'two\nlines' }, 'reason'],
    [{ reason: 'x'.repeat(513) }, 'reason'],
    [{ reason: 'a fan', ends_in: 0 }, 'ends_in'],
    [{ reason: 'a fan', ends_in: 1.5 }, 'ends_in'],
    [{ reason: 'a fan', ends_in: 1e12 }, 'ends_in'],
    [{ reason: 'a fan', until: 5 }, 'until'],
  ];
  for (const [body, field] of wrong)
    t.match(await ask('PUT', at('n1.example'), body), { status: 400, body: { field } });
  t.match(await ask('PUT', at('n9.example'), { reason: 'a fan' }), { status: 404 });
  t.match(await ask('DELETE', at('n9.example')), { status: 404 });
  t.match((await ask('GET', '/hosts/n1.example')).body, { maintenance: null });
});

t.test('members see that somebody works on their machines, and on no other', async (t) => {
  const two = await twoProjects(t);
  const { ask, viewer, operator } = two;
  for (const fqdn of [ours, theirs, free]) await ask('PUT', at(fqdn), { reason: `for ${fqdn}` });
  const hosts = await ask('GET', '/hosts?maintenance=true', undefined, { token: viewer });
  t.match(hosts.body.items, [{ fqdn: ours, maintenance: { reason: `for ${ours}` } }]);
  t.equal(hosts.body.items.length, 1);
  t.notMatch(hosts.text, theirs);
  t.same(
    (await ask('GET', '/hosts?maintenance=false', undefined, { token: viewer })).body.items,
    [],
  );
  const said = await ask('PUT', at(ours), { reason: 'mine' }, { token: operator });
  t.equal(said.status, 403, 'whoever owns the machines says when they are worked on');
});
