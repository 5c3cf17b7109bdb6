/** Every shape of an answer holds the same observations. */

import assert from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import type { Observation } from '../../../src/checks/observation.ts';
import { allColumns } from '../../../src/checks/view/columns.ts';
import {
  inChecks,
  inNodes,
  inOriented,
  inTable,
  inValues,
} from '../../../src/checks/view/observations-in.ts';
import { orientedText, orients } from '../../../src/checks/view/orients.ts';
import type { FleetRow } from '../../../src/checks/view/row.ts';
import {
  byCheck,
  byValue,
  rowShown,
  shownMachine,
  tableCell,
} from '../../../src/checks/view/shapes.ts';
import { atOnce } from '../../../src/checks/view/steps.ts';
import { checks, fleets, row, seen } from './rows.ts';

/** Over the wire and back. */
const sent = <T>(document: T): T => JSON.parse(JSON.stringify(document)) as T;

const sorted = (observations: readonly Observation[]): string[] =>
  observations
    .map((one) => JSON.stringify(one, Object.keys(one).sort()))
    .sort((a, b) => (a < b ? -1 : 1));

const all = (rows: readonly FleetRow[]): string[] => sorted(rows.flatMap((one) => one.checks));

t.test('29: every shape and orientation gives the same observations back', async () => {
  fc.assert(
    fc.property(fleets, (rows) => {
      const expected = sent(all(rows));
      const columns = [...allColumns(checks).values()].filter(
        ({ id, type }) => id === 'machine' || type === 'check',
      );
      const cells = rows.map((one) =>
        columns.map((column) =>
          column.observation ? tableCell(column.observation(one)) : column.text(one, 0),
        ),
      );
      const back: Record<string, Observation[]> = {
        nodes: inNodes(sent(rows.map((one) => shownMachine(one)))),
        table: inTable(sent(columns), sent(cells)),
        check: inChecks(sent(byCheck(rows, checks))),
        value: inValues(sent(atOnce(byValue(rows, checks)))),
      };
      for (const orient of orients)
        back[orient] = inOriented(
          JSON.parse([...orientedText(rows, checks, orient)].join('')),
          orient,
        );
      for (const [shape, found] of Object.entries(back))
        if (JSON.stringify(sorted(found)) !== JSON.stringify(expected)) throw new Error(shape);
    }),
    { numRuns: 60 },
  );
});

t.test('a check is turned into the machines of each answer, the most first', async (t) => {
  const up = ['n1', 'n2', 'n3', 'n10'].map((name) => row(name, {}, seen('ssh', 'ok')));
  const down = row('n9', {}, seen('ssh', 'fail', { cause: 'no-route' }));
  t.match(byCheck([...up, down], checks).ssh, [
    { verdict: 'ok', nodes: 'n[1-3,10]', count: 4 },
    { verdict: 'fail', cause: 'no-route', nodes: 'n9', count: 1 },
  ]);
});

t.test('33: n1, n01 and n001 stay three machines wherever rows are folded', async (t) => {
  const rows = ['n1', 'n01', 'n001', 'n2'].map((name) => row(name, {}, seen('ssh', 'ok')));
  const [group, ...others] = atOnce(byValue(rows, checks));
  t.equal(others.length, 0);
  t.equal(group?.count, 4);
  t.same(sorted(inValues([group!])), all(rows));
});

t.test(
  'a machine that was shown is had back whole, so that a filter passes it here as there',
  async (t) => {
    const down = { host: 'down', hostReason: 'no heartbeat for 4 s' };
    for (const one of [row('n1.savio3', down, seen('ssh', 'fail')), row('n2.savio3')])
      t.same(rowShown(sent(shownMachine(one))), one);
    fc.assert(
      fc.property(fleets, (rows) => {
        const back = rows.map((one) => rowShown(sent(shownMachine(one))));
        assert.deepStrictEqual(sent(back), sent(rows));
      }),
    );
  },
);
