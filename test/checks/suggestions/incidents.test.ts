/** Machines that fall silent together are one incident. */

import t from 'tap';
import { incidentsOf } from '../../../src/checks/suggestions/incidents.ts';
import type { Neighbour, Silent } from '../../../src/checks/suggestions/incidents.ts';
import { builtInRules } from '../../../src/checks/suggestions/table.ts';
import { about, dead, minute, now } from './played-machine.ts';

const name = (number: number): string => `n${String(number).padStart(4, '0')}.savio3`;
const sizes = new Map([
  ['chassis', 16],
  ['rack', 64],
  ['partition', 400],
]);
const sizeOf = ({ kind }: Neighbour): number => sizes.get(kind) ?? 0;

/** Sixteen a chassis, 64 a rack, all in one partition. */
const silent = (number: number, since: number): Silent => ({
  machine: name(number),
  since,
  neighbours: [
    { kind: 'chassis', name: `c${Math.floor(number / 16)}` },
    { kind: 'rack', name: `r${Math.floor(number / 64)}` },
    { kind: 'partition', name: 'savio3' },
  ],
});

const range = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i);

t.test(
  '37: fourteen of a chassis within 60 s are one incident, and none of them is rebooted',
  async (t) => {
    const machines = range(0, 14).map((number) =>
      silent(number, now - 60 * minute + number * 4000),
    );
    const [incident, ...others] = incidentsOf(machines, sizeOf, builtInRules);
    t.strictSame(others, []);
    t.match(incident, { kind: 'chassis', name: 'c0', of: 16 });
    t.strictSame(incident?.machines, range(0, 14).map(name));
    const suggestion = about({ observations: dead, incident: incident ?? null });
    t.equal(suggestion.action, 'none');
    t.strictSame(
      suggestion.vetoes.map(({ code }) => code),
      ['correlated'],
    );
    t.match(
      suggestion.vetoes[0]?.text,
      /14 of the 16 machines of chassis c0 fell silent within 52 s/,
    );
    t.equal(suggestion.incident, incident?.id);
  },
);

t.test('a machine that fell silent elsewhere is none of it', async (t) => {
  const machines = [
    ...range(0, 14).map((number) => silent(number, now)),
    silent(300, now),
    silent(15, now - 60 * minute),
  ];
  const incidents = incidentsOf(machines, sizeOf, builtInRules);
  t.strictSame(
    incidents.map(({ machines: { length } }) => length),
    [14],
  );
});

t.test('a rack of which most fell silent is one incident, not four of its chassis', async (t) => {
  const machines = range(0, 64).map((number) => silent(number, now + number * 1000));
  const incidents = incidentsOf(machines, sizeOf, builtInRules);
  t.equal(incidents.length, 1);
  t.equal(incidents[0]?.kind, 'rack');
});

t.test('machines that fell silent one after the other over hours are no incident', async (t) => {
  const machines = range(0, 14).map((number) => silent(number, now + number * 30 * minute));
  t.strictSame(incidentsOf(machines, sizeOf, builtInRules), []);
});

t.test('the order in which machines are told does not matter', async (t) => {
  const machines = range(0, 40).map((number) => silent(number, now + number * 500));
  t.strictSame(
    incidentsOf(machines.toReversed(), sizeOf, builtInRules),
    incidentsOf(machines, sizeOf, builtInRules),
  );
});

t.test('ten thousand silent machines are sorted out in a moment', async (t) => {
  const machines = range(0, 10_000).map((number) => silent(number, now + (number % 977) * 700));
  const before = process.cpuUsage();
  incidentsOf(machines, sizeOf, builtInRules);
  const took = process.cpuUsage(before).user / 1000;
  t.ok(took < 1000, `${took.toFixed(0)} ms`);
  t.comment(`${took.toFixed(0)} ms`);
});
