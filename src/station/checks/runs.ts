/**
 * Looks that somebody asked for. Who asks for what is being asked already waits for the same answer; nobody's leaving
 * ends a run, as its looks end by themselves.
 */

import type { Changes } from '../observations/observations.ts';
import { Share } from '../fair-use/shares.ts';
import type { ShareLimits } from '../fair-use/shares.ts';
import type { Time } from '../time.ts';

/** Runs under way. */
export const runLimits: ShareLimits = { each: 32, inAll: 128 };
/** Those that have ended are remembered, the latest so many. */
export const runsKept = 128;
/** A run has ended by then, whatever came of it, ms. */
export const runMs = 15 * 60_000;
/** Machines of one run that are asked in a turn. */
const perTurn = 250;

export interface CheckRun {
  readonly id: string;
  readonly by: string;
  /** Ms since the epoch. */
  readonly at: number;
  readonly machines: readonly string[];
  readonly checks: readonly string[];
  readonly total: number;
  /** Looks that are not answered yet. */
  readonly pending: number;
  /** Null: it goes on. */
  readonly ended: number | null;
}

interface Running {
  readonly run: CheckRun;
  /** What is not answered yet, by machine. */
  readonly pending: Map<string, Set<string>>;
  left: number;
  ended: number | null;
  /** Machines that are still to be asked. */
  unsent: string[];
  readonly until: number;
  readonly giveBack: () => void;
  readonly waiting: Set<() => void>;
}

export interface CheckRunsParts {
  readonly time: Time;
  /** @returns false where nobody can be asked now */
  readonly ask: (machine: string, checks: readonly string[]) => boolean;
}

export class CheckRuns {
  readonly #parts: CheckRunsParts;
  readonly #share = new Share('check runs', runLimits);
  readonly #runs = new Map<string, Running>();
  #made = 0;

  constructor(parts: CheckRunsParts) {
    this.#parts = parts;
  }

  /**
   * Begins a run; it asks with the next turns.
   *
   * @param only of each machine the checks that are asked; absent: all of them
   * @throws {ShareExceededError} too many are under way
   */
  begin(
    by: string,
    machines: readonly string[],
    checks: readonly string[],
    only?: ReadonlyMap<string, readonly string[]>,
  ): CheckRun {
    const giveBack = this.#share.take(by);
    const at = this.#parts.time.now();
    this.#made += 1;
    const id = `${at.toString(36)}-${this.#made.toString(36)}`;
    const asked = (machine: string): readonly string[] =>
      only ? (only.get(machine) ?? []) : checks;
    const pending = new Map(machines.map((machine) => [machine, new Set(asked(machine))]));
    const total = Array.from(pending.values()).reduce((all, { size }) => all + size, 0);
    const run = { id, by, at, machines, checks, total, pending: total, ended: null };
    const until = this.#parts.time.monotonic() + runMs;
    const unsent = [...machines].reverse();
    const waiting = new Set<() => void>();
    this.#runs.set(id, {
      run,
      pending,
      left: total,
      ended: null,
      unsent,
      until,
      giveBack,
      waiting,
    });
    this.#forgetOld();
    return run;
  }

  of(id: string): CheckRun | undefined {
    const running = this.#runs.get(id);
    return running && { ...running.run, pending: running.left, ended: running.ended };
  }

  /** Resolves when a run has ended, or after so many ms. */
  async end(id: string, ms: number, signal: AbortSignal): Promise<void> {
    const running = this.#runs.get(id);
    if (!running || running.ended !== null || ms <= 0) return;
    await new Promise<void>((resolve) => {
      const leave = (): void => {
        cancel();
        running.waiting.delete(leave);
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const cancel = this.#parts.time.after(ms, leave);
      running.waiting.add(leave);
      signal.addEventListener('abort', leave);
      if (signal.aborted) leave();
    });
  }

  /** Asks on behalf of runs, some machines a turn. */
  tick(): void {
    const now = this.#parts.time.monotonic();
    for (const running of this.#runs.values()) {
      if (running.ended !== null) continue;
      if (now > running.until) {
        this.#end(running);
        continue;
      }
      for (let asked = 0; asked < perTurn && running.unsent.length > 0; asked += 1) {
        const machine = running.unsent.at(-1)!;
        const checks = running.pending.get(machine);
        if (checks && !this.#parts.ask(machine, [...checks])) break;
        running.unsent.pop();
      }
    }
  }

  /** What was asked will not be answered: it is asked again. */
  lost(): void {
    for (const running of this.#runs.values())
      if (running.ended === null) running.unsent = [...running.pending.keys()].reverse();
  }

  /** Something was found, for whoever asked. */
  take({ observations, forgotten }: Changes): void {
    for (const running of this.#runs.values()) {
      if (running.ended !== null) continue;
      for (const { machine, check } of observations) this.#answered(running, machine, check);
      for (const machine of forgotten)
        for (const check of [...(running.pending.get(machine) ?? [])])
          this.#answered(running, machine, check);
      if (running.left === 0) this.#end(running);
    }
  }

  close(): void {
    for (const running of this.#runs.values()) if (running.ended === null) this.#end(running);
  }

  #answered(running: Running, machine: string, check: string): void {
    const checks = running.pending.get(machine);
    if (!checks?.delete(check)) return;
    if (checks.size === 0) running.pending.delete(machine);
    running.left -= 1;
  }

  #end(running: Running): void {
    running.ended = this.#parts.time.now();
    running.pending.clear();
    running.unsent = [];
    running.giveBack();
    for (const leave of [...running.waiting]) leave();
  }

  #forgetOld(): void {
    const ended = [...this.#runs.values()].filter((one) => one.ended !== null);
    for (const { run } of ended.slice(0, Math.max(0, ended.length - runsKept)))
      this.#runs.delete(run.id);
  }
}
