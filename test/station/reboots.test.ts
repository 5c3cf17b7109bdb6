/** Reboots by suggestion and grant, on a station with a running OBM daemon. */

import t from 'tap';
import type { Test } from 'tap';
import { host, reported, until } from './harness.ts';
import type { Answer, Json } from './harness.ts';
import { Bench } from './obm-bench.ts';
import { observe, silentButOn, unasked, well } from './suggestions/observed.ts';

/** Of every bench here. */
const daemon = await Bench.daemon(t);

const hour = 3_600_000;

/** A machine with an OBM that has said nothing for two hours. */
const silentMachine = async (t: Test): Promise<Bench> => {
  const bench = await Bench.set(t, { daemon, station: { checks: unasked } });
  await bench.register();
  await bench.turn('enable');
  await bench.station.ask('POST', `/hosts/${host}/obm/power`, { action: 'on' }, patient);
  fallsSilent(bench);
  return bench;
};

const fallsSilent = ({ station: { station } }: Bench): void => {
  const now = station.now();
  station.observations.forget([host]);
  observe(station, host, silentButOn, now - 2 * hour);
  observe(station, host, silentButOn, now);
};

const patient = { headers: { prefer: 'wait=300' } };

const grant = ({ station }: Bench): Promise<Answer> =>
  station.ask('POST', '/grants', { actions: ['power'], hosts: [host], reason: 'it is silent' });

const reboot = ({ station }: Bench, body: object = {}, query = ''): Promise<Answer> =>
  station.ask('POST', `/hosts/${host}/actions/reboot${query}`, body);

/** Orders about power that reached the daemon. */
const sent = ({ proxy }: Bench): number =>
  proxy.calls.filter((call) => call === 'POST power').length;

const events = async ({ station }: Bench, type: string): Promise<Json[]> => {
  const { body } = await station.ask('GET', `/events?type=${type}&limit=100`);
  return body.events.map(({ data }: Json) => data);
};

t.test(
  '44: a silent machine is rebooted by suggestion and grant, and done when it reports another boot',
  async (t) => {
    const bench = await silentMachine(t);
    const before = sent(bench);
    t.equal((await grant(bench)).status, 201);
    const plan = await reboot(bench, {}, '?dry_run=true');
    t.match(
      plan.body.stages.map(({ name, skipped }: Json) => `${name}: ${skipped}`),
      [
        ...['drain: it was not asked for', 'ask: it is done by its power at once'],
        ...['soft: it is done by its power at once', 'cycle: null', 'boot: null', 'verify: null'],
        'resume: null',
      ],
      'a dry run tells the stages, and what will be skipped',
    );
    const begun = await reboot(bench);
    t.match(begun, { status: 202, body: { kind: 'reboot', subject: host, state: 'running' } });
    await until('the order to be sent', () => sent(bench) === before + 1);
    t.match(await reboot(bench), {
      status: 422,
      body: {
        vetoes: [{ code: 'under-way', text: `reboot is under way: operation ${begun.body.id}` }],
      },
    });
    const once = { override: true, reason: 'I do it all the same' };
    t.match(await reboot(bench, once), { status: 422 }, 'nor by an override');
    const boot_id = '00000000-0000-4000-8000-00000000b007';
    await bench.station.ask('PUT', `/hosts/${host}/facts`, reported('10.0.0.3', { boot_id }));
    const ended = await bench.station.ask(
      'GET',
      `/operations/${begun.body.id}`,
      undefined,
      patient,
    );
    t.match(ended.body, { state: 'succeeded', failed: [], actor: /^token:/ });
    t.match(
      ended.body.stages.map(({ name, state }: Json) => `${name}: ${state}`),
      [
        'drain: skipped',
        'ask: skipped',
        'soft: skipped',
        'cycle: done',
        'boot: done',
        'verify: done',
        'resume: done',
      ],
    );
    for (const { began, ended: end } of ended.body.stages) t.ok(began > 0 && end >= began);
    t.equal(sent(bench), before + 1);
    const { body } = await bench.station.ask('GET', `/hosts/${host}/history?limit=100`);
    const history = (body.entries as Json[]).toReversed();
    let from = 0;
    for (const [is, by] of [
      ['a grant was used for power: It says nothing to anything', /^token:/],
      ['cycle was begun', /^token:/],
      ['cycle is done', /^station$/],
      // By what the agent reports, or by the answer of the OBM where that comes after it.
      ['boot is done', /^token:|^station$/],
      ['verify is done', /^station$/],
      ['resume is done', /^station$/],
      ['the operation is done', /^station$/],
    ] as const) {
      const at = history.findIndex(({ text }, i) => i >= from && text.startsWith(is));
      t.match(history[at], { by, at: Number }, `${is}, after what came before`);
      from = at;
    }
    t.match(await events(bench, 'RebootOrdered'), [
      { fqdn: host, symptom: 'silent-power-on', action: 'power-cycle', overridden: [] },
    ]);
    t.equal((await events(bench, 'GrantUsed')).length, 1);
  },
);

t.test(
  '41: the same key again is the same reboot, sent once; with another body it is refused',
  async (t) => {
    const bench = await silentMachine(t);
    const before = sent(bench);
    await grant(bench);
    const path = `/hosts/${host}/actions/reboot`;
    const keyed = { headers: { 'idempotency-key': 'reboot-n3-once' } };
    const first = await bench.station.ask('POST', path, {}, keyed);
    t.equal(first.status, 202);
    await until('the order to be sent', () => sent(bench) === before + 1);
    const second = await bench.station.ask('POST', path, {}, keyed);
    t.match(second, { status: 202, body: { id: first.body.id } });
    t.match(await bench.station.ask('POST', path, { wait_up: 60 }, keyed), {
      status: 422,
      body: { code: 'idempotency-key-reused' },
    });
    const boot_id = '00000000-0000-4000-8000-00000000b007';
    await bench.station.ask('PUT', `/hosts/${host}/facts`, reported('10.0.0.3', { boot_id }));
    await bench.station.ask('GET', `/operations/${first.body.id}`, undefined, patient);
    const after = await bench.station.ask('POST', path, {}, keyed);
    t.match(after, { status: 200, body: { id: first.body.id, state: 'succeeded' } });
    t.equal(sent(bench), before + 1);
    t.equal((await events(bench, 'RebootOrdered')).length, 1);
    t.same(await events(bench, 'RebootRefused'), []);
  },
);

t.test('two who ask at the same moment have one reboot, and the other is told which', async (t) => {
  const bench = await silentMachine(t);
  const before = sent(bench);
  await grant(bench);
  const answers = await Promise.all([reboot(bench), reboot(bench), reboot(bench)]);
  const taken = answers.filter(({ status }) => status === 202);
  t.equal(taken.length, 1);
  const { id } = taken[0]!.body;
  for (const { status, text } of answers.filter((answer) => answer !== taken[0])) {
    t.match(status, /^(409|422)$/);
    t.match(text, new RegExp(`operation ${id}\\b`));
  }
  await until('the order to be sent', () => sent(bench) === before + 1);
  t.equal((await events(bench, 'RebootOrdered')).length, 1);
});

t.test('52: a grant that is revoked while the reboot waits stops it', async (t) => {
  const bench = await silentMachine(t);
  const before = sent(bench);
  const { body: given } = await grant(bench);
  // What was ordered before keeps it waiting.
  const held = Promise.withResolvers<boolean>();
  bench.proxy.cuts = async (call) => (call === 'POST power' ? held.promise : false);
  const { station } = bench.station;
  await bench.station.ask('POST', `/hosts/${host}/obm/power`, { action: 'on' });
  const submitted = await station.submit(
    {
      type: 'RebootHost',
      ...{ fqdn: host, power: 'cycle', waitUp: 60, symptom: 'silent-power-on' },
      ...{ action: 'power-cycle', hardware: '', reason: 'it is silent', overridden: [] },
      credential: given.token,
    },
    { actor: `token:${given.token}` },
    () => null,
  );
  const path = `/operations/${submitted.ok ? submitted.revision : 0}`;
  t.match((await bench.station.ask('GET', path)).body, { state: 'queued' });
  await bench.station.ask('DELETE', `/grants/${given.id}`);
  held.resolve(false);
  const { body: ended } = await bench.station.ask('GET', path, undefined, patient);
  t.match(ended, { state: 'failed', problem: /the grant .* was revoked or has ended/ });
  t.equal(sent(bench), before + 1, 'but for what was ordered before');
});

t.test(
  '47: the same again within a day is for people, or for an override with a reason',
  async (t) => {
    const bench = await silentMachine(t);
    await grant(bench);
    const { body } = await reboot(bench);
    const boot_id = '00000000-0000-4000-8000-00000000b007';
    await until('the order to be sent', () => sent(bench) === 2);
    await bench.station.ask('PUT', `/hosts/${host}/facts`, reported('10.0.0.3', { boot_id }));
    await bench.station.ask('GET', `/operations/${body.id}`, undefined, patient);
    fallsSilent(bench);
    const again = await reboot(bench);
    t.match(again, {
      status: 422,
      body: { code: 'reboot-vetoed', vetoes: [{ code: 'loop-guard' }] },
    });
    t.match(await reboot(bench, { override: true }), { status: 400, body: { field: 'reason' } });
    const overridden = await reboot(bench, { override: true, reason: 'a new board is in' });
    t.equal(overridden.status, 202, overridden.text);
    t.match((await events(bench, 'RebootOrdered')).at(-1), { overridden: ['loop-guard'] });
  },
);

t.test(
  '39: what forbids it by the time it is asked for is told and recorded, and nothing is sent',
  async (t) => {
    const bench = await silentMachine(t);
    await grant(bench);
    const before = sent(bench);
    const suggestion = `/hosts/${host}/suggestion`;
    t.match((await bench.station.ask('GET', suggestion)).body, { action: 'power-cycle' });
    await bench.station.ask('PUT', `/hosts/${host}/maintenance`, { reason: 'a fan' });
    const answer = await reboot(bench);
    t.match(answer, { status: 422, body: { code: 'reboot-vetoed' } });
    t.match(answer.body.vetoes, [{ code: 'maintenance', text: /works on it: a fan/ }]);
    t.match(await events(bench, 'RebootRefused'), [{ fqdn: host, vetoes: ['maintenance'] }]);
    t.match(await reboot(bench, {}, '?dry_run=true'), { status: 422 });
    t.equal((await events(bench, 'RebootRefused')).length, 1, 'a dry run is not recorded');
    t.equal(sent(bench), before);
  },
);

t.test('46: one that came back before the power was touched is left alone', async (t) => {
  const bench = await silentMachine(t);
  const before = sent(bench);
  const { body: given } = await grant(bench);
  const { station } = bench.station;
  observe(station, host, well, station.now());
  const result = await station.submit(
    {
      type: 'RebootHost',
      ...{ fqdn: host, power: 'cycle', waitUp: 60, symptom: 'silent-power-on' },
      ...{ action: 'power-cycle', hardware: '', reason: 'it is silent', overridden: [] },
      credential: given.token,
    },
    { actor: `token:${given.token}` },
    () => null,
  );
  t.ok(result.ok);
  const path = `/operations/${result.ok ? result.revision : 0}`;
  const ended = await bench.station.ask('GET', path, undefined, patient);
  t.equal(ended.body.state, 'failed');
  t.match(ended.body.failed, [{ reason: /nothing was sent: .* recovered by itself/ }]);
  t.equal(sent(bench), before);
});

t.test('without a grant it takes one, and a machine that is well takes an override', async (t) => {
  const bench = await silentMachine(t);
  t.match(await reboot(bench), { status: 401, body: { code: 'step-up-needed' } });
  await grant(bench);
  observe(bench.station.station, host, well, bench.station.station.now());
  t.match(await reboot(bench), { status: 422, body: { vetoes: [{ code: 'no-suggestion' }] } });
  t.match(await reboot(bench, { reson: 'x' }), { status: 400 });
  t.equal((await bench.station.ask('POST', '/hosts/n9.example/actions/reboot', {})).status, 404);
});
