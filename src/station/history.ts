/**
 * The cluster as it was. Past graphs are rebuilt one at a time, and the last few are kept for the
 * next question.
 */

import type { Archive, GraphAt, Moment } from './archive.ts';

/** How many past graphs are kept at hand; each may be as large as the present one. */
const graphsKept = 2;

export class History {
  readonly #archive: Archive;
  readonly #kept: GraphAt[] = [];
  #queue: Promise<unknown> = Promise.resolve();

  constructor(archive: Archive) {
    this.#archive = archive;
  }

  /** The graph at a moment. It is shared with other askers and must not be changed. */
  at(moment: Moment): Promise<GraphAt> {
    const asked = this.#queue.then(() => this.#find(moment));
    this.#queue = asked.catch(() => undefined);
    return asked;
  }

  async #find(moment: Moment): Promise<GraphAt> {
    const kept = 'revision' in moment && this.#kept.find((past) => past.head === moment.revision);
    if (kept) return kept;
    const past = await this.#archive.at(moment);
    const same = this.#kept.find(({ head }) => head === past.head);
    if (same) return same;
    this.#kept.push(past);
    if (this.#kept.length > graphsKept) this.#kept.shift();
    return past;
  }
}
