/** The figures of `/metrics` are true, and they are as many for ten thousand machines as for ten. */

import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { readGroupFile } from '../../src/checks/groups/settings.ts';
import { Exposition } from '../../src/api/metrics/exposition.ts';
import { obmMetrics } from '../../src/api/metrics/obms.ts';
import { operationMetrics } from '../../src/api/metrics/operations.ts';
import type { Command } from '../../src/core/commands/index.ts';
import type { Revision } from '../../src/core/values/revision.ts';
import { AppendFailedError } from '../../src/log/log.ts';
import { openSharedMemoryLog, SharedMemory } from '../../src/log/shared-memory.ts';
import { longReadLimits } from '../../src/station/fair-use/shares.ts';
import { observedIn } from '../../src/station/obm/observed.ts';
import { Station } from '../../src/station/station.ts';
import { declaredHost, load } from '../core/scenario.ts';
import { memoryLog } from '../station/memory-log.ts';
import { host, openStation, temporary, until } from '../station/harness.ts';
import type { InProcess } from '../station/harness.ts';
import { certificate } from './certificate.ts';
import { Exposed } from './exposition.ts';

const exposed = async ({ ask }: Pick<InProcess, 'ask'>): Promise<Exposed> => {
  const { status, text } = await ask('GET', '/metrics');
  if (status !== 200) throw new Error(text);
  return new Exposed(text);
};

t.test('machines, hosts and processes are counted as everywhere else', async (t) => {
  const station = await openStation(t);
  const { ask } = station;
  await station.fill();
  for (const n of [1, 2]) await ask('POST', '/hosts', { fqdn: `n${n}.savio` });
  await ask('PUT', '/hosts/n1.savio/maintenance', { reason: 'a fan' });
  const seen = { value: null, text: '', observedAt: Date.now() - 60_000, durationMs: 5 };
  station.station.observations.record([
    { machine: 'n2.savio', check: 'ping', verdict: 'fail', ...seen },
    { machine: host, check: 'load', verdict: 'warn', ...seen },
  ]);
  const { body: summary } = await ask('GET', '/fleet/summary');
  const found = await exposed(station);
  t.strictSame(found.by('machines', 'state'), summary.states);
  t.strictSame(found.by('machines', 'state'), { up: 3, dark: 1, unknown: 1 });
  t.equal(found.value('machines_with_problems'), summary.problems);
  t.equal(found.value('machines_failing'), 1, 'a warning, and what nobody knows, is no failure');
  t.equal(found.value('machines_in_maintenance'), 1);
  t.strictSame(found.by('hosts', 'state'), { up: 3, unknown: 2 });
  const { body: processes } = await ask('GET', '/processes');
  t.equal(found.by('processes', 'state')['unknown'], processes.items.length);
  t.equal(found.value('check_machines', { check: 'ping', verdict: 'fail' }), 1);
  t.equal(found.value('check_machines', { check: 'load', verdict: 'warn' }), 1);
  t.equal(found.value('check_machines', { check: 'load', verdict: 'fail' }), 0);
  const age = found.value('check_oldest_age_seconds', { check: 'ping' })!;
  t.ok(age >= 60 && age < 600, `${age} s`);
  t.equal(found.value('check_period_seconds', { check: 'agent' }), 15);
  t.equal(found.value('check_period_seconds', { check: 'ping' }), undefined, 'nobody asks it');
});

t.test('commits are counted and timed until they are durable, and those that fail', async (t) => {
  const log = memoryLog();
  const fails = { next: false };
  const station = await openStation(t, {
    log: {
      ...log,
      append: (commit, expected) => {
        if (!fails.next) return log.append(commit, expected);
        fails.next = false;
        return Promise.reject(new AppendFailedError('the disk is full'));
      },
    },
  });
  const before = await exposed(station);
  const letThrough = log.hold();
  const added = station.ask('POST', '/hosts', { fqdn: 'n1.savio' });
  await until('it is decided', () => station.station.waiting === 1);
  const held = await exposed(station);
  t.equal(held.value('commits_waiting'), 1, 'it is told while the log stands still');
  t.equal(held.value('log_revision'), before.value('log_revision'));
  letThrough();
  await added;
  const after = await exposed(station);
  t.equal(after.value('commits_waiting'), 0);
  t.equal(after.value('log_revision'), before.value('log_revision')! + 1);
  t.equal(after.value('commits_total'), before.value('commits_total')! + 1);
  t.equal(after.value('commit_seconds_count'), before.value('commit_seconds_count')! + 1);
  t.ok(after.value('commit_seconds_sum')! > before.value('commit_seconds_sum')!);
  fails.next = true;
  t.equal((await station.ask('POST', '/hosts', { fqdn: 'n2.savio' })).status, 507);
  const failed = await exposed(station);
  t.equal(failed.value('appends_failed_total'), 1);
  t.equal(failed.value('commit_seconds_count'), after.value('commit_seconds_count'));
  t.equal(failed.value('problems_total', { code: 'append-failed', status: '507' }), 1);
});

t.test('errors are counted by code, whichever way they are answered', async (t) => {
  const station = await openStation(t);
  const { app, ask } = station;
  const before = await exposed(station);
  t.equal(before.value('problems_total', { code: 'log-busy', status: '503' }), 0, 'told from 0 on');
  await ask('GET', '/hosts/nobody.savio');
  await ask('PUT', '/hosts/nobody.savio/facts', { memory_mib: 'much' });
  await ask('GET', '/nothing');
  await ask('GET', '/hosts', undefined, { token: 'hal_000000000000_x' });
  await app.inject({ url: '/text/nothing' });
  await ask('DELETE', '/hosts/nobody.savio');
  t.strictSame((await exposed(station)).by('problems_total', 'code'), {
    ...{ 'unknown-host': 2, 'invalid-request': 1, 'not-found': 2, unauthenticated: 1 },
  });
});

t.test('a source of groups that cannot be read is down, and grows no younger', async (t) => {
  const missing = join(temporary(t), 'none');
  const text = `sources:\n  - {name: pdsh, kind: files, directory: ${missing}}\n`;
  const station = await openStation(t, { groups: readGroupFile({ name: 'groups.yaml', text }) });
  const of = { source: 'pdsh', kind: 'files' };
  const found = await until('it is looked for', async () => {
    const now = await exposed(station);
    return now.value('source_up', of) === 0 ? now : null;
  });
  t.equal(found.value('source_age_seconds', of), undefined, 'it never was read');
  t.equal(found.value('source_groups', of), 0);
  t.equal(found.value('source_up', { source: 'facts', kind: 'facts' }), 1);
});

t.test('until when the certificate is good, and who is connected', async (t) => {
  const tls = certificate(temporary(t), 3);
  const station = await openStation(t, { server: { tls } });
  const found = await exposed(station);
  const until = found.value('certificate_expiry_timestamp_seconds')! - Date.now() / 1000;
  t.ok(until > 2 * 86_400 && until <= 3 * 86_400, `${until} s`);
  t.equal(found.value('connections'), 0);
  const plain = await openStation(t);
  t.equal((await exposed(plain)).value('certificate_expiry_timestamp_seconds'), undefined);
  const url = await plain.app.listen({ host: '127.0.0.1', port: 0 });
  const headers = { authorization: `Bearer ${plain.admin}` };
  const stream = await fetch(`${url}/api/v1/events`, {
    headers: { ...headers, accept: 'text/event-stream' },
  });
  const told = new Exposed(await (await fetch(`${url}/metrics`, { headers })).text());
  t.equal(told.value('event_streams'), 1);
  t.ok(told.value('connections')! >= 1);
  t.equal(told.value('connections_without_token'), 0);
  await stream.body!.cancel();
});

/** A station that does nothing of its own accord. */
const idle = async (t: Test): Promise<Station> => {
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const station = await Station.open({ directory: temporary(t), log: memoryLog(), logger });
  t.teardown(() => station.close());
  return station;
};

const obmd = 'https://obmd.example';

/** Machines with OBMs that may be used. */
const machines = async (station: Station, count: number): Promise<string[]> => {
  const names = Array.from({ length: count }, (_, i) => `n${i + 1}.example`);
  await order(station, load({ hosts: names.map((fqdn) => declaredHost(fqdn)) }));
  for (const fqdn of names) {
    await order(station, { type: 'RegisterObm', fqdn, obmd, label: fqdn });
    const epoch = await order(station, { type: 'EnableObm', fqdn, anew: false });
    await order(station, { type: 'ReportObmEnabled', fqdn, epoch, hash: 'a'.repeat(64) });
  }
  return names;
};

const order = async (station: Station, command: Command): Promise<Revision> => {
  const result = await station.submit(command, { actor: 'test' }, () => null);
  if (!result.ok) throw new Error(JSON.stringify(result.rejection));
  return result.revision;
};

t.test('what was ordered is counted until it has ended, with the age of the oldest', async (t) => {
  const station = await idle(t);
  const exposition = new Exposition(station.turns);
  operationMetrics(exposition, station);
  const now = async (): Promise<Exposed> => new Exposed(await exposition.text());
  const [first = '', second = ''] = await machines(station, 3);
  t.equal((await now()).value('operations', { kind: 'order', state: 'queued' }), 0);
  const on = { kind: 'power', action: 'on' } as const;
  await order(station, { type: 'OrderObm', fqdn: first, order: on });
  await order(station, { type: 'OrderObm', fqdn: second, order: on });
  const begun = [...station.graph.many('obeys', second)][0]!;
  await order(station, { type: 'BeginObmOrder', id: begun.id });
  const open = await now();
  const queued = { kind: 'order', state: 'queued' };
  t.equal(open.value('operations', queued), 1);
  t.equal(open.value('operations', { kind: 'order', state: 'running' }), 1);
  const age = open.value('operation_oldest_age_seconds', queued)!;
  t.ok(age >= 0 && age < 600, `${age} s`);
  await order(station, { type: 'EndObmOrder', id: begun.id, outcome: 'done', detail: '' });
  const after = await now();
  t.equal(after.value('operations', { kind: 'order', state: 'running' }), 0);
  t.equal(after.value('operation_oldest_age_seconds', { kind: 'order', state: 'running' }), 0);
});

t.test('campaigns are counted, and when failures stopped one is told', async (t) => {
  const station = await idle(t);
  const exposition = new Exposition(station.turns);
  operationMetrics(exposition, station);
  const now = async (): Promise<Exposed> => new Exposed(await exposition.text());
  const names = await machines(station, 3);
  await order(station, {
    ...{
      type: 'OrderCampaign',
      plans: [{ plan: { kind: 'release', force: false }, reboot: null }],
    },
    policy: { canary: true, max_parallel: 2, per_chassis: 1, stagger: 0, stop_after: 1 },
    machines: names.map((fqdn) => ({ fqdn, plan: 0 })),
    ...{ leftOut: [], partial: false, by: 'test', override: false, reason: null },
  });
  const goOn = (): Promise<Revision> => order(station, { type: 'FireDeadlines' });
  await goOn();
  const going = await now();
  t.strictSame(going.by('campaigns', 'state'), { running: 1 });
  t.equal(going.value('operations', { kind: 'procedure', state: 'running' }), 1);
  t.equal(going.value('campaign_failed_timestamp_seconds'), 0);
  const { id } = [...station.graph.many('obeys', names[0]!)][0]!;
  await order(station, { type: 'BeginObmOrder', id });
  await order(station, { type: 'EndObmOrder', id, outcome: 'failed', detail: 'no answer' });
  await goOn();
  const ended = await now();
  t.strictSame(ended.by('campaigns', 'state'), { ended: 1 });
  const stopped = ended.value('campaign_failed_timestamp_seconds')!;
  t.ok(Math.abs(stopped - station.now() / 1000) < 600, `${stopped}`);
});

t.test(
  'OBMs and consoles are counted by what their daemon told, and it is up or not',
  async (t) => {
    const station = await idle(t);
    const exposition = new Exposition(station.turns);
    obmMetrics(exposition, station);
    const now = async (): Promise<Exposed> => new Exposed(await exposition.text());
    const names = await machines(station, 4);
    const { observed } = station.obms;
    t.equal((await now()).value('obmd_up', { obmd }), 0, 'it was not heard yet');
    t.equal((await now()).value('obmd_heard_age_seconds', { obmd }), undefined);
    const at = Date.now();
    const looks = [
      { at, trouble: null },
      { at, trouble: { reason: 'no-answer', message: 'no answer in 5 s' } },
      { at, trouble: { reason: 'a-word-of-a-later-version', message: '' } },
      undefined,
    ];
    const rows = names.map((label, i) => ({
      ...{ label, look: looks[i], orders: i },
      console: i < 2 ? { link: 'connected', viewers: i + 1, logged: true } : undefined,
    }));
    const told = { run: 'r', at: 1, now: at, more: false, works: [], observed: rows };
    observed.take(obmd, observedIn(told, at), station.time.now());
    const found = await now();
    t.equal(found.value('obmd_up', { obmd }), 1);
    t.ok(found.value('obmd_heard_age_seconds', { obmd })! < 600);
    t.strictSame(found.by('obms', 'answer'), { ok: 1, 'no-answer': 1, other: 1, unknown: 1 });
    t.strictSame(found.by('consoles', 'link'), { connected: 2 });
    t.equal(found.value('console_viewers', { obmd }), 3);
    t.equal(found.value('obm_orders', { obmd }), 6);
    observed.failed(obmd, 'it is away');
    t.equal((await now()).value('obmd_up', { obmd }), 0);
  },
);

t.test(
  'who watches is told also when others ask for too much, and many are told at once',
  async (t) => {
    const station = await openStation(t);
    const { promise: ends, resolve: end } = Promise.withResolvers<void>();
    const { signal } = new AbortController();
    const reads: Promise<void>[] = [];
    for (let i = 0; i < longReadLimits.inAll; i += 1)
      reads.push(station.station.longReads.run({ principal: `token:${i}`, signal }, () => ends));
    t.equal((await station.ask('GET', '/fleet/summary')).status, 429, 'no more is read');
    const answers = await Promise.all(Array.from({ length: 50 }, () => exposed(station)));
    t.ok(answers.every((one) => one.value('machines_failing') === 0));
    end();
    await Promise.all(reads);
  },
);

t.test('no label names a machine: there are as many figures of many as of few', async (t) => {
  const station = await openStation(t);
  await station.fill();
  const few = await exposed(station);
  for (let n = 1; n <= 50; n += 1) await station.ask('POST', '/hosts', { fqdn: `n${n}.savio` });
  const many = await exposed(station);
  t.equal(many.samples.length, few.samples.length);
  t.notMatch(many.text, /savio|halcyon\.example/);
});

t.test('a station that is alone leads, and is behind nobody', async (t) => {
  const found = await exposed(await openStation(t));
  for (const [name, value] of Object.entries({
    ...{ leads: 1, term: 1, station_known: 1, stations: 0, log_reachable: 1 },
  }))
    t.equal(found.value(name), value, name);
});

t.test('one of several says whether it may lead, and whether it reaches the log', async (t) => {
  const log = openSharedMemoryLog({ storage: new SharedMemory() });
  const place = { name: 'head1', url: 'https://head1' };
  const opened = await openStation(t, { log, ...place });
  const { term } = opened.station.standing;
  const submit = async (command: Command): Promise<void> => {
    const result = await opened.station.submit(command, { actor: 'station' }, () => null);
    if (!result.ok) throw new Error(result.rejection.message);
  };
  await submit({ type: 'AddStation', station: 'head2', url: 'https://head2' });
  const before = await exposed(opened);
  for (const [name, value] of Object.entries({
    ...{ leads: 1, term, station_known: 1, stations: 2, log_reachable: 1 },
  }))
    t.equal(before.value(name), value, name);
  await submit({ type: 'RetireStation', station: 'head1' });
  log.line.cut('refused');
  const after = await exposed(opened);
  log.line.restore();
  t.equal(after.value('station_known'), 0);
  t.equal(after.value('stations'), 1);
  t.equal(after.value('log_reachable'), 0);
});
