/** The last commits as every stream tells them: written down once, however many read. */

import type { Commit, EventRecord } from '../core/events/commit.ts';
import type { Revision } from '../core/values/revision.ts';
import { eventViews } from './views/events.ts';

/** Characters of the commits that are kept. */
export const ringCharactersMax = 8 * 1024 * 1024;
/** A commit that is longer is worth sharing between those that read it from the log, too. */
const longCharacters = 64 * 1024;

export interface ToldEvent {
  readonly type: string;
  readonly text: string;
  /** The machines that it is about. */
  readonly machines: readonly string[];
}

/** The machines that an event is about, as far as they are known. */
export type MachinesOf = (event: EventRecord) => readonly string[];

/** A commit as messages of a stream. */
export interface Told {
  readonly revision: Revision;
  readonly events: readonly ToldEvent[];
  readonly characters: number;
}

const tell = (commit: Commit, machinesOf: MachinesOf): Told => {
  const events = eventViews(commit).map((event, index) => ({
    type: event.type,
    text: `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
    machines: machinesOf(commit.events[index]!),
  }));
  const characters = events.reduce((sum, { text }) => sum + text.length, 0);
  return { revision: commit.revision, events, characters };
};

export class EventRing {
  readonly #machinesOf: MachinesOf;
  /** Without gaps, oldest first. */
  #told: Told[] = [];
  #characters = 0;
  /** Long ones, for as long as a stream is busy with them. */
  readonly #long = new Map<Revision, WeakRef<Told>>();

  constructor(machinesOf: MachinesOf) {
    this.#machinesOf = machinesOf;
  }

  /** Appends a commit; the oldest make room. */
  push(commit: Commit): void {
    const told = tell(commit, this.#machinesOf);
    this.#told.push(told);
    this.#characters += told.characters;
    let dropped = 0;
    while (this.#characters > ringCharactersMax && dropped < this.#told.length - 1)
      this.#characters -= this.#told[dropped++]!.characters;
    if (dropped > 0) this.#told = this.#told.slice(dropped);
  }

  /** What is told of a commit, if that is at hand. */
  of(revision: Revision): Told | undefined {
    const first = this.#told[0]?.revision ?? 0;
    return this.#told[revision - first] ?? this.#long.get(revision)?.deref();
  }

  /** What is told of a commit that was read from the log. */
  read(commit: Commit): Told {
    const told = tell(commit, this.#machinesOf);
    if (told.characters > longCharacters) {
      for (const [revision, kept] of this.#long)
        if (kept.deref() === undefined) this.#long.delete(revision);
      this.#long.set(commit.revision, new WeakRef(told));
    }
    return told;
  }

  clear(): void {
    this.#told = [];
    this.#characters = 0;
  }
}
