/** Where machines have their places on the map. */

import t from 'tap';
import fc from 'fast-check';
import type { FleetRow } from '../../src/checks/view/row.ts';
import {
  groupsOf,
  layoutOf,
  machineAt,
  neighbour,
  placesOf,
} from '../../src/web/page/pages/map/layout.ts';
import { row } from '../checks/view/rows.ts';

const machines = (count: number): FleetRow[] =>
  Array.from({ length: count }, (_, i) => row(`n${String(i).padStart(5, '0')}.savio3`));

t.test('10,000 machines are on one screen, in one group as in 2500', (t) => {
  const rows = machines(10_000);
  for (const inGroup of [10_000, 400, 4]) {
    const groups = groupsOf(
      rows,
      ({ machine }) => `e${Math.floor(Number(machine.slice(1, 6)) / inGroup)}`,
    );
    t.equal(groups.length, 10_000 / inGroup);
    const layout = layoutOf(groups, 1256, 800);
    t.ok(layout.height <= 800, `${inGroup} together: ${layout.height} px`);
    t.ok(layout.cell >= 6);
    t.equal([...placesOf(layout)].length, 10_000);
  }
  t.end();
});

t.test('each machine is found where it is drawn, and no two are in one place', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 90 }),
      fc.integer({ min: 30, max: 2000 }),
      fc.integer({ min: 100, max: 1500 }),
      (sizes, width, height) => {
        const groups = sizes.map((size, i) => ({
          label: `g${i}`,
          rows: Array.from({ length: size }, (_, n) => row(`n${i}-${n}.x`)),
        }));
        const layout = layoutOf(groups, width, height);
        const taken = new Set<string>();
        for (const { row: one, x, y } of placesOf(layout)) {
          if (x < 0 || x + layout.cell > Math.max(width, layout.cell))
            throw new Error(`${x} is outside`);
          if (y < 0 || y + layout.cell > layout.height) throw new Error(`${y} is below`);
          taken.add(`${x} ${y}`);
          if (machineAt(layout, x + layout.cell / 2, y + layout.cell / 2) !== one)
            throw new Error(`${one.machine} is not at ${x} ${y}`);
        }
        return taken.size === sizes.reduce((sum, size) => sum + size, 0);
      },
    ),
    { numRuns: 60 },
  );
  t.end();
});

t.test('arrow keys reach every machine, and never leave the map', (t) => {
  const groups = groupsOf(machines(50), ({ machine }) => (machine < 'n00020' ? 'a' : ''));
  t.same(
    groups.map(({ label }) => label),
    ['a', ''],
    'those in none come last',
  );
  const layout = layoutOf(groups, 400, 400);
  const seen = new Set<string>();
  let here = neighbour(layout, 'nobody', 'right');
  for (let i = 0; i < 60; i += 1, here = neighbour(layout, here, 'right')) seen.add(here);
  t.equal(seen.size, 50);
  t.equal(neighbour(layout, 'n00000.savio3', 'up'), 'n00000.savio3');
  t.equal(neighbour(layout, 'n00000.savio3', 'left'), 'n00000.savio3');
  const below = neighbour(layout, 'n00000.savio3', 'down');
  t.equal(neighbour(layout, below, 'up'), 'n00000.savio3');
  t.end();
});
