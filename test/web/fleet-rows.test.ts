/** Which machines a page shows, in which order, and how changes come in. */

import t from 'tap';
import { orderNamed } from '../../src/checks/view/request.ts';
import type { FleetRow } from '../../src/checks/view/row.ts';
import { rowOf } from '../../src/checks/view/state.ts';
import { Arrangement } from '../../src/web/page/fleet/arrangement.ts';
import type { Arranged } from '../../src/web/page/fleet/arrangement.ts';
import { Machines } from '../../src/web/page/fleet/machines.ts';
import { rowOrder } from '../../src/web/page/fleet/order.ts';
import { filterAnd, filterValue, statusCommand, viewIn } from '../../src/web/page/fleet/view.ts';
import { Watch } from '../../src/web/page/fleet/watch.ts';
import type { After } from '../../src/web/page/fleet/watch.ts';
import { shownMachine } from '../../src/checks/view/shapes.ts';
import { restMs, Still } from '../../src/web/page/parts/still.ts';
import { sortedBy, sortingOf, sortText } from '../../src/web/page/parts/sorting.ts';

const row = (machine: string, isUp: boolean, reason = ''): FleetRow =>
  rowOf({
    ...{ machine, host: isUp ? 'up' : 'down', hostReason: reason, hostSince: 0, node: null },
    ...{ roles: [], project: null, enclosure: null, maintenance: null, scheduler: null },
    ...{ note: null, checks: [] },
  });

const problemsFirst: Arranged = {
  test: () => true,
  order: rowOrder(orderNamed(undefined, []), 0),
  now: 0,
};

const names = (rows: readonly FleetRow[]): string[] => rows.map(({ machine }) => machine);

/** The same numbers in every run. */
const randomOf = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
};

t.test('changes that are put in one by one make what sorting all of them makes', (t) => {
  const random = randomOf(11);
  const by: Arranged = { ...problemsFirst, test: ({ machine }) => !machine.endsWith('3') };
  const now = new Map<string, FleetRow>();
  const arrangement = new Arrangement(by);
  for (let round = 0; round < 300; round += 1) {
    const rows: FleetRow[] = [];
    for (let i = 0; i < 5; i += 1)
      rows.push(row(`n${Math.floor(random() * 60)}.x`.replace('.x', ''), random() < 0.7));
    const gone = random() < 0.3 ? [`n${Math.floor(random() * 60)}`] : [];
    const kept = rows.filter(({ machine }) => !gone.includes(machine));
    arrangement.put({ rows: kept, gone });
    for (const name of gone) now.delete(name);
    for (const one of kept) now.set(one.machine, one);
    const sorted = [...now.values()].filter((one) => by.test(one, 0)).sort(by.order);
    t.same(names(arrangement.rows), names(sorted));
    t.ok(arrangement.rows.every((one) => now.get(one.machine) === one));
  }
  t.end();
});

t.test('names come in the order in which people count, those without a digit too', (t) => {
  const all = ['n10', 'n2', 'login', 'n1', 'alpha', 'n02'].map((name) => row(name, true));
  const arrangement = new Arrangement(problemsFirst);
  arrangement.put({ rows: all, gone: [] });
  t.same(names(arrangement.rows), ['alpha', 'login', 'n1', 'n2', 'n02', 'n10']);
  t.end();
});

const watched = async (
  all: readonly FleetRow[],
  isWhole = true,
): Promise<{ machines: Machines; watch: Watch; tick: () => Promise<void> }> => {
  const machines = new Machines();
  let due: (() => void)[] = [];
  const after: After = (_ms, call) => {
    due.push(call);
    return () => void (due = due.filter((one) => one !== call));
  };
  const told: (() => void)[] = [];
  const tell = (): void => {
    for (const one of told.splice(0)) one();
  };
  const watch = new Watch(machines, tell, after);
  const next = (): Promise<void> => new Promise((resolve) => void told.push(resolve));
  machines.take({ kind: 'begin', meta: { checks: [], at: 1 } as never });
  machines.take({ kind: 'machines', machines: all.map((one) => shownMachine(one)) as never });
  if (isWhole) machines.take({ kind: 'whole' });
  watch.arrange(problemsFirst, false);
  await next();
  return {
    machines,
    watch,
    tick: async () => {
      const shown = next();
      for (const call of due.splice(0)) call();
      await shown;
    },
  };
};

const change = (machines: Machines, ...rows: readonly FleetRow[]): void =>
  machines.take({
    kind: 'change',
    at: 2,
    nodes: rows.map((one) => shownMachine(one)) as never,
    gone: [],
  });

t.test('all rows come while somebody points at the first of them', async (t) => {
  const { machines, watch, tick } = await watched([row('a', true), row('b', true)], false);
  watch.hold(true);
  const more = [row('c', true), row('d', true)].map((one) => shownMachine(one));
  machines.take({ kind: 'machines', machines: more as never });
  machines.take({ kind: 'whole' });
  await tick();
  t.same(names(watch.rows), ['a', 'b', 'c', 'd'], 'they were there before, and are no changes');
  t.equal(watch.waiting, 0);
  change(machines, row('e', true));
  await tick();
  t.same(names(watch.rows), ['a', 'b', 'c', 'd'], 'what is new waits');
  t.equal(watch.waiting, 1);
  watch.close();
});

t.test('rows stay where they are while somebody points at them, and say what is new', async (t) => {
  const { machines, watch, tick } = await watched(['a', 'b', 'c'].map((name) => row(name, true)));
  t.same(names(watch.rows), ['a', 'b', 'c']);
  watch.hold(true);
  change(machines, row('c', false, 'no heartbeat'), row('d', true));
  await tick();
  t.same(names(watch.rows), ['a', 'b', 'c'], 'no row has moved, and none has come');
  t.equal(watch.rows[2]!.state, 'dark', 'what it is now is told in its place');
  t.equal(watch.waiting, 2);
  watch.hold(false);
  t.same(names(watch.rows), ['c', 'a', 'b', 'd']);
  t.equal(watch.waiting, 0);
  watch.close();
});

t.test('nothing changes while the page is held still', async (t) => {
  const { machines, watch, tick } = await watched(['a', 'b'].map((name) => row(name, true)));
  watch.pause(true);
  change(machines, row('b', false, 'no heartbeat'));
  await tick();
  t.same(
    watch.rows.map(({ state }) => state),
    ['up', 'up'],
  );
  t.equal(watch.waiting, 1);
  watch.pause(false);
  await tick();
  t.same(names(watch.rows), ['b', 'a']);
  watch.close();
});

t.test('machines that are not told when all is read anew are gone', async (t) => {
  const { machines, watch, tick } = await watched(['a', 'b'].map((name) => row(name, true)));
  machines.take({ kind: 'begin', meta: { checks: [], at: 3 } as never });
  machines.take({ kind: 'machines', machines: [shownMachine(row('b', true))] as never });
  t.equal(machines.rows.size, 2, 'what was known stays until all is known');
  machines.take({ kind: 'whole' });
  await tick();
  t.same(names(watch.rows), ['b']);
  watch.close();
});

t.test('a view stands in its address and is what halctl is asked for', (t) => {
  const said = new URLSearchParams(
    'filter=reason~"x y"&groups=gpu,rack1&nodes=n[1-9]&sort=-age,machine&problems=true&at=7',
  );
  t.same(statusCommand(viewIn(said)), [
    ...['halctl', 'status', 'n[1-9]', '--group', 'gpu', '--group', 'rack1'],
    ...['--filter', 'reason~"x y"', '--problems', '--sort=-age,machine', '--at', '7'],
  ]);
  t.same(viewIn(new URLSearchParams('filter=&problems=no')), {});
  t.end();
});

t.test('a term is added to a filter once, beside what is asked already', (t) => {
  t.equal(filterAnd(undefined, 'state:dark'), 'state:dark');
  t.equal(filterAnd('a or b', 'state:dark'), '(a or b) and state:dark');
  t.equal(filterAnd('x and state:dark', 'state:dark'), 'x and state:dark');
  t.equal(filterValue('say "hi" \\'), String.raw`"say \"hi\" \\"`);
  t.equal(filterValue('savio3'), 'savio3');
  t.end();
});

t.test('a press on a title sorts up, then down, then no more; with Shift besides', (t) => {
  const press = (text: string, id: string, isMore = false): string =>
    sortText(sortedBy(sortingOf(text), id, isMore));
  t.equal(press('', 'state'), 'state');
  t.equal(press('state', 'state'), '-state');
  t.equal(press('-state', 'state'), '');
  t.equal(press('-age,machine', 'state'), 'state');
  t.equal(press('-age,machine', 'state', true), '-age,machine,state');
  t.equal(press('-age,machine', 'machine', true), '-age,-machine');
  t.equal(press('-age,machine', 'age', true), 'machine');
  t.end();
});

t.test('rows of any table stay where they are while somebody moves among them', (t) => {
  type Row = readonly [key: string, text: string];
  const still = new Still<Row>(([key]) => key);
  const shown = (rows: readonly Row[], now: number, asked = ''): string =>
    still.rows(rows, asked, now).join(' ');
  const [a, b, c]: Row[] = [
    ['a', '1'],
    ['b', '1'],
    ['c', '1'],
  ] as const;
  still.stirred(0);
  t.equal(shown([], 1), '');
  t.equal(shown([b, a], 2), 'b,1 a,1', 'the first are shown at once');
  t.equal(shown([c, b, ['a', '2']], 3), 'b,1 a,2', 'none moves, and each is as it is');
  t.equal(shown([c, b], 4), 'b,1 a,1', 'nor does one go');
  t.equal(shown([c, b], 5, 'filter=c'), 'c,1 b,1', 'what is asked anew is answered');
  still.stirred(6);
  t.equal(shown([a, c, b], 6 + restMs - 1, 'filter=c'), 'c,1 b,1');
  t.equal(shown([a, c, b], 6 + restMs, 'filter=c'), 'a,1 c,1 b,1', 'whoever rests looks on');
  still.stirred(10_000);
  still.left();
  t.equal(shown([b], 10_001, 'filter=c'), 'b,1');
  t.end();
});
