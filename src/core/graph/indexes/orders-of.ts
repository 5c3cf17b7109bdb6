/** How much of what each has ordered of machines has not ended. What a procedure orders is a part of it. */

import { hasEnded } from '../rows/obms.ts';
import type { OrderRow } from '../rows/obms.ts';
import { isOver } from '../rows/procedures.ts';
import type { ProcedureRow } from '../rows/procedures.ts';
import type { Following, Index } from './following.ts';

export class OrdersOf implements Index {
  readonly #counts = new Map<string, number>();

  readonly following: Following = {
    order: (before, after) => this.#replace(ordererOf(before), ordererOf(after)),
    procedure: (before, after) => this.#replace(begetterOf(before), begetterOf(after)),
  };

  #replace(before: string | undefined, after: string | undefined): void {
    if (before === after) return;
    if (before !== undefined) this.#add(before, -1);
    if (after !== undefined) this.#add(after, 1);
  }

  #add(actor: string, change: 1 | -1): void {
    const count = (this.#counts.get(actor) ?? 0) + change;
    if (count > 0) this.#counts.set(actor, count);
    else this.#counts.delete(actor);
  }

  count(actor: string): number {
    return this.#counts.get(actor) ?? 0;
  }
}

const ordererOf = (row: OrderRow | undefined): string | undefined =>
  row && !hasEnded(row) && row.procedure === undefined ? row.turn?.by[0] : undefined;

const begetterOf = (row: ProcedureRow | undefined): string | undefined =>
  row && !isOver(row) ? row.by[0] : undefined;
