/** The servers of a shared log in memory, and what they can do wrong. */

import { after, logStart } from './chain.ts';
import type { StoredCommit } from './chain.ts';
import type { RegisterEntry, RegisterName } from './register.ts';

/** A commit on the way to the storage, or there. */
export interface Text {
  readonly revision: number;
  readonly at: number;
  readonly body: string;
}

/** What all handles on one storage see. */
export class SharedMemory {
  readonly #commits: (StoredCommit & { readonly at: number })[] = [];
  readonly #registers = new Map<RegisterName, RegisterEntry>();
  readonly #handles = new Set<() => void>();
  /** Commits that come after their callers have given up. */
  #late: Text[] = [];
  #characters = 0;

  /** Revision of the last commit. */
  get head(): number {
    return this.#commits.length;
  }

  get characters(): number {
    return this.#characters;
  }

  stored(revision: number): (StoredCommit & { readonly at: number }) | undefined {
    return this.#commits[revision - 1];
  }

  /** The last revision up to `to` whose commit is at or before a time, ms since the epoch. */
  revisionAt(time: number, to: number): number {
    return this.#commits.slice(0, to).findLastIndex(({ at }) => at <= time) + 1;
  }

  /** Lets what is late arrive now; otherwise it does with the next append of anybody. */
  land(): void {
    for (const text of this.#late.splice(0)) if (text.revision === this.head + 1) this.keep(text);
  }

  /**
   * Loses the last commits, as servers do that promised more than they kept. Handles that had seen
   * them fail with `HistoryLostError` as soon as they hear of it.
   */
  lose(commits: number): void {
    const lost = this.#commits.splice(Math.max(0, this.head - commits));
    for (const { body } of lost) this.#characters -= body.length;
    this.#tell();
  }

  /** Puts a commit behind the last one. */
  keep({ at, body }: Text): void {
    this.#commits.push({ ...after(this.#commits.at(-1) ?? logStart, body), at, body });
    this.#characters += body.length;
    this.#tell();
  }

  keepLate(text: Text): void {
    this.#late.push(text);
  }

  /** @param told called at each change, and must not do anything in that turn */
  follow(told: () => void): () => void {
    this.#handles.add(told);
    return () => void this.#handles.delete(told);
  }

  entry(name: RegisterName): RegisterEntry | undefined {
    return this.#registers.get(name);
  }

  put(name: RegisterName, entry: RegisterEntry): void {
    this.#registers.set(name, entry);
  }

  #tell(): void {
    for (const told of this.#handles) told();
  }
}
