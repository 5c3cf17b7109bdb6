/** The stations of a cluster, as its API tells of them. */

import t from 'tap';
import type { Test } from 'tap';
import { openSharedMemoryLog, SharedMemory } from '../../src/log/shared-memory.ts';
import type { SharedMemoryLog } from '../../src/log/shared-memory.ts';
import { openStation, until } from '../station/harness.ts';
import type { InProcess } from '../station/harness.ts';
import { twoStations } from '../station/two-stations.ts';

const one = { name: 'head1', url: 'https://head1.example:7400' };
const two = { name: 'head2', url: 'https://head2.example:7400' };

interface Shared extends InProcess {
  readonly log: SharedMemoryLog;
  readonly term: number;
}

/** A station whose log others may have too, and that leads by it. */
const shared = async (t: Test): Promise<Shared> => {
  const log = openSharedMemoryLog({ storage: new SharedMemory() });
  const opened = await openStation(t, { log, ...one });
  return { ...opened, log, term: opened.station.standing.term };
};

t.test('stations are listed, added, moved and retired', async (t) => {
  const { ask, station, term } = await shared(t);
  t.match(await ask('GET', '/stations'), {
    status: 200,
    body: { term, leader: 'head1', stations: [{ ...one, leads: true, term }] },
  });
  const before = station.head;
  const added = await ask('POST', '/stations', two);
  t.match(added, { status: 201, body: { ...two, leads: false, term: null, since: null } });
  t.equal((await ask('POST', '/stations', two)).status, 200, 'again: it is one already');
  const moved = await ask('POST', '/stations', { ...two, url: 'HTTPS://Head2.example:7400/a/' });
  t.equal(moved.body.url, 'https://head2.example:7400/a');
  const { body } = await ask('GET', '/stations');
  t.equal(body.revision, station.head);
  t.match(body.stations, [{ name: 'head1' }, { name: 'head2', url: moved.body.url }]);
  t.match((await ask('GET', `/stations?at=${before}`)).body.stations, [{ name: 'head1' }]);
  t.equal((await ask('GET', `/stations?at=${before}`)).body.stations.length, 1, 'as it was');

  t.match(await ask('DELETE', '/stations/head2'), { status: 200, body: { changed: true } });
  t.match(await ask('DELETE', '/stations/head2'), {
    status: 404,
    body: { code: 'unknown-station', detail: /no station head2/ },
  });
  t.match(await ask('DELETE', '/stations/head1'), { status: 409, body: { code: 'last-station' } });
});

t.test('the one that leads is retired, and nobody leads', async (t) => {
  const { ask, term } = await shared(t);
  await ask('POST', '/stations', two);
  t.match(await ask('DELETE', '/stations/head1'), { status: 200, body: { changed: true } });
  const { body } = await ask('GET', '/stations');
  t.match(body, { term, leader: null, stations: [{ name: 'head2', leads: false }] });
});

t.test('it is tried dry, at a revision, and once for a key', async (t) => {
  const { ask, station } = await shared(t);
  const before = station.head;
  t.match(await ask('POST', '/stations?dry_run=true', two), {
    status: 200,
    body: { dry_run: true, events: [{ type: 'StationAdded', data: { station: 'head2' } }] },
  });
  t.equal(station.head, before);
  const old = { headers: { 'if-match': `"${before - 1}"` } };
  t.equal((await ask('POST', '/stations', two, old)).status, 412);
  const first = await ask('POST', '/stations', two, { key: 'k' });
  const again = await ask('POST', '/stations', two, { key: 'k' });
  t.same(again.headers['halcyon-revision'], first.headers['halcyon-revision']);
  const other = await ask('POST', '/stations', { ...two, name: 'head3' }, { key: 'k' });
  t.match(other, { status: 422, body: { code: 'idempotency-key-reused' } });
});

t.test('what is no name and no URL of a station is refused, and says what would be', async (t) => {
  const { ask } = await shared(t);
  for (const body of [
    { ...two, name: 'head 2' },
    { ...two, name: '' },
    { ...two, url: '' },
    { name: 'head2' },
    { ...two, port: 1 },
  ])
    t.match(await ask('POST', '/stations', body), {
      status: 400,
      body: { code: 'invalid-request' },
    });
  for (const url of ['head2:7400', 'ftp://head2', 'https://head2?a=1', 'https://me:pass@head2']) {
    const { status, body } = await ask('POST', '/stations', { ...two, url });
    t.match(
      { status, body },
      { status: 422, body: { code: 'invalid-station', field: 'url' } },
      url,
    );
    t.notMatch(JSON.stringify(body), 'pass');
  }
});

t.test(
  'a log in a directory is one station’s: none is added, and it says what to do',
  async (t) => {
    const { ask, station } = await openStation(t, one);
    const before = station.head;
    for (const dry of ['', '?dry_run=true'])
      t.match(await ask('POST', `/stations${dry}`, two), {
        status: 409,
        body: { code: 'log-not-shared', detail: /one station's.*high-availability/ },
      });
    t.match(await ask('GET', '/stations'), {
      body: { term: 0, leader: null, stations: [] },
    });
    t.equal(station.head, before);
  },
);

t.test('a station says how it stands, and whether its log can be reached', async (t) => {
  const { ask, station, log } = await shared(t);
  t.match((await ask('GET', '/station')).body, {
    ...{ name: 'head1', role: 'leading', leader: one, known: true, log_trouble: null },
    term: station.standing.term,
    role_since: station.standing.since,
    head: station.head,
  });
  await ask('POST', '/stations', two);
  await ask('DELETE', '/stations/head1');
  t.equal((await ask('GET', '/station')).body.known, false, 'it was retired');
  log.line.cut('refused');
  const { log_trouble: trouble } = (await ask('GET', '/station')).body;
  t.equal(trouble, log.shared.trouble);
  t.ok(trouble);
  log.line.restore();
  t.equal((await ask('GET', '/station')).body.log_trouble, null);
});

t.test('one that has its log for itself has no name, and is not asked for one', async (t) => {
  const { ask } = await openStation(t);
  t.match((await ask('GET', '/station')).body, {
    ...{ name: null, role: 'leading', term: 1, leader: null, known: null, log_trouble: null },
  });
});

t.test('why a station leads can be asked, and does not mix with a host of its name', async (t) => {
  const { ask, term } = await shared(t);
  await ask('POST', '/hosts', { fqdn: 'head1' });
  const why = await ask('GET', '/why/head1');
  t.match(why.body, { kind: 'host', steps: [{ command: 'RegisterHost' }] });
  t.equal(why.body.steps.length, 1);
  t.match((await ask('GET', '/why/head1?kind=station')).body, {
    kind: 'station',
    steps: [{ command: 'LeadStation', events: [{ type: 'StationAdded' }, { type: 'StationLed' }] }],
  });
  t.match((await ask('GET', '/why/leadership')).body, {
    kind: 'leadership',
    resource: { term, station: 'head1' },
    steps: [{ command: 'LeadStation', actor: 'station' }],
  });
});

t.test('one that follows tells how many commits a second come from the other', async (t) => {
  const { leader, follower } = await twoStations(t);
  let projects = 0;
  await until('a rate', async () => {
    await leader.ask('POST', '/projects', { name: `p${(projects += 1)}` });
    const { body } = await follower.ask('GET', '/engine');
    t.equal(body.commits, 0, 'it decides none of them');
    return body.commits_per_second > 0;
  });
});
