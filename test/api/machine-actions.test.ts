/** What is asked of several machines in one request, and by the addresses of the status server that came before. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { machinesAtOnceMax } from '../../src/contract/machine-actions.ts';
import { root } from '../station/harness.ts';
import type { Answer } from '../station/harness.ts';
import { Bench } from '../station/obm-bench.ts';
import { observe, silentButOn, unasked } from '../station/suggestions/observed.ts';
import { ours, theirs, nobodys, twoProjects } from './two-projects.ts';

const page = readFileSync(join(root, 'docs', 'seed-uris.md'), 'utf8');
const acting = Array.from(
  page.matchAll(/^\| `POST (\/\S+)` \| `POST (\S+)` \|/gm),
  ([, uri, by]) => {
    return { uri: uri!, by: by! };
  },
);

const hour = 3_600_000;
const machines = ['n0000.savio3', 'n0001.savio3', 'n0002.savio3'] as const;
const [first, second, third] = machines;

/** Machines with OBMs that are on and have said nothing for two hours. */
const bench = async (t: Test, names: readonly string[] = [first]): Promise<Bench> => {
  const made = await Bench.set(t, { station: { checks: unasked } });
  const { ask, station } = made.station;
  const now = station.now();
  for (const fqdn of names) {
    await ask('POST', '/hosts', { fqdn });
    await made.register({}, fqdn);
    await made.turn('enable', fqdn);
    await ask('POST', `/hosts/${fqdn}/obm/power`, { action: 'on' }, patient);
    observe(station, fqdn, silentButOn, now - 2 * hour);
    observe(station, fqdn, silentButOn, now);
  }
  await ask('POST', '/grants', { actions: ['power'], hosts: [...names], reason: 'silent' });
  return made;
};

const patient = { headers: { prefer: 'wait=60' } };

const ordered = async ({ station }: Bench): Promise<string[]> => {
  const { body } = await station.ask('GET', '/events?type=ObmOrdered&limit=100');
  const orders = body.events as { data: { fqdn: string; order: { action: string } } }[];
  return orders.map(({ data: { fqdn, order } }) => `${fqdn} ${order.action}`);
};

t.test('12: every address of the page that does something does it, without a body', async (t) => {
  t.same(acting.map(({ uri }) => uri.replace(/\?.*/, '')).sort(), [
    ...['/api/v1/cycle', '/api/v1/power-off', '/api/v1/power-on', '/api/v1/reboot'],
    '/api/v2/reboot',
  ]);
  for (const { uri, by } of acting) {
    const made = await bench(t);
    const { app, admin } = made.station;
    const before = (await ordered(made)).length;
    const answer = await app.inject({
      ...{ method: 'POST', url: uri },
      headers: { authorization: `Bearer ${admin}` },
    });
    t.equal(answer.statusCode, 202, `${uri}: ${answer.body}`);
    const isReboot = by.endsWith('reboot');
    const kind = isReboot ? 'reboot' : `power-${by.split('/').at(-1)!}`;
    const action = isReboot ? 'cycle' : kind.replace('power-', '');
    t.match(answer.json(), { subject: first, kind }, uri);
    t.match(answer.headers['location'], /^\/api\/v1\/operations\/\d+$/, uri);
    t.same((await ordered(made)).slice(before), [`${first} ${action}`], uri);
  }
});

t.test('13: a GET of what acts is 405 with POST, and does nothing', async (t) => {
  const made = await bench(t);
  const { app, admin, station } = made.station;
  const before = station.head;
  for (const { uri } of acting) {
    const { statusCode, headers } = await app.inject({
      url: uri,
      headers: { authorization: `Bearer ${admin}` },
    });
    t.equal(statusCode, 405, uri);
    t.equal(headers['allow'], 'POST', uri);
  }
  for (const uri of ['/resume?h=n0000.savio3', '/cycle-resume?h=n0000.savio3'])
    t.equal((await made.station.ask('POST', uri)).status, 404, uri);
  t.equal(station.head, before);
});

t.test('several machines are told in turn, each as if it were alone', async (t) => {
  const made = await bench(t, machines);
  const { ask } = made.station;
  await ask('PUT', `/hosts/${second}/maintenance`, { reason: 'a fan' });
  const before = (await ordered(made)).length;
  const key = { headers: { 'idempotency-key': 'once' } };
  const off = await ask('POST', `/power-off?h=n[0000-0002].savio3`, undefined, key);
  t.equal(off.status, 202, off.text);
  t.same(
    off.body.operations.map(({ subject }: { subject: string }) => subject),
    machines,
  );
  t.same(off.body.refused, []);
  t.equal(off.headers['location'], undefined);
  const again = await ask('POST', `/power-off?h=n[0000-0002].savio3`, undefined, key);
  t.same(
    again.body.operations.map(({ id }: { id: number }) => id),
    off.body.operations.map(({ id }: { id: number }) => id),
    'the same key is the same operations',
  );
  t.same(
    (await ordered(made)).slice(before),
    machines.map((fqdn) => `${fqdn} off`),
  );
});

t.test('a machine that is vetoed is told of beside those that are rebooted', async (t) => {
  const made = await bench(t, machines);
  const { ask } = made.station;
  await ask('PUT', `/hosts/${second}/maintenance`, { reason: 'a fan' });
  const answer = await ask('POST', `/reboot?h=${first},${second}`, { reason: 'it is silent' });
  t.match(answer, {
    status: 202,
    body: {
      operations: [{ subject: first, kind: 'reboot' }],
      refused: [{ host: second, status: 422, code: 'reboot-vetoed', detail: /a fan/ }],
    },
  });
  const plan = await ask('POST', `/actions/power/cycle?nodes=${first},${third}&dry_run=true`);
  t.match(plan, { status: 200, body: { dry_run: true } });
  t.same(
    plan.body.events
      .filter(({ type }: { type: string }) => type === 'ObmOrdered')
      .map(({ data }: { data: { fqdn: string } }) => data.fqdn),
    [first, third],
  );
});

t.test('a dry run of several tells of which nothing would be begun', async (t) => {
  const made = await bench(t, machines);
  const { ask, station } = made.station;
  await ask('PUT', `/hosts/${second}/maintenance`, { reason: 'a fan' });
  const [before, { head }] = [await ordered(made), station];
  const dry = (nodes: string): Promise<Answer> =>
    ask('POST', `/actions/reboot?nodes=${nodes}&dry_run=true`, { reason: 'it is silent' });
  const plan = await dry(`${second},${first}`);
  t.match(plan, {
    status: 200,
    body: { dry_run: true, refused: [{ host: second, status: 422, code: 'reboot-vetoed' }] },
  });
  t.equal(plan.body.refused.length, 1);
  t.not(plan.body.events.length, 0, 'what would be begun of the other');
  t.match(await dry(second), { status: 422, body: { code: 'reboot-vetoed' } });
  await ask('PUT', `/hosts/${first}/maintenance`, { reason: 'a fan' });
  t.match(await dry(`${second},${first}`), { status: 422, body: { code: 'reboot-vetoed' } });
  t.match(await dry(`${first},n9.savio3`), { status: 404, body: { code: 'unknown-host' } });
  t.equal(station.head, head + 1, 'nothing but the maintenance was written');
  t.same(await ordered(made), before);
});

t.test('one that is unknown, forbidden or too many: nothing is done to any', async (t) => {
  const made = await bench(t, machines);
  const { ask, station, tokenOf } = made.station;
  const viewer = await tokenOf('viewer');
  // Whose grant is for one of them.
  const intern = await tokenOf('power-intern');
  const before = station.head;
  const refused = async (path: string, status: number, more: object, asked = {}): Promise<void> =>
    void t.match(await ask('POST', path, undefined, asked), { status, body: more }, path);
  await refused(`/reboot?h=${first},n9.savio3`, 404, {
    code: 'unknown-host',
    detail: /n9\.savio3/,
  });
  await refused('/cycle?h=@none', 404, { code: 'unknown-group' });
  await refused('/cycle?h=n[3-1]', 400, { field: 'nodes' });
  await refused('/cycle', 400, { field: 'nodes' });
  await refused('/cycle?node=x', 400, {});
  await refused(`/actions/power/reset?nodes=${first}`, 400, {});
  await refused(`/reboot?h=${first},${second}`, 403, { code: 'forbidden' }, { token: viewer });
  await refused(`/reboot?h=${first},${second}`, 401, { code: 'step-up-needed' }, { token: intern });
  const many = Array.from({ length: machinesAtOnceMax + 1 }, (_, i) => `m${i}.savio3`);
  await Promise.all(many.map((fqdn) => ask('POST', '/hosts', { fqdn })));
  const head = station.head;
  await refused(`/power-on?h=m[0-${machinesAtOnceMax}].savio3`, 400, { detail: /100 at most/ });
  t.equal(station.head, head);
  t.same(
    (await ordered(made)).filter((one) => !one.endsWith(' on')),
    [],
  );
  t.ok(head > before);
});

t.test('members are answered alike for machines of others and for none', async (t) => {
  const two = await twoProjects(t);
  const as = (token: string, nodes: string): Promise<Answer> =>
    two.ask('POST', `/cycle?h=${nodes}`, undefined, { token });
  for (const token of [two.operator, two.viewer])
    for (const nodes of [theirs, nobodys, `${ours},${theirs}`, `${ours},${nobodys}`])
      t.match(await as(token, nodes), { status: 404, body: { code: 'unknown-host' } }, nodes);
  t.match(await as(two.viewer, ours), { status: 403, body: { detail: /a viewer only/ } });
  t.match(await as(two.operator, ours), { status: 404, body: { code: 'obm-not-registered' } });
});
