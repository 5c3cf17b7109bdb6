/** The invariants of the design, over random sequences of commands. */

import fc from 'fast-check';
import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import type { Engine } from '../../src/core/engine.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import { Graph } from '../../src/core/graph/graph.ts';
import { restoreLine, snapshotLines } from '../../src/core/graph/dump.ts';
import {
  checkGraph,
  CooldownChecker,
  LendingChecker,
  LogChecker,
  TransitionChecker,
} from './invariants.ts';
import { LeadershipChecker } from './station-invariants.ts';
import { check, Clock, commandOf, step } from './random-commands.ts';
import { add, load, newEngine, nodeUp, noon, remove, submit, templates } from './scenario.ts';

const equal = (actual: unknown, expected: unknown, what: string): void => {
  if (actual === expected) return;
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
};

/** A commit as another station reads it from the log. */
const read = (line: string): Commit => JSON.parse(line) as Commit;

/** An engine that knows a cluster and a host, and the log of how it came to that. */
const begun = (): { engine: Engine; log: string[] } => {
  const engine = newEngine();
  const log = [load(), nodeUp('n1.example')].map((command) => {
    const outcome = submit(engine, command, { at: 1 });
    return JSON.stringify(outcome.kind === 'committed' && outcome.commit);
  });
  return { engine, log };
};

const replay = (lines: readonly string[], engine = newEngine()): Engine => {
  for (const line of lines) engine.replay(read(line));
  return engine;
};

t.test(
  'whatever is asked, every revision keeps the invariants and replays to its digest',
  async (t) => {
    const reached = new Map<string, number>();
    const steps = fc.array(step, { minLength: 5, maxLength: 40, size: 'max' });
    const property = fc.property(steps, (sequence) => {
      const { engine, log } = begun();
      const replica = replay(log);
      const [clock, checker] = [new Clock(), new LogChecker()];
      const [transitions, cooldown] = [new TransitionChecker(), new CooldownChecker()];
      const [lent, led] = [new LendingChecker(), new LeadershipChecker()];
      log.forEach((line) => checker.check(read(line)));
      for (const each of sequence) {
        const command = commandOf(each, engine.graph);
        const submission = clock.submission(each);
        const before = engine.graph.digest();
        const dry = engine.dryRun(command, { ...submission, expected: undefined });
        equal(engine.graph.digest(), before, 'the digest after a dry run');

        const outcome = engine.submit(command, submission);
        const name = outcome.kind === 'rejected' ? outcome.rejection.code : outcome.kind;
        reached.set(name, (reached.get(name) ?? 0) + 1);
        if (outcome.kind !== 'committed') {
          equal(engine.graph.digest(), before, `the digest after ${name}`);
          continue;
        }
        equal(dry.ok && dry.events, outcome.commit.events, 'the dry run');
        const line = JSON.stringify(outcome.commit);
        log.push(line);
        engine.confirm(outcome.commit.revision);
        const written = read(line);
        replica.replay(written);
        equal(replica.graph.digest(), engine.graph.digest(), `the digest of the replay`);
        checker.check(written);
        transitions.check(outcome.commit);
        cooldown.check(outcome.commit);
        lent.check(outcome.commit);
        led.check(outcome.commit);
        lent.agrees(engine.graph);
        checkGraph(engine.graph);
        checkGraph(replica.graph);
      }
      equal(engine.head, log.length, 'the head');
    });
    check(t, property, 300);
    t.comment(Object.fromEntries([...reached].sort(([, a], [, b]) => b - a)));
  },
);

t.test('an endpoint that cools down is given out only where no other is free', async (t) => {
  let early = 0;
  const action = fc.oneof(
    fc.constantFrom('last', 'web').map((role) => add('n1.example', role)),
    fc.nat(9).map((n) => (graph: Graph) => {
      const fids = Array.from(graph.all('process'), ({ fid }) => fid).sort();
      return fids.length === 0 ? null : remove(fids[n % fids.length]!);
    }),
    fc.constant<Command>({ type: 'FireDeadlines' }),
  );
  const steps = fc.array(fc.tuple(action, fc.nat(30_000)), { maxLength: 40, size: 'max' });
  const property = fc.property(steps, (sequence) => {
    const { engine, log } = begun();
    const [replica, checker] = [replay(log), new CooldownChecker()];
    let at = noon;
    for (const [each, ms] of sequence) {
      const command = typeof each === 'function' ? each(engine.graph) : each;
      if (command === null) continue;
      const outcome = submit(engine, command, { at: (at += ms) });
      if (outcome.kind !== 'committed') continue;
      checker.check(outcome.commit);
      replica.replay(read(JSON.stringify(outcome.commit)));
      equal(replica.graph.digest(), engine.graph.digest(), 'the digest of the replay');
      checkGraph(engine.graph);
    }
    early += checker.early;
  });
  check(t, property, 500);
  t.ok(early > 0, `${early} were given out while they cooled`);
});

t.test('T23: a snapshot and the tail of the log give what the whole log gives', async (t) => {
  const steps = fc.array(step, { minLength: 5, maxLength: 40, size: 'max' });
  const property = fc.property(steps, fc.nat(), (sequence, random) => {
    const { engine, log } = begun();
    const clock = new Clock();
    for (const each of sequence) {
      const outcome = engine.submit(commandOf(each, engine.graph), clock.submission(each));
      if (outcome.kind === 'committed') log.push(JSON.stringify(outcome.commit));
    }
    const cut = random % (log.length + 1);
    const early = replay(log.slice(0, cut));
    const graph = new Graph();
    for (const line of snapshotLines(early.graph)) restoreLine(graph, line);
    equal(graph.digest(), early.graph.digest(), 'the digest of the snapshot');
    checkGraph(graph);
    const late = replay(log.slice(cut), newEngine(templates, graph));
    equal(late.graph.digest(), engine.graph.digest(), 'the digest after the tail');
    checkGraph(late.graph);
  });
  check(t, property, 300);
});

t.test('a crash between deciding and appending leaves exactly what was appended', async (t) => {
  const action = fc.oneof(
    { weight: 8, arbitrary: step },
    { weight: 3, arbitrary: fc.record({ append: fc.nat(4) }) },
    { weight: 2, arbitrary: fc.constant('roll back' as const) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  );
  const actions = fc.array(action, { minLength: 5, maxLength: 60, size: 'max' });
  const property = fc.property(actions, (sequence) => {
    let { engine } = begun();
    const { log } = begun();
    const clock = new Clock();
    let waiting: Commit[] = [];
    const asAppended = (what: string): void => {
      const other = replay(log);
      equal(engine.graph.digest(), other.graph.digest(), `the digest after ${what}`);
      equal([engine.head, engine.at], [log.length, other.at], `the head after ${what}`);
      checkGraph(engine.graph);
    };
    for (const each of sequence) {
      if (each === 'roll back') {
        engine.rollBack();
        waiting = [];
        asAppended('rolling back');
      } else if (each === 'restart') {
        engine = replay(log);
        waiting = [];
      } else if ('append' in each) {
        const durable = waiting.splice(0, each.append);
        log.push(...durable.map((commit) => JSON.stringify(commit)));
        if (durable.length > 0) engine.confirm(durable.at(-1)!.revision);
      } else {
        const outcome = engine.submit(commandOf(each, engine.graph), clock.submission(each));
        if (outcome.kind === 'committed') waiting.push(outcome.commit);
        checkGraph(engine.graph);
      }
    }
    engine.rollBack();
    asAppended('the last crash');
    const checker = new LogChecker();
    for (const line of log) checker.check(read(line));
  });
  check(t, property, 300);
});
