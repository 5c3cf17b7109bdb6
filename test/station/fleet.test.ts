/** Rows of machines: made anew when something changed, and only then; one moment for all of a cut. */

import t from 'tap';
import type { Observation } from '../../src/checks/observation.ts';
import { Turns } from '../../src/station/fair-use/turns.ts';
import { fleetChangesKept } from '../../src/station/fleet/fleet.ts';
import { openStation } from './harness.ts';

const seen = (machine: string, value: number): Observation => ({
  ...{ machine, check: 'load', verdict: 'ok', value, text: '' },
  ...{ observedAt: Date.now(), durationMs: 1 },
});

const turn = () => new Turns().begin('test', new AbortController().signal);

t.test('a row is made anew when its machine changed, and the others stay', async (t) => {
  const { ask, station } = await openStation(t);
  const { fleet, observations } = station;
  for (const fqdn of ['n10', 'n2', 'n1']) await ask('POST', '/hosts', { fqdn });
  const before = await fleet.cut(await turn());
  t.same(
    before.rows.map(({ machine }) => machine),
    ['n1', 'n2', 'n10'],
  );
  t.ok(fleet.isNow);
  observations.record([seen('n2', 3)]);
  t.notOk(fleet.isNow);
  const after = await fleet.cut(await turn());
  t.equal(after.rows[0], before.rows[0]);
  t.not(after.rows[1], before.rows[1]);
  t.match(
    after.rows[1]?.checks.find(({ check }) => check === 'load'),
    { value: 3 },
  );
  t.same(fleet.changedAfter(before.version), ['n2']);
  t.equal(after.logged, before.logged, 'the log has not changed');
  observations.record([{ ...seen('n2', 3), observedAt: Date.now() + 5 }]);
  t.equal((await fleet.cut(await turn())).version, after.version, 'the same found again');
  await ask('DELETE', '/hosts/n1');
  await ask('POST', '/hosts/n2/rename', { to: 'n3' });
  const last = await fleet.cut(await turn());
  t.same(
    last.rows.map(({ machine }) => machine),
    ['n3', 'n10'],
  );
  t.same([...fleet.changedAfter(after.version)!].sort(), ['n1', 'n2', 'n3']);
});

t.test('what a dry run tries is in no row', async (t) => {
  const { ask, station } = await openStation(t);
  await ask('POST', '/hosts?dry_run=true', { fqdn: 'n1' });
  t.same((await station.fleet.cut(await turn())).rows, []);
});

t.test('so many changes are remembered, and beyond them nobody knows', async (t) => {
  const { ask, station } = await openStation(t);
  const { fleet, observations } = station;
  await ask('POST', '/hosts', { fqdn: 'n1' });
  const { version } = await fleet.cut(await turn());
  for (let i = 0; i < fleetChangesKept; i += 1) {
    observations.record([seen('n1', i)]);
    fleet.row('n1');
  }
  t.equal(fleet.changedAfter(version), null);
  t.same(fleet.changedAfter(version + fleetChangesKept - 5), ['n1']);
  t.equal(fleet.changedAfter(version + 2 * fleetChangesKept), null);
});

t.test('hosts of any name have their rows', async (t) => {
  const { ask, station } = await openStation(t);
  const names = ['0', 'constructor', 'null', '1e3'];
  for (const fqdn of names) await ask('POST', '/hosts', { fqdn });
  const { rows } = await station.fleet.cut(await turn());
  t.same(rows.map(({ machine }) => machine).sort(), [...names].sort());
});
