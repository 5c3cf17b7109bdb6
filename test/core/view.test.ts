/** Views of the graph: one moment of it, however it goes on changing. */

import fc from 'fast-check';
import t from 'tap';
import { dumpJson } from '../../src/core/graph/dump.ts';
import type { ReadGraph } from '../../src/core/graph/read-graph.ts';
import { keyOf, shownKinds } from '../../src/core/graph/resources.ts';
import { orderOf, SortedKeys } from '../../src/core/graph/sorted-keys.ts';
import { GraphView } from '../../src/core/graph/view.ts';
import { check, Clock, commandOf, step } from './random-commands.ts';
import { load, newEngine, nodeUp, submit } from './scenario.ts';

/** Everything that a graph, or a view of it, can be asked. */
const told = (graph: ReadGraph): string => {
  const fids = (rows: Iterable<{ fid: string }>): string[] =>
    Array.from(rows, ({ fid }) => fid).sort();
  return JSON.stringify({
    dump: [...dumpJson(graph)].join(''),
    counts: [shownKinds.map((kind) => graph.count(kind)), graph.hostCounts()],
    states: [...graph.processCounts()].filter(([, count]) => count > 0).sort(),
    nodes: Array.from(graph.rowsAfter('host'), ({ fqdn }) => graph.one('runs', fqdn)?.fid ?? null),
    processes: Array.from(graph.rowsAfter('node'), ({ fid }) => [
      fids(graph.many('hosts', fid)),
      graph.related('hosts', fid),
      Array.from(graph.rowsAfter('role'), ({ name }) => graph.stayingOfRole(fid, name)),
    ]),
    services: Array.from(graph.rowsAfter('process'), ({ fid }) =>
      fids(graph.many('provides', fid)),
    ),
  });
};

/** Where two texts begin to differ. */
const differenceOf = (is: string, should: string): string => {
  let at = 0;
  while (is[at] === should[at]) at += 1;
  return `${is.slice(at - 200, at + 200)} instead of ${should.slice(at - 200, at + 200)}`;
};

t.test('a view is the moment when it was opened, whatever happens then', async (t) => {
  const steps = fc.array(step, { minLength: 10, maxLength: 40, size: 'max' });
  const property = fc.property(steps, (sequence) => {
    const engine = newEngine();
    for (const command of [load(), nodeUp('n1.example')]) submit(engine, command, { at: 1 });
    const clock = new Clock();
    const opened: { view: GraphView; then: string }[] = [];
    for (const [i, each] of sequence.entries()) {
      if (i % 5 === 0) opened.push({ view: new GraphView(engine.graph), then: told(engine.graph) });
      const submission = clock.submission(each);
      const command = commandOf(each, engine.graph);
      engine.dryRun(command, submission);
      engine.submit(command, submission);
    }
    engine.rollBack();
    for (const { view, then } of opened) {
      const now = told(view);
      if (now !== then) throw new Error(differenceOf(now, then));
      view.close();
    }
    for (const kind of shownKinds) {
      const keys = Array.from(engine.graph.rowsAfter(kind), (row) => keyOf(kind, row));
      if (keys.length !== engine.graph.count(kind)) throw new Error(`${kind}: ${keys.join(' ')}`);
    }
  });
  check(t, property, 60);
});

t.test('keys stay in order, whatever is added and taken out', async (t) => {
  const change = fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 4000 }));
  const changes = fc.array(change, { minLength: 10, maxLength: 3000, size: 'max' });
  const key = (value: number): string => `0x7200000000000001:0x${value.toString(16)}`;
  const property = fc.property(changes, fc.integer({ min: 0, max: 2500 }), (sequence, begun) => {
    const keys = new SortedKeys(orderOf('process'));
    const expected = new Set<number>();
    const change = (isAdded: boolean, value: number): void => {
      keys[isAdded ? 'add' : 'delete'](key(value));
      expected[isAdded ? 'add' : 'delete'](value);
    };
    for (let value = 1; value <= begun; value += 1) change(true, value);
    for (const [isAdded, value] of sequence) change(isAdded, value);
    const sorted = [...expected].sort((a, b) => a - b);
    const all = keys.after(undefined, Infinity);
    if (all.join() !== sorted.map(key).join()) throw new Error(all.join());
    for (const from of [0, 1, 15, 16, 17, 1000, 4000, 4001]) {
      const page = keys.after(key(from), 7).join();
      const after = sorted.filter((value) => value > from).slice(0, 7);
      if (page !== after.map(key).join()) throw new Error(`after ${from}: ${page}`);
    }
  });
  check(t, property, 40);
});
