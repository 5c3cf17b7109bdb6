/**
 * Carries out effects. One is begun once, after its intention and its beginning are durable; what an
 * earlier term had begun is reported as interrupted, or done again where that does no harm.
 */

import type { Command } from '../../core/commands/index.ts';
import type { Commit } from '../../core/events/commit.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { EventLog } from '../../log/log.ts';
import type { Result } from '../result.ts';
import { pause } from '../time.ts';
import type { Time } from '../time.ts';
import type { Duty } from './duty.ts';
import type { Effect, EffectContext, EffectKind, Ended } from './effects/effect.ts';

/** Whether this station leads is not sure for long, ms. */
const standMs = 500;

/** What the log did not take is reported again, and what may be repeated done again, after, ms. */
const retryMs = 5000;

export interface ExecutorParts {
  readonly kinds: readonly EffectKind<unknown>[];
  readonly log: EventLog;
  readonly graph: () => Graph;
  readonly time: Time;
  /** Whether the station may still act, asked right before something is done. Absent: always. */
  readonly mayAct?: (() => boolean) | undefined;
  /** Resolves when the command is durable. @throws the log did not take it */
  readonly submit: (command: Command) => Promise<Result<null>>;
}

export class Executor implements Duty {
  readonly #log: EventLog;
  readonly #lines: readonly Line[];
  #unsubscribe: (() => void) | null = null;

  constructor(parts: ExecutorParts) {
    this.#log = parts.log;
    this.#lines = parts.kinds.map((kind) => new Line(kind, parts));
  }

  start(): void {
    const head = this.#log.head();
    this.#unsubscribe = this.#log.subscribe(head, (commit) => {
      for (const line of this.#lines) line.take(commit);
    });
    for (const line of this.#lines) line.start(head);
  }

  /** Ends what runs. It is not reported any more: the next term does so. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    await Promise.all(this.#lines.map((line) => line.stop()));
  }
}

const always = (): boolean => true;

const nameOf = ({ target, intended }: Effect<unknown>): string => `${intended} ${target}`;

/** The effects of one kind. */
class Line {
  readonly #kind: EffectKind<unknown>;
  readonly #parts: ExecutorParts;
  readonly #waiting: Effect<unknown>[] = [];
  /** What waits or runs, so that none is taken twice. */
  readonly #taken = new Set<string>();
  /** How many run, by target. */
  readonly #busy = new Map<string, number>();
  readonly #underWay = new Set<Promise<void>>();
  #running = 0;
  #stopping = new AbortController();

  constructor(kind: EffectKind<unknown>, parts: ExecutorParts) {
    this.#kind = kind;
    this.#parts = parts;
  }

  /** @param head up to where the log is taken from the graph; what follows comes by its commit */
  start(head: number): void {
    this.#stopping = new AbortController();
    for (const effect of this.#kind.unended(this.#parts.graph())) {
      if (effect.intended > head) continue;
      if (effect.isBegun && !this.#kind.mayRepeat && !this.#kind.settle)
        this.#track(
          this.#end(
            effect,
            'interrupted',
            'the station ended before it did; it was not begun again',
          ),
        );
      else this.#wait(effect);
    }
    this.#next();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#waiting.length = 0;
    await Promise.all(this.#underWay);
    this.#taken.clear();
  }

  take(commit: Commit): void {
    for (const effect of this.#kind.intendedBy(commit, this.#parts.graph())) this.#wait(effect);
    this.#next();
  }

  #wait(effect: Effect<unknown>): void {
    const name = nameOf(effect);
    if (this.#taken.has(name)) return;
    this.#taken.add(name);
    this.#waiting.push(effect);
  }

  #next(): void {
    const { atOnce, perTarget } = this.#kind.limits;
    const hasRoom = ({ target }: Effect<unknown>): boolean =>
      (this.#busy.get(target) ?? 0) < perTarget;
    while (this.#running < atOnce) {
      const at = this.#waiting.findIndex(hasRoom);
      if (at < 0) return;
      const [effect] = this.#waiting.splice(at, 1);
      this.#occupy(effect!.target, 1);
      this.#track(
        this.#carryOut(effect!).finally(() => {
          this.#occupy(effect!.target, -1);
          this.#taken.delete(nameOf(effect!));
          this.#next();
        }),
      );
    }
  }

  #occupy(target: string, change: 1 | -1): void {
    this.#running += change;
    const busy = (this.#busy.get(target) ?? 0) + change;
    if (busy > 0) this.#busy.set(target, busy);
    else this.#busy.delete(target);
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }

  async #carryOut(effect: Effect<unknown>): Promise<void> {
    if (!(await this.#begin(effect))) return;
    const { mayRepeat } = this.#kind;
    const { signal } = this.#stopping;
    const { graph, time } = this.#parts;
    while ((await this.#mayAct()) && this.#kind.find(graph(), effect)) {
      try {
        const { outcome, detail } = await this.#kind.run(effect, this.#context());
        return await this.#end(effect, outcome, detail);
      } catch (error) {
        const { message } = error as Error;
        if (!mayRepeat)
          return await this.#end(effect, 'interrupted', `it is not known how it ended: ${message}`);
        await pause(time, retryMs, signal);
      }
    }
  }

  /** @returns whether it is to be run now: it is wanted, and durably begun */
  async #begin(effect: Effect<unknown>): Promise<boolean> {
    const { mayRepeat } = this.#kind;
    while (!this.#stopping.signal.aborted) {
      const found = this.#kind.find(this.#parts.graph(), effect);
      if (!found) return false;
      if (!this.#kind.begin || (found.isBegun && mayRepeat)) return true;
      if (found.isBegun) {
        // An earlier term had begun it, or an earlier try to record that was taken after all.
        await this.#settle(effect);
        return false;
      }
      const result = await this.#submitted(this.#kind.begin(effect));
      if (!result) continue;
      if (!result.ok) await this.#end(effect, 'failed', result.rejection.message);
      return result.ok && result.changed;
    }
    return false;
  }

  /** It is found out how one ended that is not to be begun again. */
  async #settle(effect: Effect<unknown>): Promise<void> {
    if (!this.#kind.settle)
      return this.#end(effect, 'interrupted', 'its beginning was recorded, and nothing was done');
    try {
      if (!(await this.#mayAct())) return;
      const { outcome, detail } = await this.#kind.settle(effect, this.#context());
      await this.#end(effect, outcome, detail);
    } catch (error) {
      const { message } = error as Error;
      await this.#end(effect, 'interrupted', `it is not known how it ended: ${message}`);
    }
  }

  #context(): EffectContext {
    const { graph, time, mayAct = always } = this.#parts;
    const { signal } = this.#stopping;
    const mustStand = (): void => {
      signal.throwIfAborted();
      if (!mayAct()) throw new Error('nothing was done: another station may lead by now');
    };
    return { graph: graph(), time, signal, mustStand };
  }

  /**
   * Waits until this station is sure that it leads. What has begun meanwhile and is never done, the
   * next one reports.
   *
   * @returns false: it does not any more
   */
  async #mayAct(): Promise<boolean> {
    const { time, mayAct = always } = this.#parts;
    const { signal } = this.#stopping;
    while (!signal.aborted && !mayAct()) await pause(time, standMs, signal);
    return !signal.aborted;
  }

  async #end(effect: Effect<unknown>, outcome: Ended['outcome'], detail: string): Promise<void> {
    const command = this.#kind.end(effect, { outcome, detail });
    while (!this.#stopping.signal.aborted && !(await this.#submitted(command)));
  }

  /** @returns undefined after a while, where the log did not take it; the station says so itself */
  async #submitted(command: Command): Promise<Result<null> | undefined> {
    try {
      return await this.#parts.submit(command);
    } catch {
      await pause(this.#parts.time, retryMs, this.#stopping.signal);
      return undefined;
    }
  }
}
