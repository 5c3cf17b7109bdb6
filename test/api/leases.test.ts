/** Leases over the API, with a clock of the test's own where time must pass. */

import t from 'tap';
import { Graph } from '../../src/core/graph/graph.ts';
import { awakeClock } from '../../src/station/clocks.ts';
import { Leases } from '../../src/station/duties/leases.ts';
import { systemTime } from '../../src/station/time.ts';
import { host, openStation, until } from '../station/harness.ts';
import type { InProcess, Json } from '../station/harness.ts';

const added = async ({ ask, fill }: InProcess): Promise<Json> => {
  await fill();
  const reply = await ask('POST', '/processes', {
    host,
    role: 'clovis-app',
    overrides: { multiplicity: 1 },
    tokens: true,
  });
  return reply.body.processes.at(-1);
};

t.test('a lease is set by an event and renewed without one', async (t) => {
  const opened = await openStation(t);
  const { ask, station } = opened;
  const { fid, token } = await added(opened);
  const path = `/processes/${fid}/lease`;
  t.match(await ask('GET', `/processes/${fid}`), { body: { lease: null } });
  t.match(await ask('PUT', path, { seconds: 30 }, { token }), {
    status: 200,
    body: { changed: true },
  });
  const { head } = station;
  t.match(await ask('PUT', path, { seconds: 30 }, { token }), {
    status: 200,
    body: { changed: false, revision: head },
  });
  t.equal(station.head, head);
  t.match(await ask('GET', `/processes/${fid}`), { body: { lease: 30 } });
  t.equal(station.leases.size, 1);
  for (const seconds of [4, 86_401, 5.5, '30', null])
    t.match(await ask('PUT', path, { seconds }), { status: 400 }, String(seconds));
  t.match(await ask('PUT', `${path}?dry_run=true`, { seconds: 60 }), {
    body: { dry_run: true, events: [{ type: 'ProcessLeased' }] },
  });
  const other = (await ask('GET', '/processes')).body.items[0];
  t.match(await ask('PUT', `/processes/${other.fid}/lease`, { seconds: 30 }, { token }), {
    status: 403,
  });
  t.match(await ask('PUT', '/processes/0x7200000000000001:0xffff/lease', { seconds: 30 }), {
    status: 404,
    body: { code: 'unknown-process' },
  });
});

t.test('a late report or renewal of an older run is refused, and renews nothing', async (t) => {
  const opened = await openStation(t);
  const { ask, station } = opened;
  const { fid, token } = await added(opened);
  const [state, lease] = [`/processes/${fid}/state`, `/processes/${fid}/lease`];
  t.match(await ask('GET', `/processes/${fid}`), { body: { instance: null } });
  for (const instance of ['first', 'second'])
    t.match(await ask('PUT', state, { state: 'online', instance }, { token }), { status: 200 });
  await ask('PUT', lease, { seconds: 30, instance: 'second' }, { token });
  let renewed = 0;
  station.leases.renew = () => void (renewed += 1);
  const older = {
    status: 409,
    body: {
      code: 'older-instance',
      detail: `${fid} is run as second by now; what first says of it is ignored`,
    },
  };
  t.match(await ask('PUT', state, { state: 'failed', instance: 'first' }, { token }), older);
  t.match(await ask('PUT', lease, { seconds: 30, instance: 'first' }, { token }), older);
  t.equal(renewed, 0);
  t.match(await ask('PUT', lease, { seconds: 30, instance: 'second' }, { token }), { status: 200 });
  t.equal(renewed, 1);
  t.match(await ask('GET', `/processes/${fid}`), {
    body: { state: 'online', instance: 'second' },
  });
  for (const instance of ['', 'a'.repeat(65), 'a\n', 'ä', 7])
    for (const [path, body] of [
      [state, { state: 'online', instance }],
      [lease, { seconds: 30, instance }],
    ] as const)
      t.match(await ask('PUT', path, body, { token }), { status: 400 }, String(instance));
  const longest = { state: 'online', instance: 'a'.repeat(64) };
  t.match(await ask('PUT', state, longest, { token }), { status: 200 });
});

t.test('a managed process has none', async (t) => {
  const { ask, fill } = await openStation(t);
  await fill();
  const { items } = (await ask('GET', '/processes')).body;
  const managed = items.find(({ ownership }: Json) => ownership === 'managed');
  t.match(await ask('PUT', `/processes/${managed.fid}/lease`, { seconds: 30 }), {
    status: 409,
    body: { code: 'process-managed' },
  });
});

t.test('a lease that nobody renews ends the process, also after a restart', async (t) => {
  const first = await openStation(t);
  const { fid, token } = await added(first);
  await first.ask('PUT', `/processes/${fid}/state`, { state: 'online' }, { token });
  await first.ask('PUT', `/processes/${fid}/lease`, { seconds: 5 }, { token });
  await first.close();
  const { directory, admin } = first;
  const { ask, station } = await openStation(t, { directory, admin });
  t.equal(station.leases.size, 1);
  t.match(await ask('GET', `/processes/${fid}`), { body: { state: 'online' } });
  await until('the process to be gone', () => !station.graph.get('process', fid));
  await station.settled();
  const { events } = (await ask('GET', '/events?type=ProcessStateChanged')).body;
  t.match(events.at(-1), {
    actor: 'station',
    data: { fid, state: 'failed', reason: 'its lease of 5 s was not renewed' },
  });
  t.match(await ask('GET', `/processes/${fid}/configuration`, undefined, { token }), {
    status: 401,
  });
  await until('the lease to be forgotten', () => station.leases.size === 0);
});

t.test('a process that is added under a lease is gone when nobody says a word', async (t) => {
  const { ask, fill, station } = await openStation(t);
  await fill();
  const { length } = (await ask('GET', '/processes?role=clovis-app')).body.items;
  const body = { host, role: 'clovis-app', overrides: { multiplicity: 1 }, lease: 5 };
  const { body: added } = await ask('POST', '/processes', body, { key: 'once' });
  const again = await ask('POST', '/processes', body, { key: 'once' });
  t.same(again.body, added, 'asked twice, it is one');
  const { fid } = added.processes.at(-1);
  t.match(await ask('GET', `/processes/${fid}`), { body: { lease: 5, state: 'unknown' } });
  t.equal(station.leases.size, 1);
  await until('the process to be gone', () => !station.graph.get('process', fid));
  t.equal((await ask('GET', '/processes?role=clovis-app')).body.items.length, length);
  t.match(await ask('POST', '/processes', { ...body, role: 's3server', overrides: {} }), {
    status: 409,
    body: { code: 'process-managed' },
  });
  t.match(await ask('POST', '/processes', { ...body, lease: 4 }), { status: 400 });
});

t.test('time in which the station itself stood still counts for nobody', async (t) => {
  const opened = await openStation(t);
  const { fid, token } = await added(opened);
  await opened.ask('PUT', `/processes/${fid}/lease`, { seconds: 5 }, { token });
  let now = 0;
  let looks = 0;
  const expired: string[] = [];
  const leases = new Leases({
    graph: () => opened.station.graph,
    awake: awakeClock(() => {
      looks += 1;
      return now;
    }),
    time: systemTime,
    expired: (fid) => expired.push(fid),
  });
  leases.start();
  t.teardown(() => leases.stop());
  now += 3_600_000;
  const before = looks;
  await until('two sweeps', () => looks >= before + 2);
  t.same(expired, []);
  await until('the lease to run out', () => {
    now += 200;
    return expired.length > 0;
  });
  t.same(expired, [fid]);
  const none = new Leases({
    graph: () => new Graph(),
    awake: () => 0,
    time: systemTime,
    expired: () => undefined,
  });
  none.start();
  t.equal(none.size, 0);
  await none.stop();
});
