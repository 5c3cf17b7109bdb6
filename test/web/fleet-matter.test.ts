/** What pages count up from the fleet: what leads somewhere leads to exactly what was counted. */

import t from 'tap';
import fc from 'fast-check';
import type { FleetRow } from '../../src/checks/view/row.ts';
import { isProblem } from '../../src/checks/view/state.ts';
import { atOnce } from '../../src/checks/view/steps.ts';
import { expandNodeset } from '../../src/nodeset/nodeset.ts';
import { noteCommand } from '../../src/web/page/acting/note-command.ts';
import { countsOf } from '../../src/web/page/fleet/counts.ts';
import { byReason, eachMachine } from '../../src/web/page/fleet/each-machine.ts';
import { facetsOf } from '../../src/web/page/fleet/facets.ts';
import { filterRead } from '../../src/web/page/fleet/filter-test.ts';
import { reasonsOf } from '../../src/web/page/fleet/reasons.ts';
import {
  forgetView,
  savedViews,
  saveView,
  viewQuery,
} from '../../src/web/page/fleet/saved-views.ts';
import { filterAnd } from '../../src/web/page/fleet/view.ts';
import { UnreachableError } from '../../src/client/errors.ts';
import { checks, fleets } from '../checks/view/rows.ts';

const passing = (rows: readonly FleetRow[], filter: string): string[] => {
  const { test } = filterRead(filter, { checks, groups: new Map(), problems: false });
  return rows.filter((row) => test(row, 0)).map(({ machine }) => machine);
};

t.test('each facet leads to as many as it counts, also beside another filter', (t) => {
  fc.assert(
    fc.property(fleets, (rows) => {
      for (const filter of [undefined, 'state:up or ssh:fail']) {
        const among =
          filter === undefined
            ? rows
            : rows.filter((row) => passing(rows, filter).includes(row.machine));
        for (const { title, values } of atOnce(facetsOf(among)))
          for (const { words, count, term } of values) {
            const found = passing(rows, filterAnd(filter, term));
            if (found.length !== count)
              throw new Error(`${title} ${words}: ${term}: ${found.length}, not ${count}`);
          }
      }
    }),
    { numRuns: 30 },
  );
  t.end();
});

t.test('each reason leads to its machines, and no machine with a problem is left out', (t) => {
  fc.assert(
    fc.property(fleets, (rows) => {
      const { groups, more } = atOnce(reasonsOf(rows, new Map()));
      const told = groups.flatMap(({ nodes }) => expandNodeset(nodes));
      const problems = rows.filter(isProblem).map(({ machine }) => machine);
      if (more === 0 && new Set(told).symmetricDifference(new Set(problems)).size > 0)
        throw new Error(`${told.join()} are told, not ${problems.join()}`);
      for (const { nodes, filter, count } of groups) {
        const found = passing(rows, filter);
        const members = expandNodeset(nodes);
        if (members.length !== count) throw new Error(`${nodes} are not ${count}`);
        if (!members.every((name) => found.includes(name)))
          throw new Error(`${filter} does not lead to ${nodes}`);
      }
    }),
    { numRuns: 30 },
  );
  t.end();
});

t.test('every machine is counted in one state', (t) => {
  fc.assert(
    fc.property(fleets, (rows) => {
      const { total, states, problems } = countsOf(rows);
      const sum = states.reduce((all, [, count]) => all + count, 0);
      return total === rows.length && sum === total && problems === rows.filter(isProblem).length;
    }),
    { numRuns: 30 },
  );
  t.end();
});

t.test(
  'a request for each machine has a key of its own, and one reason is told once',
  async (t) => {
    const keys: string[] = [];
    const outcome = await eachMachine(['n1', 'n2', 'n3', 'n4'], 'k', async (host, key) => {
      await Promise.resolve();
      keys.push(key);
      if (host === 'n2' || host === 'n4') throw new Error(`${host} is lent to others`);
    });
    t.same(keys.toSorted(), ['k/n1', 'k/n2', 'k/n3', 'k/n4']);
    t.same(outcome.done.toSorted(), ['n1', 'n3']);
    t.same(byReason(outcome.failed), [{ hosts: ['n2', 'n4'], why: 'n2 is lent to others' }]);
  },
);

t.test('what is stopped goes no further, and says what it left out', async (t) => {
  const stop = new AbortController();
  const hosts = Array.from({ length: 100 }, (_, i) => `n${i}`);
  const work = async (host: string): Promise<void> => {
    await Promise.resolve();
    if (host === 'n20') stop.abort();
  };
  const { done, failed } = await eachMachine(hosts, 'k', work, undefined, stop.signal);
  t.equal(done.length + failed.length, 100);
  t.ok(done.length > 20 && done.length < 40, 'what was begun is done');
  t.match(byReason(failed), [{ why: 'not begun: you stopped it' }]);
});

t.test('a station that is away is not asked for each of thousands', async (t) => {
  let asked = 0;
  const hosts = Array.from({ length: 1000 }, (_, i) => `n${i}`);
  const { done, failed } = await eachMachine(hosts, 'k', async () => {
    asked += 1;
    await Promise.resolve();
    throw new UnreachableError([{ url: 'http://station', cause: 'refused' }]);
  });
  t.same([done.length, failed.length], [0, 1000]);
  t.ok(asked <= 8);
});

t.test('a note is copied as halctl takes it', (t) => {
  t.same(noteCommand('n1', 'a fan'), ['halctl', 'note', 'n1', 'a fan']);
  t.same(noteCommand('n1', '- a fan'), ['halctl', 'note', 'n1', '--', '- a fan']);
  t.end();
});

t.test('a saved view is an address with a name, without who was picked', (t) => {
  let kept: string | null = null;
  const store = {
    getItem: () => kept,
    setItem: (_key: string, value: string) => void (kept = value),
  };
  const query = viewQuery(new URLSearchParams('filter=a&selected=n1&sort=-age'));
  t.equal(query, 'filter=a&sort=-age');
  saveView(store, { name: 'mine', query });
  saveView(store, { name: 'mine', query: 'filter=b' });
  t.same(saveView(store, { name: 'all', query: '' }), [
    { name: 'all', query: '' },
    { name: 'mine', query: 'filter=b' },
  ]);
  t.same(forgetView(store, 'all'), [{ name: 'mine', query: 'filter=b' }]);
  kept = '{"not": "a list"}';
  t.same(savedViews(store), [], 'what cannot be read is none');
  t.end();
});
