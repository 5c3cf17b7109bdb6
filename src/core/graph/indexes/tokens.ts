/** Tokens in the order in which they were issued. */

import type { CredentialRow } from '../rows/credentials.ts';
import { byText, SortedKeys } from '../sorted-keys.ts';
import type { Following, Index } from './following.ts';

/** Revisions are written so long that they are in order as text. */
const revisionDigits = 15;

/** Places in the list are `<commit that issued it>.<id>`, so that there is a next one after one that was revoked. */
export class Tokens implements Index {
  readonly #places = new SortedKeys(byText);

  readonly following: Following = {
    credential: (before, after) => {
      if (before && after) return;
      if (after) this.#places.add(placeOf(after));
      else this.#places.delete(placeOf(before!));
    },
  };

  /** The next places after one; from the first without one. */
  after(place: string | undefined, count: number): string[] {
    return this.#places.after(place, count);
  }
}

const placeOf = ({ created, id }: CredentialRow): string =>
  `${String(created).padStart(revisionDigits, '0')}.${id}`;

/** The id of the token at a place. */
export const tokenAt = (place: string): string => place.slice(revisionDigits + 1);
