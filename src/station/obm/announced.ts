/**
 * In which term this station speaks to OBM daemons. Whoever has the token of an OBM cannot say that
 * there is a new leader; whoever has that of the administrator can. So each daemon hears it from us
 * before we do anything there by another token, and takes nothing from our predecessor from then on.
 */

import type { Leading } from '../../disk/heard-terms.ts';
import { ObmdError } from './errors.ts';

/** By which a station orders anything; see `Mandate`. */
export interface Ordering {
  /** null: it does not lead. */
  readonly leading: Leading | null;
  /** Whether it may act: it leads, and nothing makes it doubt that. */
  stands(): boolean;
  /** Another station leads, as somebody says who has heard of it. */
  deposed(why: string): void;
}

export class Announced {
  readonly #ordering: Ordering;
  /** The term that each daemon was told of last, by its URL. */
  readonly #told = new Map<string, number>();
  readonly #telling = new Map<string, Promise<void>>();

  constructor(ordering: Ordering) {
    this.#ordering = ordering;
  }

  /**
   * What is said with a request.
   *
   * @throws {ObmdError} `deposed`: nothing is to be sent
   */
  get headers(): Readonly<Record<string, string>> {
    if (!this.#ordering.stands()) throw new ObmdError('deposed', notLeading);
    const { leading } = this.#ordering;
    if (!leading) return {};
    return { 'halcyon-term': String(leading.term), 'halcyon-cluster': leading.cluster };
  }

  /** A daemon has taken what was said by the token of its administrator. */
  took(base: string, headers: Readonly<Record<string, string>>): void {
    const term = Number(headers['halcyon-term'] ?? 0);
    if (term > (this.#told.get(base) ?? 0)) this.#told.set(base, term);
  }

  /** A daemon has heard of a later term. */
  deposed(base: string, why: string): ObmdError {
    const told = `${base}: ${why}`;
    this.#ordering.deposed(told);
    return new ObmdError('deposed', `nothing was done: ${told}`);
  }

  /**
   * Resolves when a daemon knows of this term. The first station of a cluster has nobody before it.
   *
   * @param tell does so, by the token of the administrator
   * @throws what `tell` throws
   */
  async announce(base: string, tell: () => Promise<void>): Promise<void> {
    const { leading } = this.#ordering;
    if (!leading || leading.term === 1 || this.#told.get(base) === leading.term) return;
    const key = `${leading.term} ${base}`;
    const present = this.#telling.get(key);
    if (present) return present;
    const telling = tell()
      .then(() => this.took(base, { 'halcyon-term': String(leading.term) }))
      .finally(() => this.#telling.delete(key));
    this.#telling.set(key, telling);
    return telling;
  }
}

const notLeading = 'this station does not lead any more, or cannot be sure that it does';
