/** Lists that somebody reads page by page: all pages are of the moment of the first. */

import { randomBytes } from 'node:crypto';
import type { FleetRow } from '../../checks/view/row.ts';
import { ApiError } from '../errors.ts';

/** How long the next page can be asked for, ms. */
export const pagesLastMs = 120_000;
/** Lists that are kept for one principal, and for all. */
export const pagesKeptEach = 8;
export const pagesKept = 128;

export interface Pages {
  readonly rows: readonly FleetRow[];
  readonly version: number;
  readonly revision: number;
  readonly now: number;
}

interface Kept extends Pages {
  readonly id: string;
  readonly principal: string;
  /** What was asked, but for the page. */
  readonly question: string;
  until: number;
}

export class KeptPages {
  /** The one that was read longest ago first. */
  readonly #kept = new Map<string, Kept>();
  readonly #clock: () => number;

  /** @param clock never jumps, ms */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Keeps a list. @returns its id */
  keep(principal: string, question: string, pages: Pages): string {
    const id = randomBytes(9).toString('base64url');
    this.#kept.set(id, { ...pages, id, principal, question, until: this.#clock() + pagesLastMs });
    const own = [...this.#kept.values()].filter((one) => one.principal === principal);
    if (own.length > pagesKeptEach) this.#kept.delete(own[0]!.id);
    if (this.#kept.size > pagesKept) this.#kept.delete(this.#kept.keys().next().value!);
    return id;
  }

  /** @throws {ApiError} it is none, not theirs, of another question, or gone */
  find(
    cursor: string,
    principal: string,
    question: string,
  ): { pages: Pages; id: string; from: number } {
    const [, id = '', place = ''] = /^([\w-]{12})\.(\d{1,9})$/.exec(cursor) ?? [];
    if (id === '')
      throw new ApiError('invalid-request', 'cursor must be the `next` of a page', {
        field: 'cursor',
      });
    const found = this.#kept.get(id);
    if (!found || found.principal !== principal || found.until < this.#clock())
      throw new ApiError(
        'page-gone',
        `the list that the cursor is of is kept for ${pagesLastMs / 1000} s only; begin again without it`,
        { field: 'cursor' },
      );
    if (found.question !== question)
      throw new ApiError('invalid-request', 'the cursor is of another question', {
        field: 'cursor',
      });
    this.#kept.delete(id);
    found.until = this.#clock() + pagesLastMs;
    this.#kept.set(id, found);
    return { pages: found, id, from: Number(place) };
  }
}
