/**
 * What of the fleet is shown, kept up to date: what comes is put in its place a few times a second. While somebody
 * points at the rows they stay where they are, and only say what is new of each; while the page is held still nothing
 * changes.
 */

import type { FleetRow } from '../../../checks/view/row.ts';
import { inSlices, Slice } from '../state/slices.ts';
import { Arrangement } from './arrangement.ts';
import type { Arranged } from './arrangement.ts';
import type { FleetChange, Machines } from './machines.ts';

/** Changes are shown at most so often, ms. */
const showEveryMs = 250;
/** Changed machines that are put in their places at once. */
const rowsAtOnce = 200;

/** Calls back after so many ms; what it gives takes that back. */
export type After = (ms: number, call: () => void) => () => void;

export const afterInBrowser: After = (ms, call) => {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
};

export class Watch {
  readonly #machines: Machines;
  readonly #tell: () => void;
  readonly #after: After;
  readonly #unlisten: () => void;
  /** By name; null: it is gone. */
  readonly #pending = new Map<string, FleetRow | null>();
  /** Machines that would come, go or move, were the rows not held. */
  readonly #moved = new Set<string>();
  #arrangement: Arrangement | undefined;
  #rows: readonly FleetRow[] = [];
  #arranging: AbortController | undefined;
  #cancel: (() => void) | undefined;
  #isPutting = false;
  #isHeld = false;
  #isPaused = false;
  /** Whether all that there was has been shown: what comes before that is no change. */
  #isWhole = false;

  constructor(machines: Machines, tell: () => void, after: After = afterInBrowser) {
    [this.#machines, this.#tell, this.#after] = [machines, tell, after];
    this.#unlisten = machines.listen((change) => this.#take(change));
  }

  close(): void {
    this.#unlisten();
    this.#cancel?.();
    this.#arranging?.abort();
  }

  /** As they are shown. */
  get rows(): readonly FleetRow[] {
    return this.#rows;
  }

  /** Those that pass, in order, whatever is held. */
  get passing(): readonly FleetRow[] {
    return this.#arrangement?.rows ?? [];
  }

  /** Machines that have changed and are shown as they were, or where they were. */
  get waiting(): number {
    return this.#isPaused ? this.#moved.union(this.#pending).size : this.#moved.size;
  }

  /** Whether what passes is being found out anew. */
  get isArranging(): boolean {
    return this.#arranging !== undefined;
  }

  hold(isHeld: boolean): void {
    if (this.#isHeld === isHeld) return;
    this.#isHeld = isHeld;
    if (!isHeld && this.#moved.size > 0 && !this.#isPaused) this.release();
  }

  pause(isPaused: boolean): void {
    if (this.#isPaused === isPaused) return;
    this.#isPaused = isPaused;
    this.#due();
  }

  /** Shows what waits, once. */
  release(): void {
    void this.#put(true);
  }

  /** @param isOther whether something else is asked for; else it is the same as time has changed it */
  arrange(by: Arranged, isOther = true): void {
    this.#arranging?.abort();
    const own = (this.#arranging = new AbortController());
    // All that has come so far is arranged.
    this.#pending.clear();
    void inSlices(Arrangement.of(this.#machines.rows.values(), by), own.signal)
      .then((made) => {
        if (own.signal.aborted) return;
        this.#arranging = undefined;
        this.#arrangement = made;
        this.#show(isOther);
        this.#due();
      })
      .catch(() => undefined);
    if (isOther) this.#tell();
  }

  #take({ rows, gone }: FleetChange): void {
    for (const row of rows) this.#pending.set(row.machine, row);
    for (const name of gone) this.#pending.set(name, null);
    // The first are shown as soon as it is known how.
    if (this.#arrangement || this.#arranging) this.#due();
    else this.#tell();
  }

  #due(): void {
    this.#cancel ??= this.#after(showEveryMs, () => {
      this.#cancel = undefined;
      if (this.#isPaused) this.#tell();
      else void this.#put(false);
    });
  }

  /** @param isForced although they are held */
  async #put(isForced: boolean): Promise<void> {
    const arrangement = this.#arrangement;
    // What is arranged anew is put in when that is done.
    if (!arrangement || this.#arranging || this.#isPutting) return this.#tell();
    this.#isPutting = true;
    const slice = new Slice();
    while (this.#pending.size > 0) {
      for (const name of arrangement.put(this.#some())) this.#moved.add(name);
      if (slice.isOver) await slice.next();
      if (this.#arrangement !== arrangement || this.#arranging) break;
    }
    this.#isPutting = false;
    this.#show(isForced);
    if (this.#pending.size > 0) this.#due();
  }

  #some(): FleetChange {
    const [rows, gone]: [FleetRow[], string[]] = [[], []];
    for (const [name, row] of this.#pending.entries().take(rowsAtOnce)) {
      this.#pending.delete(name);
      if (row) rows.push(row);
      else gone.push(name);
    }
    return { rows, gone };
  }

  #show(isForced: boolean): void {
    const all = this.#machines.rows;
    if (this.#isHeld && !isForced && this.#isWhole && this.#rows.length > 0)
      this.#rows = this.#rows.map((row) => all.get(row.machine) ?? row);
    else {
      this.#rows = this.passing;
      this.#moved.clear();
      this.#isWhole = this.#machines.isWhole && this.#pending.size === 0;
    }
    this.#tell();
  }
}
