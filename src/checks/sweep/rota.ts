/**
 * Who is looked at when: each machine once a period, all of them spread over it, so that neither the station nor the
 * network has them all at once. Pure: time comes in.
 */

export interface Due {
  readonly machine: string;
  /** When its turn was, ms on the clock that is handed in. */
  readonly at: number;
  /** Counts the machine's turns, so that what is asked less often is asked every so many turns. */
  readonly turn: number;
}

export class Rota {
  readonly #periodMs: number;
  readonly #slots: Set<string>[];
  readonly #slotOf = new Map<string, number>();
  /** Slots that were due, counted from when the clock was zero; null: none was yet. */
  #done: number | null = null;

  /** @param tickMs between two looks at what is due; the period is cut into as many slots */
  constructor(periodMs: number, tickMs: number) {
    this.#periodMs = periodMs;
    const slots = Math.max(1, Math.min(maxSlots, Math.round(periodMs / tickMs)));
    this.#slots = Array.from({ length: slots }, () => new Set<string>());
  }

  get size(): number {
    return this.#slotOf.size;
  }

  /** Who is looked at from now on. Those that were keep their turn; a new one gets a slot that few have. */
  set(machines: ReadonlySet<string>): void {
    for (const machine of [...this.#slotOf.keys()]) if (!machines.has(machine)) this.#drop(machine);
    const fresh = [...machines].filter((machine) => !this.#slotOf.has(machine));
    if (fresh.length === 0) return;
    const free = this.#emptiest(fresh.length);
    for (const machine of fresh) {
      const slot = free.next().value!;
      this.#slotOf.set(machine, slot);
      this.#slots[slot]!.add(machine);
    }
  }

  /** Whose turn has come since this was asked last; at most one turn each, however long ago that is. */
  due(now: number): Due[] {
    const slots = this.#slots.length;
    const slotMs = this.#periodMs / slots;
    const current = Math.floor(now / slotMs);
    const first = Math.max((this.#done ?? current - 1) + 1, current - slots + 1);
    this.#done = Math.max(current, this.#done ?? current);
    const due: Due[] = [];
    for (let slot = first; slot <= current; slot += 1) {
      const turn = Math.floor(slot / slots);
      for (const machine of this.#slots[slot % slots]!)
        due.push({ machine, at: slot * slotMs, turn: turn + (slot % slots) });
    }
    return due;
  }

  #drop(machine: string): void {
    this.#slots[this.#slotOf.get(machine)!]!.delete(machine);
    this.#slotOf.delete(machine);
  }

  /** Slots in which there is room, spread evenly: first those that have fewest. */
  *#emptiest(count: number): Generator<number, undefined> {
    let level = Math.min(...this.#slots.map(({ size }) => size));
    for (let given = 0; given < count; level += 1) {
      const room = [...this.#slots.keys()].filter((slot) => this.#slots[slot]!.size <= level);
      const wanted = Math.min(room.length, count - given);
      for (let i = 0; i < wanted; i += 1) yield room[Math.floor((i * room.length) / wanted)]!;
      given += wanted;
    }
    return undefined;
  }
}

const maxSlots = 3600;
