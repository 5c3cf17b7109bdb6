/**
 * Tries an effect by failing each of its steps once, and by doing each twice: the station crashes
 * there, or the step throws. An executor begins it, and where that one has crashed another goes on
 * from what is in the log.
 */

import type { Command } from '../../src/core/commands/index.ts';
import type { Graph } from '../../src/core/graph/graph.ts';
import type { MemoryStorage } from '../../src/log/memory.ts';
import { Executor } from '../../src/station/duties/executor.ts';
import type { Effect, EffectKind } from '../../src/station/duties/effects/effect.ts';
import type { Result } from '../../src/station/result.ts';
import { HandTime } from './hand-time.ts';
import { until } from './harness.ts';
import type { WatchedLog } from './memory-log.ts';

/** A cluster that has effects of one kind, as its log has it. */
export interface Ground {
  readonly kind: EffectKind<unknown>;
  readonly log: WatchedLog;
  readonly graph: () => Graph;
  readonly submit: (command: Command) => Promise<Result<null>>;
}

export interface Trial {
  /** Opens the cluster on a log. */
  readonly open: (storage: MemoryStorage, time: HandTime) => Promise<Ground>;
  /** Has one effect intended. */
  readonly intend: (ground: Ground, time: HandTime) => Promise<unknown>;
  /** How often the effect was really done. */
  readonly acts: () => number;
  /** The outcomes that the log has. */
  readonly outcomes: (log: WatchedLog) => string[];
}

/** Before and after each step: the beginning is recorded, it is done, the end is recorded. */
export const points = ['begin', 'begun', 'act', 'acted', 'end', 'ended'] as const;
export type Point = (typeof points)[number];
export type Fault = 'crash' | 'error' | 'stop';

export interface Came {
  readonly acts: number;
  readonly outcomes: readonly string[];
}

/** Something that goes wrong at one point, once. */
class Sabotage {
  readonly #point: Point;
  readonly #fault: Fault;
  hasHappened = false;

  constructor(point: Point, fault: Fault) {
    this.#point = point;
    this.#fault = fault;
  }

  async at(point: Point, signal: AbortSignal): Promise<void> {
    if (point !== this.#point || this.hasHappened) return;
    this.hasHappened = true;
    if (this.#fault === 'error') throw new Error(`it failed at ${point}`);
    await new Promise<void>((resolve) => {
      // Whoever has crashed never goes on; whoever is stopped ends.
      if (this.#fault === 'stop') signal.addEventListener('abort', () => resolve());
    });
    throw new Error('it was stopped');
  }
}

const executorOn = ({ kind, log, graph, submit }: Ground, time: HandTime, sabotage?: Sabotage) => {
  const steps = new Map<Command, 'begin' | 'end'>();
  const never = new AbortController().signal;
  const noted = (command: Command, step: 'begin' | 'end'): Command => {
    steps.set(command, step);
    return command;
  };
  const watched: EffectKind<unknown> = {
    ...kind,
    // Told twice of each, as by a log that repeats itself.
    *intendedBy(commit, graph) {
      yield* kind.intendedBy(commit, graph);
      yield* kind.intendedBy(commit, graph);
    },
    ...(kind.begin && {
      begin: (effect: Effect<unknown>) => noted(kind.begin!(effect), 'begin'),
    }),
    run: async (effect, context) => {
      await sabotage?.at('act', context.signal);
      const ended = await kind.run(effect, context);
      await sabotage?.at('acted', context.signal);
      return ended;
    },
    end: (effect, ended) => noted(kind.end(effect, ended), 'end'),
  };
  return new Executor({
    kinds: [watched],
    log,
    graph,
    time,
    submit: async (command) => {
      const isBegin = steps.get(command) === 'begin';
      await sabotage?.at(isBegin ? 'begin' : 'end', never);
      const result = await submit(command);
      await sabotage?.at(isBegin ? 'begun' : 'ended', never);
      return result;
    },
  });
};

/** What comes of one effect. */
export const tried = async (trial: Trial, point: Point, fault: Fault): Promise<Came> => {
  const [time, storage]: [HandTime, MemoryStorage] = [new HandTime(), []];
  const before = trial.acts();
  const first = await trial.open(storage, time);
  const sabotage = new Sabotage(point, fault);
  const executor = executorOn(first, time, sabotage);
  executor.start();
  await trial.intend(first, time);
  const passing = async (what: string, look: () => boolean): Promise<void> => {
    await until(what, async () => {
      await time.pass(1000);
      return look();
    });
  };
  await passing('the fault', () => sabotage.hasHappened);
  let last = first;
  if (fault === 'stop') {
    await executor.stop();
    executor.start();
  } else if (fault === 'crash') {
    last = await trial.open([...storage], time);
    executorOn(last, time).start();
  }
  await passing('its end', () => trial.outcomes(last.log).length > 0);
  // Whatever would come of it yet has the time to come.
  await time.pass(60_000);
  return { acts: trial.acts() - before, outcomes: trial.outcomes(last.log) };
};
