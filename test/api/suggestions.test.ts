/** What is suggested about machines, over HTTP. */

import t from 'tap';
import type { Test } from 'tap';
import { bodyOf, openStation } from '../station/harness.ts';
import type { InProcess } from '../station/harness.ts';
import { HandTime } from '../station/hand-time.ts';
import { observe, silentButOn, unasked, well } from '../station/suggestions/observed.ts';
import { free, ours, theirs, twoProjects } from './two-projects.ts';

const minute = 60_000;

interface Played extends InProcess {
  readonly time: HandTime;
  /** What was found of a machine `ago` minutes ago, and is found still. */
  readonly found: (host: string, what: typeof well, ago?: number) => void;
}

const played = async (t: Test, hosts: readonly string[]): Promise<Played> => {
  const time = new HandTime();
  const opened = await openStation(t, { time, checks: unasked });
  for (const fqdn of hosts) await opened.ask('POST', '/hosts', { fqdn });
  const found: Played['found'] = (host, what, ago = 0) => {
    observe(opened.station, host, what, time.now() - ago * minute);
    if (ago > 0) observe(opened.station, host, what, time.now());
  };
  return { ...opened, time, found };
};

const suggestion = (host: string): string => `/hosts/${host}/suggestion`;

t.test(
  '35: action, confidence, evidence, vetoes and expiry of a machine that fell silent',
  async (t) => {
    const { ask, found } = await played(t, ['n1.example']);
    found('n1.example', silentButOn, 120);
    const { status, body } = await ask('GET', suggestion('n1.example'));
    t.equal(status, 200);
    t.match(body, {
      host: 'n1.example',
      action: 'power-cycle',
      symptom: 'silent-power-on',
      confidence: 0.8,
      n_history: 0,
      vetoes: [],
      forbidden: null,
      rules: 'halcyon-1',
    });
    t.ok(body.evidence.some(({ text }: { text: string }) => text === 'power is on'));
    t.match((await ask('GET', '/nodes/n1.example/suggestion')).body, { action: 'power-cycle' });
    const { body: page } = await ask('GET', '/suggestions');
    t.match(page.items, [{ host: 'n1.example', action: 'power-cycle', confidence: 0.8 }]);
  },
);

t.test(
  'a machine that just fell silent, one that is well, and one of which nothing is known',
  async (t) => {
    const { ask, found, time } = await played(t, ['n1.example', 'n2.example', 'constructor']);
    found('n1.example', silentButOn, 3);
    found('n2.example', well, 120);
    for (const host of ['n1.example', 'n2.example', 'constructor'])
      t.match((await ask('GET', suggestion(host))).body, { action: 'none', vetoes: [] });
    t.same((await ask('GET', '/suggestions')).body.items, []);
    await time.pass(8 * minute);
    t.match((await ask('GET', suggestion('n1.example'))).body, { action: 'power-cycle' });
  },
);

t.test('a machine in maintenance is left alone, and who has it is told', async (t) => {
  const { ask, found } = await played(t, ['n1.example']);
  found('n1.example', silentButOn, 120);
  t.match((await ask('GET', suggestion('n1.example'))).body, { action: 'power-cycle' });
  await ask('PUT', '/hosts/n1.example/maintenance', { reason: 'a fan' });
  const { body } = await ask('GET', suggestion('n1.example'));
  t.match(body, { action: 'none', confidence: 0, forbidden: { action: 'power-cycle' } });
  t.match(body.vetoes, [{ code: 'maintenance', text: /works on it: a fan$/ }]);
});

t.test('64: what was not seen often enough suggests nothing', async (t) => {
  const { ask, found } = await played(t, ['n1.example']);
  const soft = Object.fromEntries(
    Object.entries(silentButOn).map(([check, what]) => [check, { ...what, soft: true as const }]),
  );
  found('n1.example', soft, 120);
  t.match((await ask('GET', suggestion('n1.example'))).body, {
    action: 'none',
    vetoes: [{ code: 'not-confirmed' }],
  });
});

t.test('37: machines of one chassis that fell silent together are one incident', async (t) => {
  const names = Array.from({ length: 14 }, (_, i) => `n${i + 1}.example`);
  const facts = `cluster: c
places: [{site: s, racks: [{rack: r1, enclosures: [c1, c2]}]}]
hosts:
${names.map((fqdn) => `  - {fqdn: ${fqdn}, roles: [], enclosure: c1}`).join('\n')}
  - {fqdn: n99.example, roles: [], enclosure: c2}
`;
  const { ask, found } = await played(t, []);
  const loaded = await ask('POST', '/load', bodyOf(facts));
  t.equal(loaded.status, 200, loaded.text);
  for (const [i, name] of names.entries()) found(name, silentButOn, 120 - i / 20);
  found('n99.example', silentButOn, 60);
  const { body } = await ask('GET', '/incidents');
  t.match(body.items, [{ kind: 'chassis', name: 'c1', of: 14, hosts: names.toSorted() }]);
  t.match(
    body.items[0].says,
    /14 of the 14 machines of chassis c1 fell silent within \d+ s; look at/,
  );
  const { items } = (await ask('GET', '/suggestions')).body;
  t.equal(items.length, 15);
  for (const { host, action, incident, vetoes } of items) {
    t.equal(action, host === 'n99.example' ? 'power-cycle' : 'none', host);
    if (host === 'n99.example') continue;
    t.equal(incident, body.items[0].id);
    t.match(vetoes, [{ code: 'correlated' }]);
  }
});

t.test('43: asking changes nothing: no event, no order', async (t) => {
  const { ask, found, station } = await played(t, ['n1.example']);
  found('n1.example', silentButOn, 120);
  const head = station.head;
  for (const path of ['/suggestions', '/incidents', suggestion('n1.example'), '/suggestions/rules'])
    t.equal((await ask('GET', path)).status, 200);
  t.equal(station.head, head);
  t.match(await ask('POST', '/suggestions'), { status: 405 });
});

t.test('pages, one action only, and what is misspelt', async (t) => {
  const names = ['n1.example', 'n2.example', 'n3.example'];
  const { ask, found } = await played(t, names);
  for (const name of names) found(name, silentButOn, 120);
  found('n3.example', { ...silentButOn, power: { verdict: 'ok', value: 'off' } });
  const first = (await ask('GET', '/suggestions?limit=2')).body;
  t.same(
    first.items.map(({ host }: { host: string }) => host),
    ['n1.example', 'n2.example'],
  );
  const second = (await ask('GET', `/suggestions?limit=2&cursor=${first.next}`)).body;
  t.match(second, { items: [{ host: 'n3.example', action: 'power-on' }], next: null });
  t.equal((await ask('GET', '/suggestions?action=power-on')).body.items.length, 1);
  t.equal((await ask('GET', '/suggestions?acton=power-on')).status, 400);
  t.match(await ask('GET', suggestion('n9.example')), {
    status: 404,
    body: { code: 'unknown-host' },
  });
});

t.test('members are told of their own machines only', async (t) => {
  const { ask, station, viewer: member } = await twoProjects(t, { checks: unasked });
  const now = Date.now();
  for (const host of [ours, theirs, free]) {
    observe(station, host, silentButOn, now - 20 * minute);
    observe(station, host, silentButOn, now);
  }
  t.equal((await ask('GET', suggestion(ours), undefined, { token: member })).status, 200);
  t.equal((await ask('GET', suggestion(theirs), undefined, { token: member })).status, 404);
  const { items } = (await ask('GET', '/suggestions', undefined, { token: member })).body;
  t.same(
    items.map(({ host }: { host: string }) => host),
    [ours],
  );
  t.equal((await ask('GET', '/incidents', undefined, { token: member })).status, 403);
});
