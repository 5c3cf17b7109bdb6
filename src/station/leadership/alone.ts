/** A station that has its log to itself leads as soon as it is started, and for as long as it runs. */

import type { Duties } from '../duties/duty.ts';
import type { Time } from '../time.ts';
import type { Leadership, Place, Standing } from './standing.ts';

export interface AloneParts {
  readonly duties: Duties;
  readonly time: Pick<Time, 'now'>;
  readonly name: string | null;
  readonly place: Place | null;
  /** Told when it has begun to lead. */
  readonly led: () => void;
}

export class Alone implements Leadership {
  /** Its log ends with it. */
  readonly ended = new Promise<Error>(() => undefined);
  readonly #parts: AloneParts;
  #since: number;

  constructor(parts: AloneParts) {
    this.#parts = parts;
    this.#since = parts.time.now();
  }

  get standing(): Standing {
    const { duties, name, place } = this.#parts;
    const { term } = duties;
    const [role, leader] =
      term === null ? (['following', null] as const) : (['leading', place] as const);
    return { role, name, term: term ?? 0, leader, since: this.#since };
  }

  start(term: number): void {
    this.#since = this.#parts.time.now();
    this.#parts.duties.start(term);
    this.#parts.led();
  }

  /** Nobody else can append: what it takes before its duties begin is kept as well. */
  mayLead(): boolean {
    return true;
  }

  stop(): Promise<void> {
    return this.#parts.duties.stop();
  }
}
