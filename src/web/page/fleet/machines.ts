/** The machines that the page has of the station, kept up to date by its stream. */

import { rowShown } from '../../../checks/view/shapes.ts';
import type { ShownMachine } from '../../../checks/view/shapes.ts';
import type { FleetRow, ViewedCheck } from '../../../checks/view/row.ts';
import type { FleetPiece } from '../../../client/fleet.ts';

/** What is otherwise than it was told last. */
export interface FleetChange {
  readonly rows: readonly FleetRow[];
  readonly gone: readonly string[];
}

export type FleetListener = (change: FleetChange) => void;

export class Machines {
  #rows = new Map<string, FleetRow>();
  /** Names that a new reading has not told yet; null: nothing is read. */
  #untold: Set<string> | null = null;
  readonly #listeners = new Set<FleetListener>();
  #checks: readonly ViewedCheck[] = [];
  #isWhole = false;
  #at = 0;

  /** By name. */
  get rows(): ReadonlyMap<string, FleetRow> {
    return this.#rows;
  }

  get checks(): readonly ViewedCheck[] {
    return this.#checks;
  }

  /** Whether all of them have come once. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Of what the station told last, by its clock, ms since the epoch; 0: it has told nothing. */
  get at(): number {
    return this.#at;
  }

  listen(listener: FleetListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  take(piece: FleetPiece): void {
    switch (piece.kind) {
      case 'begin':
        this.#checks = piece.meta.checks as readonly ViewedCheck[];
        this.#at = piece.meta.at;
        this.#untold = new Set(this.#rows.keys());
        return this.#change([], []);
      case 'machines':
        return this.#change(rowsOf(piece.machines), []);
      case 'whole': {
        const gone = [...(this.#untold ?? [])];
        this.#untold = null;
        this.#isWhole = true;
        return this.#change([], gone);
      }
      case 'change':
        this.#at = piece.at;
        return this.#change(rowsOf(piece.nodes), piece.gone);
    }
  }

  #change(rows: readonly FleetRow[], gone: readonly string[]): void {
    for (const row of rows) {
      this.#rows.set(row.machine, row);
      this.#untold?.delete(row.machine);
    }
    for (const name of gone) this.#rows.delete(name);
    for (const listener of this.#listeners) listener({ rows, gone });
  }
}

const rowsOf = (machines: readonly object[]): FleetRow[] =>
  machines.map((one) => rowShown(one as ShownMachine));
