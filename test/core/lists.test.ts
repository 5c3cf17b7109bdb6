/** Lists are read page by page while the cluster changes. */

import fc from 'fast-check';
import t from 'tap';
import type { Engine } from '../../src/core/engine.ts';
import type { Fid } from '../../src/core/values/fid.ts';
import { hostStates, processStates } from '../../src/core/values/states.ts';
import type { ProcessState } from '../../src/core/values/states.ts';
import { checkLists } from './list-invariants.ts';
import { PlayedCluster } from './played-cluster.ts';
import { check, Clock, commandOf, step } from './random-commands.ts';
import { load, newEngine, nodeUp, override, submit } from './scenario.ts';

interface List {
  readonly name: string;
  readonly page: (after: string | undefined, count: number) => readonly string[];
}

/** Every list with each of its filters. */
const listsOf = ({ graph }: Engine): List[] => {
  const { processLists, hostLists, problems, tokens } = graph.indexes;
  const roles = [undefined, ...Array.from(graph.all('role'), ({ name }) => name)];
  return [
    { name: 'processes', page: (after, count) => graph.keysAfter('process', after, count) },
    { name: 'nodes', page: (after, count) => graph.keysAfter('node', after, count) },
    { name: 'problems', page: (after, count) => problems.after(after, count) },
    { name: 'tokens', page: (after, count) => tokens.after(after, count) },
    ...hostStates.map((state) => ({
      name: `${state} hosts`,
      page: (after: string | undefined, count: number) => hostLists.after(state, after, count),
    })),
    ...roles.flatMap((role) =>
      [undefined, ...processStates].flatMap((state) =>
        role === undefined && state === undefined
          ? []
          : {
              name: `${role} ${state} processes`,
              page: (after: string | undefined, count: number) =>
                processLists.after({ role, state }, after, count),
            },
      ),
    ),
  ];
};

/** A list that is being read by pages of two. */
interface Reading extends List {
  readonly read: string[];
  /** What was in the list at every moment so far. */
  staying: Set<string>;
  isOver: boolean;
}

const readOn = (reading: Reading): void => {
  const whole = new Set(reading.page(undefined, Infinity));
  reading.staying = new Set([...reading.staying].filter((key) => whole.has(key)));
  if (reading.isOver) return;
  const page = reading.page(reading.read.at(-1), 2);
  reading.read.push(...page);
  reading.isOver = page.length < 2;
};

t.test(
  'lists are what a search and a sort give, whatever happens, and is taken back',
  async (t) => {
    const steps = fc.array(step, { minLength: 10, maxLength: 40, size: 'max' });
    const property = fc.property(steps, (sequence) => {
      const engine = newEngine();
      for (const command of [load(), nodeUp('n1.example')]) submit(engine, command, { at: 1 });
      const clock = new Clock();
      for (const each of sequence) {
        const submission = clock.submission(each);
        const command = commandOf(each, engine.graph);
        engine.dryRun(command, submission);
        checkLists(engine.graph);
        engine.submit(command, submission);
        checkLists(engine.graph);
      }
      engine.rollBack();
      checkLists(engine.graph);
    });
    check(t, property, 40);
  },
);

t.test('pages have everything once and in order that is there while they are read', async (t) => {
  const steps = fc.array(step, { minLength: 10, maxLength: 40, size: 'max' });
  const property = fc.property(steps, (sequence) => {
    const engine = newEngine();
    for (const command of [load(), nodeUp('n1.example')]) submit(engine, command, { at: 1 });
    const clock = new Clock();
    const readings: Reading[] = listsOf(engine).map((list) => ({
      ...list,
      read: [],
      staying: new Set(list.page(undefined, Infinity)),
      isOver: false,
    }));
    for (const each of sequence) {
      for (const reading of readings) readOn(reading);
      engine.submit(commandOf(each, engine.graph), clock.submission(each));
    }
    for (const reading of readings) {
      while (!reading.isOver) readOn(reading);
      const { name, read, staying } = reading;
      if (new Set(read).size !== read.length) throw new Error(`${name}: twice in ${read.join()}`);
      for (const key of staying) if (!read.includes(key)) throw new Error(`${name}: no ${key}`);
    }
  });
  check(t, property, 40);
});

t.test('a host is a problem while a process of it is not calm, and while it is down', async (t) => {
  const [n1, n2] = ['n1.example', 'n2.example'];
  const c = new PlayedCluster({ [n1]: ['app', 'app'], [n2]: ['app'] });
  const problems = (): string[] => c.graph.indexes.problems.after(undefined, 10);
  const inState = (state: ProcessState): string[] =>
    c.graph.indexes.processLists.after({ state }, undefined, 10);
  const [first, second] = c.fids('app') as [Fid, Fid];
  t.strictSame(problems(), []);
  c.run(override(first, 'failed'));
  c.run(override(second, 'failed'));
  t.strictSame(problems(), [n1]);
  c.run(override(first, 'online'));
  t.strictSame(problems(), [n1], 'one of them has still failed');
  c.run(override(second, 'offline'));
  t.strictSame(problems(), []);
  c.down(n1);
  t.strictSame([problems(), inState('inhibited'), inState('online')], [[n1], [first, second], []]);
  c.up(n1);
  t.strictSame([problems(), inState('inhibited'), inState('online')], [[], [], [first]]);
});
